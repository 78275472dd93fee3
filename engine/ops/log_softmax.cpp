// How is the logarithm of a softmax computed without underflow?
//
// Shapes     x, y: [..., classes]; each row along the last axis on its own
// Forward    y_i = x_i - log sum_j e^x_j
// Backward   dx_i += dy_i - e^y_i sum_j dy_j
// Saved      y
// Choice     not log(softmax(x)), which is -infinity once the softmax has underflowed;
//            Note [Exponentials below the maximum]
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/logits.h"

namespace deepen {
namespace {

void forward(const Shape& shape, const Real* x, Real* y) {
    for_rows(shape, [=, n = shape[-1]](Index, Index at) {
        const auto [max, sum] = row_scale(x + at, n);
        const Real log_sum = std::log(sum);
        for (Index i = at; i < at + n; ++i) y[i] = (x[i] - max) - log_sum;
    });
}

void backward(const Shape& shape, const Real* y, const Real* dy, Real* dx) {
    for_rows(shape, [=, n = shape[-1]](Index, Index at) {
        Real total = 0;
        for (Index i = at; i < at + n; ++i) total += dy[i];
        for (Index i = at; i < at + n; ++i) dx[i] += dy[i] - std::exp(y[i]) * total;
    });
}

}  // namespace

Tensor log_softmax(const Tensor& x) {
    require(x.rank() >= 1, "log_softmax: a scalar has no axis of classes.  x needs shape [...,classes].");
    Tensor y = Tensor::uninitialised(x.shape());
    forward(x.shape(), x.data().data(), y.data().data());
    return record("log_softmax", y, {x}, [y](Gradients& d) {
        backward(y.shape(), y.data().data(), d.output().data().data(), d.input(0).data());
    });
}

}  // namespace deepen
