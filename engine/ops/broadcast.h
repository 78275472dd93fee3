// How is broadcasting done, and what is its gradient?  A [C] bias and an [N,H,W,C] map.
//
// By NumPy's rule: shapes are aligned at their last axes, and an axis of length 1, or one that is
// missing, is repeated to the length of the other operand.  Nothing is copied: a repeated axis is
// walked with stride 0 (strided.h).
//
// What was used many times receives many gradients: the backward of repeating is *summing* over the
// repeated axes.  Forward sums (sum.cpp) are the same loop, so both live here.
//
// The first axis is taken for the batch, and sums over it go by leaves (batch_sum.h).  A leaf has at least 16
// times as many terms as its buffer has places, so that the buffers stay a small part of the work; but there are 16
// leaves where there are 16 pictures, so that ranks can share them (ranks/share.h).  Sums over other axes alone have
// each picture to themselves.
#pragma once

#include <type_traits>

#include "engine/autograd.h"
#include "engine/batch_sum.h"
#include "engine/fusion.h"
#include "engine/ops/strided.h"
#include "engine/parallel.h"

namespace deepen {

// y = f(a, b) with broadcasting; lazy where the shapes are the same.  Refuses shapes that do not fit, naming `op`.
template <class Function>
Tensor map_broadcast(const char* op, const Tensor& a, const Tensor& b, Function f);

// The share of one operand in the gradient of y = f(a, b): dx += slope(dy, a, b), summed over the
// axes along which x, which is a (operand 0) or b (operand 1), was repeated.
template <int operand, class Slope>
void add_broadcast_slopes(Gradients& d, const Tensor& a, const Tensor& b, Slope slope);

// target += factor * source.  Axes of length 1, or missing, in `target` are summed over; those in
// `source` are repeated.  One of the two shapes must be the shape they broadcast to.
void add_broadcast(std::span<Real> target, const Shape& target_shape, std::span<const Real> source,
                   const Shape& source_shape, Real factor = 1);

// --- implementation --------------------------------------------------------------------------------

// The sum of term(0) .. term(n-1) over 32 lanes: eight at a time fit one instruction, and four such
// sums in flight hide the time that an addition takes.  Rounding errors grow with n/32 instead of n.
// A short row is not worth the lanes.
template <class Term>
Real sum_in_lanes(Index n, Term term) {
    constexpr Index lanes = 32;
    Index i = 0;
    if (n < lanes) {
        Real total = 0;
        for (; i < n; ++i) total += term(i);
        return total;
    }
    Real sums[lanes] = {};
    for (; i + lanes <= n; i += lanes)
        for (Index lane = 0; lane < lanes; ++lane) sums[lane] += term(i + lane);
    for (; i < n; ++i) sums[i % lanes] += term(i);
    for (Index width = lanes / 2; width > 0; width /= 2)
        for (Index lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    return sums[0];
}

// Tells `loop` the inner strides of two broadcast operands as constants, so that it vectorises.
// Both can not be 0: where neither operand has an axis, there is none.
template <class Loop>
void with_inner_strides(Index a, Index b, Loop loop) {
    constexpr std::integral_constant<Index, 0> repeats;
    constexpr std::integral_constant<Index, 1> advances;
    if (a == b) loop(advances, advances);
    else if (a == 1) loop(advances, repeats);
    else loop(repeats, advances);
}

// Adds into `target`, operand 0 of the walk over `shape`, on all threads: row(target_row, offsets, count) adds one
// segment.  `layout` is the target's.
template <int operands, class Row>
void accumulate(const Shape& shape, const Walk<operands>& walk, const Layout& layout, std::span<Real> target, Row row) {
    const auto add = [&](Index begin, Index end, Real* into) {
        walk.segments(begin, end, [&](const auto& offsets, Index count) { row(into + offsets[0], offsets, count); });
    };
    const Index places = static_cast<Index>(target.size());
    if (places == walk.size()) {
        parallel_ranges(places, elementwise_grain, [&](Index begin, Index end) { add(begin, end, target.data()); });
        return;
    }
    const Index pictures = shape[0], size = walk.size() / std::max<Index>(pictures, 1);
    if (pictures > 1 && layout.stride[0] != 0) {         // each picture has places of its own
        const Index some = std::max<Index>(1, elementwise_grain / std::max<Index>(size, 1));
        parallel_ranges(pictures, some, [&](Index n, Index end) { add(n * size, end * size, target.data()); });
        return;
    }
    const Index whole = ranks::pictures_of(pictures).all;
    const Index enough = std::max<Index>(1, whole / enough_leaves(whole)) * size;
    const Index least = std::min(std::max(elementwise_grain, 16 * places), enough);
    sum_over_leaves(cut_batch(pictures, size, least), places, target.data(), add);
}

template <class Function>
Tensor map_broadcast(const char* op, const Tensor& a, const Tensor& b, Function f) {
    if (a.defined() && b.defined() && a.shape() == b.shape())
        return fusion::map(op, a, b, {[f](Index begin, Index end, const Real* as, const Real* bs, Real* ys) {
#pragma GCC ivdep
            for (Index i = 0; i < end - begin; ++i) ys[i] = f(as[i], bs[i]);
        }});
    const Shape full = broadcast_shapes(op, a.shape(), b.shape());
    const Walk<3> walk(full, {row_major(full), repeated(a.shape(), full), repeated(b.shape(), full)});
    Tensor y = Tensor::uninitialised(full);
    const Real* const as = a.data().data();
    const Real* const bs = b.data().data();
    Real* const ys = y.data().data();
    with_inner_strides(walk.inner_stride(1), walk.inner_stride(2), [&](auto a_stride, auto b_stride) {
        parallel_ranges(walk.size(), elementwise_grain, [&](Index begin, Index end) {
            walk.segments(begin, end, [&](const auto& at, Index count) {
                Real* __restrict y_row = ys + at[0];
                const Real* __restrict a_row = as + at[1];
                const Real* __restrict b_row = bs + at[2];
                for (Index i = 0; i < count; ++i) y_row[i] = f(a_row[a_stride * i], b_row[b_stride * i]);
            });
        });
    });
    return y;
}

template <int operand, class Slope>
void add_broadcast_slopes(Gradients& d, const Tensor& a, const Tensor& b, Slope slope) {
    if (!d.wanted(operand)) return;
    const Tensor& dy = d.output();
    const Layout a_layout = repeated(a.shape(), dy.shape());
    const Layout b_layout = repeated(b.shape(), dy.shape());
    const Layout& layout = operand == 0 ? a_layout : b_layout;
    const Walk<4> walk(dy.shape(), {layout, row_major(dy.shape()), a_layout, b_layout});
    const Real* const dys = dy.data().data();
    const Real* const as = a.data().data();
    const Real* const bs = b.data().data();
    with_inner_strides(walk.inner_stride(2), walk.inner_stride(3), [&](auto a_stride, auto b_stride) {
        constexpr bool repeats = (operand == 0 ? a_stride : b_stride) == 0;
        accumulate(dy.shape(), walk, layout, d.input(operand), [&](Real* __restrict dx, const auto& at, Index count) {
            const Real* __restrict dy_row = dys + at[1];
            const Real* __restrict a_row = as + at[2];
            const Real* __restrict b_row = bs + at[3];
            const auto term = [=](Index i) { return slope(dy_row[i], a_row[a_stride * i], b_row[b_stride * i]); };
            if constexpr (repeats) *dx += sum_in_lanes(count, term);
            else for (Index i = 0; i < count; ++i) dx[i] += term(i);
        });
    });
}

}  // namespace deepen
