// How do scores become probabilities?  Softmax.
//
// Shapes     x, y: [..., classes]; each row along the last axis on its own
// Forward    y_i = e^x_i / sum_j e^x_j
// Backward   dx_i += y_i (dy_i - sum_j dy_j y_j)
//            since dy_i/dx_j = y_i ([i = j] - y_j): raising one score lowers all other probabilities
// Saved      y
// Choice     Note [Exponentials below the maximum]
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/logits.h"

namespace deepen {
namespace {

void forward(const Shape& shape, const Real* x, Real* y) {
    for_rows(shape, [=, n = shape[-1]](Index, Index at) {
        const auto [max, sum] = row_scale(x + at, n);
        for (Index i = at; i < at + n; ++i) y[i] = std::exp(x[i] - max) / sum;
    });
}

void backward(const Shape& shape, const Real* y, const Real* dy, Real* dx) {
    for_rows(shape, [=, n = shape[-1]](Index, Index at) {
        Real projection = 0;
        for (Index i = at; i < at + n; ++i) projection += dy[i] * y[i];
        for (Index i = at; i < at + n; ++i) dx[i] += y[i] * (dy[i] - projection);
    });
}

}  // namespace

Tensor softmax(const Tensor& x) {
    require(x.rank() >= 1, "softmax: a scalar has no axis of classes.  x needs shape [...,classes].");
    Tensor y = Tensor::uninitialised(x.shape());
    forward(x.shape(), x.data().data(), y.data().data());
    return record("softmax", y, {x}, [y](Gradients& d) {
        backward(y.shape(), y.data().data(), d.output().data().data(), d.input(0).data());
    });
}

}  // namespace deepen
