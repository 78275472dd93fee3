// What bends a line?  The rectified linear unit.
//
// Shapes     x, y: any, the same
// Forward    y = max(x, 0)
// Backward   dx += dy * [y > 0]
// Saved      y (its sign tells x's), which the next op usually keeps anyway
// Choice     at x = 0 the derivative is taken as 0, as everyone does
// Source     He et al. 2015, section 3.3: after every batch norm, and after the addition in a block
#include "engine/autograd.h"
#include "engine/ops.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

void forward(const Real* __restrict x, Real* __restrict y, Index n) {
    parallel_ranges(n, elementwise_grain, [=](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) y[i] = x[i] > 0 ? x[i] : Real(0);
    });
}

void backward(const Real* __restrict y, const Real* __restrict dy, Real* __restrict dx, Index n) {
    parallel_ranges(n, elementwise_grain, [=](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) dx[i] += y[i] > 0 ? dy[i] : Real(0);
    });
}

}  // namespace

Tensor relu(const Tensor& x) {
    Tensor y = Tensor::uninitialised(x.shape());
    forward(x.data().data(), y.data().data(), x.size());
    return record("relu", y, {x}, [y](Gradients& d) {
        backward(y.data().data(), d.output().data().data(), d.input(0).data(), y.size());
    });
}

}  // namespace deepen
