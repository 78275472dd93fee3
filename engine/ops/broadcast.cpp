#include "engine/ops/broadcast.h"

#include "engine/error.h"

namespace deepen {

void add_broadcast(std::span<Real> target, const Shape& target_shape, std::span<const Real> source,
                   const Shape& source_shape, Real factor) {
    const Shape full = broadcast_shapes("add_broadcast", target_shape, source_shape);
    ensure(full.size() == target_shape.size() || full.size() == source_shape.size(), "add_broadcast of ", source_shape,
           " into ", target_shape, " both sums and repeats.");
    const Layout layout = repeated(target_shape, full);
    const Walk<2> walk(full, {layout, repeated(source_shape, full)});
    const Real* const sources = source.data();
    with_inner_strides(walk.inner_stride(0), walk.inner_stride(1), [&](auto target_stride, auto source_stride) {
        accumulate(full, walk, layout, target, [&](Real* __restrict into, const auto& at, Index count) {
            const Real* __restrict row = sources + at[1];
            if constexpr (target_stride == 0)
                *into += factor * sum_in_lanes(count, [=](Index i) { return row[i]; });
            else
                for (Index i = 0; i < count; ++i) into[i] += factor * row[source_stride * i];
        });
    });
}

}  // namespace deepen
