#include "engine/ops/strided.h"

#include "engine/parallel.h"

namespace deepen {
namespace {

void copy_row(const Real* __restrict from, Index from_stride, Real* __restrict to, Index to_stride, Index n) {
    if (from_stride == 1 && to_stride == 1)
        std::copy(from, from + n, to);
    else
        for (Index i = 0; i < n; ++i) to[i * to_stride] = from[i * from_stride];
}

void add_row(const Real* __restrict from, Index from_stride, Real* __restrict to, Index to_stride, Index n) {
    if (from_stride == 1 && to_stride == 1)
        for (Index i = 0; i < n; ++i) to[i] += from[i];
    else
        for (Index i = 0; i < n; ++i) to[i * to_stride] += from[i * from_stride];
}

template <class Row>
void for_rows(const Shape& shape, const Real* from, const Layout& from_layout, Real* to, const Layout& to_layout,
              Row row) {
    const Walk<2> walk(shape, {from_layout, to_layout});
    parallel_ranges(walk.size(), elementwise_grain, [&, from, to](Index begin, Index end) {
        walk.segments(begin, end, [&](const Walk<2>::Offsets& at, Index count) {
            row(from + at[0], walk.inner_stride(0), to + at[1], walk.inner_stride(1), count);
        });
    });
}

}  // namespace

Layout row_major(const Shape& shape) {
    Layout layout;
    Index stride = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        layout.stride[axis] = stride;
        stride *= shape[axis];
    }
    return layout;
}

Layout repeated(const Shape& shape, const Shape& full) {
    Layout layout;
    const Layout own = row_major(shape);
    const int missing = full.rank() - shape.rank();
    for (int axis = 0; axis < shape.rank(); ++axis)
        layout.stride[axis + missing] = shape[axis] == 1 ? 0 : own.stride[axis];
    return layout;
}

void copy_strided(const Shape& shape, const Real* from, const Layout& from_layout, Real* to, const Layout& to_layout) {
    for_rows(shape, from, from_layout, to, to_layout, copy_row);
}

void add_strided(const Shape& shape, const Real* from, const Layout& from_layout, Real* to, const Layout& to_layout) {
    for_rows(shape, from, from_layout, to, to_layout, add_row);
}

}  // namespace deepen
