// What do exp, tanh and relu have in common?
//
// One loop: y_i = f(x_i), and back dx_i += dy_i f'(x_i).  They differ in f, and in what f' is
// cheapest to compute from: tanh' = 1 - y^2 wants the output, log' = 1/x the input.  So an op of
// this kind is two lines of maths and a word on what to save; f and its slope are templates, so the
// compiler puts them inside the loops and, where the maths allows, computes a vector at a time.
//
// The loops run on ranges; relu's lazily forward, and backward as a gradient hook: fusion.h.
#pragma once

#include "engine/autograd.h"
#include "engine/fusion.h"

namespace deepen {

enum class Save { input, output, either };               // either: the slope is the same function of both
enum class Cost { cheap, dear };          // dear: computed once, at once; cheap: by everyone who reads it

// y = f(x), lazily
template <class Function>
Tensor map(const char* op, const Tensor& x, Function f) {
    const auto loop = [f](Index begin, Index end, const Real* xs, Real* ys) {
#pragma GCC ivdep
        for (Index i = 0; i < end - begin; ++i) ys[i] = f(xs[i]);
    };
    return fusion::map(op, x, {loop});
}

// On a range: dx = slope(dy, saved).  dx may be dy's own memory.
template <class Slope>
RangeFunction slopes(const Tensor& saved, Slope slope) {
    const auto input = std::make_shared<const Input>(saved);
    const auto run = [input, slope](Index begin, Index end, const Real* dy, Real* dx) {
        Input::Reader read(*input);
        fusion::for_pieces(begin, end, input->unit(), [&](Index b, Index e) {
            const Real *values = read(b, e) + b, *dys = dy + (b - begin);
            Real* dxs = dx + (b - begin);
#pragma GCC ivdep
            for (Index i = 0; i < e - b; ++i) dxs[i] = slope(dys[i], values[i]);
        });
    };
    return {run, input->reads(), input->unit()};
}

// A whole op: forward f(x), backward slope(dy, x) or slope(dy, y), whichever is saved.
template <class Function, class Slope>
Tensor elementwise(const char* op, const Tensor& x, Save save, Function f, Slope slope, Cost cost = Cost::dear) {
    const Tensor y = map(op, x, f);
    if (cost == Cost::dear) y.data();
    const bool save_input = save == Save::input || (save == Save::either && fusion::cheap(y));
    const Tensor saved = save_input ? x.detach() : y;
    const auto change = [saved, slope] { return slopes(saved, slope); };
    const auto backward = [change](Gradients& d) {
        if (d.hooked()) return d.give(0, d.take_output());             // it has become dx as it arrived
        Tensor dx = d.take_output();
        dx.data();                                                     // lazy ones that depend on it are computed
        fusion::visit(dx, change());
        d.give(0, dx);
    };
    return record(op, y, {x}, backward, {.make = change, .passes_on_to = 1});
}

}  // namespace deepen
