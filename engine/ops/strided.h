// How do tensors of different layout go through one loop?
//
// A layout says how far apart in memory neighbours along each axis are: its strides.  A row-major
// [2,3] has strides (3,1); read as its transpose, (1,3); every second column of it, (3,2); repeated
// along a new axis, 0 there.  So transposing, slicing, padding, broadcasting and reducing are all
// the same walk over the positions of one shape, with an offset for each operand:
//
//     position   [0,0] [0,1] [0,2] [1,0] [1,1] [1,2]
//     row-major     0     1     2     3     4     5      strides (3,1)
//     bias [3]      0     1     2     0     1     2      strides (0,1)
//
// Most of the time goes into the last axis.  So a Walk first joins axes that are contiguous for all
// operands (a bias over [N,H,W,C] becomes [N*H*W, C]; equal shapes become one axis), then counts up
// the outer axes like an odometer and hands the last one over as a segment: a plain loop for the op.
#pragma once

#include <algorithm>
#include <array>

#include "engine/shape.h"

namespace deepen {

struct Layout {
    Index offset = 0;                                    // of position [0,...,0]
    std::array<Index, Shape::max_rank> stride{};         // one per axis of the shape that is walked
};

Layout row_major(const Shape& shape);
Layout repeated(const Shape& shape, const Shape& full);  // `shape` broadcast to `full`: stride 0 where it repeats

template <int operands>
class Walk {
public:
    using Offsets = std::array<Index, operands>;

    Walk(const Shape& shape, const std::array<Layout, operands>& layouts);

    Index size() const { return size_; }
    Index inner_stride(int operand) const { return stride_[rank_ - 1][operand]; }

    // Calls segment(offsets, count) for the segments that make up positions begin .. end in
    // row-major order; within one, operand i advances by inner_stride(i).
    template <class Segment>
    void segments(Index begin, Index end, Segment segment) const;

private:
    bool joins(const Offsets& outer, Index length, const Offsets& inner) const;

    Index size_;
    int rank_ = 0;                                       // of the joined axes; at least 1
    std::array<Index, Shape::max_rank + 1> length_{};
    std::array<Offsets, Shape::max_rank + 1> stride_{};
    Offsets start_{};
};

// to = from and to += from over the positions of `shape`, each in its own layout.  No two positions
// may share a place in `to`.
void copy_strided(const Shape& shape, const Real* from, const Layout& from_layout, Real* to, const Layout& to_layout);
void add_strided(const Shape& shape, const Real* from, const Layout& from_layout, Real* to, const Layout& to_layout);

// --- implementation --------------------------------------------------------------------------------

template <int operands>
Walk<operands>::Walk(const Shape& shape, const std::array<Layout, operands>& layouts) : size_(shape.size()) {
    for (int i = 0; i < operands; ++i) start_[i] = layouts[i].offset;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] == 1) continue;
        Offsets stride;
        for (int i = 0; i < operands; ++i) stride[i] = layouts[i].stride[axis];
        if (rank_ > 0 && joins(stride_[rank_ - 1], shape[axis], stride)) {
            length_[rank_ - 1] *= shape[axis];
            stride_[rank_ - 1] = stride;
        } else {
            length_[rank_] = shape[axis];
            stride_[rank_++] = stride;
        }
    }
    if (rank_ == 0) {                                    // a single element: any stride will do
        length_[0] = 1;
        stride_[0].fill(1);
        rank_ = 1;
    }
}

// Does a step along the outer axis, for every operand, land where the inner axis ends?
template <int operands>
bool Walk<operands>::joins(const Offsets& outer, Index length, const Offsets& inner) const {
    for (int i = 0; i < operands; ++i)
        if (outer[i] != length * inner[i]) return false;
    return true;
}

template <int operands>
template <class Segment>
void Walk<operands>::segments(Index begin, Index end, Segment segment) const {
    if (begin == end) return;                            // of no elements there is no row to begin in
    const int last = rank_ - 1;
    const Index inner_length = length_[last];
    const Offsets inner_stride = stride_[last];

    // Set the odometer to the row that holds `begin`.
    Index inner = begin % inner_length;
    Index rest = begin / inner_length;
    std::array<Index, Shape::max_rank + 1> position{};
    Offsets row = start_;
    for (int axis = last - 1; axis >= 0; --axis) {
        position[axis] = rest % length_[axis];
        rest /= length_[axis];
        for (int i = 0; i < operands; ++i) row[i] += position[axis] * stride_[axis][i];
    }

    for (Index at = begin;; inner = 0) {
        const Index count = std::min(end - at, inner_length - inner);
        Offsets offsets = row;
        for (int i = 0; i < operands; ++i) offsets[i] += inner * inner_stride[i];
        segment(offsets, count);
        at += count;
        if (at == end) return;

        // Carry: an axis that is through starts over, and the next outer one moves.
        for (int axis = last - 1;; --axis) {
            const bool through = ++position[axis] == length_[axis];
            for (int i = 0; i < operands; ++i) row[i] += stride_[axis][i] * (through ? 1 - length_[axis] : 1);
            if (!through) break;
            position[axis] = 0;
        }
    }
}

}  // namespace deepen
