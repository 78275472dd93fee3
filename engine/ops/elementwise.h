// What do exp, tanh and relu have in common?  One loop for all functions of one number.
//
// One loop: y_i = f(x_i), and back dx_i += dy_i f'(x_i).  They differ in f, and in what f' is
// cheapest to compute from: tanh' = 1 - y^2 wants the output, log' = 1/x the input.  So an op of
// this kind is two lines of maths and a word on what to save; f and its slope are templates, so the
// compiler puts them inside the loops and, where the maths allows, handles a whole vector register at once.
#pragma once

#include "engine/autograd.h"
#include "engine/parallel.h"

namespace deepen {

enum class Save { input, output };

// y = f(x)
template <class Function>
Tensor map(const Tensor& x, Function f) {
    Tensor y = Tensor::uninitialised(x.shape());
    const Real* const from = x.data().data();
    Real* const to = y.data().data();
    parallel_ranges(x.size(), elementwise_grain, [=](Index begin, Index end) {
        const Real* __restrict xs = from;
        Real* __restrict ys = to;
        for (Index i = begin; i < end; ++i) ys[i] = f(xs[i]);
    });
    return y;
}

// dx += slope(dy, saved)
template <class Slope>
void add_slopes(std::span<Real> dx, const Tensor& dy, const Tensor& saved, Slope slope) {
    Real* const to = dx.data();
    const Real* const from = dy.data().data();
    const Real* const kept = saved.data().data();
    parallel_ranges(dy.size(), elementwise_grain, [=](Index begin, Index end) {
        Real* __restrict dxs = to;
        const Real* __restrict dys = from;
        const Real* __restrict vs = kept;
        for (Index i = begin; i < end; ++i) dxs[i] += slope(dys[i], vs[i]);
    });
}

// A whole op: forward f(x), backward slope(dy, x) or slope(dy, y), whichever is saved.
template <class Function, class Slope>
Tensor elementwise(const char* op, const Tensor& x, Save save, Function f, Slope slope) {
    const Tensor y = map(x, f);
    const Tensor saved = save == Save::input ? x.detach() : y;
    return record(op, y, {x}, [saved, slope](Gradients& d) { add_slopes(d.input(0), d.output(), saved, slope); });
}

}  // namespace deepen
