// How is a part of a tensor taken out?
//
// Shapes     x: any; y: along each axis the positions begin, begin + step, ... before end
// Forward    y[i,j,...] = x[begin0 + i step0, begin1 + j step1, ...]
// Backward   dx at those positions += dy; what was left out gets nothing
// Saved      the ranges, as offset and strides
// Choice     any step, so that slice(x, {{}, {.step = 2}, {.step = 2}}) is every second pixel.  Followed by a
//            pad, that is shortcut A (He et al. 2015, section 3.3), which subsample.cpp does without a copy.
//            A range may be empty
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/strided.h"

namespace deepen {

Tensor slice(const Tensor& x, std::vector<Range> ranges) {
    require(static_cast<int>(ranges.size()) <= x.rank(), "slice: ", ranges.size(), " ranges are given for ", x.shape(),
            ", which has ", x.rank(), " axes.  Give one an axis; missing ones are taken whole.");
    Shape shape = x.shape();
    Layout chosen = row_major(x.shape());
    for (int axis = 0; axis < static_cast<int>(ranges.size()); ++axis) {
        const Index length = x.shape()[axis];
        const Index begin = ranges[axis].begin, step = ranges[axis].step;
        const Index end = ranges[axis].end == -1 ? length : ranges[axis].end;
        require(begin >= 0 && begin <= end && end <= length, "slice: range ", begin, " to ", end,
                " does not lie in axis ", axis, " of ", x.shape(), ".  0 <= begin <= end <= ", length,
                " must hold; end -1 means ", length, ".");
        require(step >= 1, "slice: step ", step, " along axis ", axis, " of ", x.shape(), "; it must be at least 1.");
        shape.set(axis, (end - begin) / step + ((end - begin) % step != 0));
        chosen.offset += begin * chosen.stride[axis];
        chosen.stride[axis] *= step;
    }

    Tensor y = Tensor::uninitialised(shape);
    copy_strided(shape, x.data().data(), chosen, y.data().data(), row_major(shape));
    return record("slice", y, {x}, [shape, chosen](Gradients& d) {
        add_strided(shape, d.output().data().data(), row_major(shape), d.input(0).data(), chosen);
    });
}

}  // namespace deepen
