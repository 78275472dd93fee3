// How does a tensor get a margin?  Padding with zeros or another number.
//
// Shapes     x: any; y: along each axis, `before` and `after` longer
// Forward    y = x in the middle, `value` around it
// Backward   dx += the middle of dy; the margin is constant and learns nothing
// Saved      where the middle is, as offset and strides
// Choice     the backward is a slice, as that of slice is a pad
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/strided.h"

namespace deepen {

Tensor pad(const Tensor& x, std::vector<Padding> padding, Real value) {
    require(static_cast<int>(padding.size()) <= x.rank(), "pad: ", padding.size(), " paddings are given for ",
            x.shape(), ", which has ", x.rank(), " axes.  Give one an axis; missing ones are not padded.");
    Shape shape = x.shape();
    for (int axis = 0; axis < static_cast<int>(padding.size()); ++axis) {
        const auto [before, after] = padding[axis];
        require(before >= 0 && after >= 0, "pad: ", before, " before and ", after, " after along axis ", axis, " of ",
                x.shape(), "; neither may be negative.  Try slice() to cut off.");
        shape.set(axis, before + shape[axis] + after);
    }
    Layout middle = row_major(shape);
    for (int axis = 0; axis < static_cast<int>(padding.size()); ++axis)
        middle.offset += padding[axis].before * middle.stride[axis];

    Tensor y = Tensor::full(shape, value);
    copy_strided(x.shape(), x.data().data(), row_major(x.shape()), y.data().data(), middle);
    return record("pad", y, {x}, [x_shape = x.shape(), middle](Gradients& d) {
        add_strided(x_shape, d.output().data().data(), middle, d.input(0).data(), row_major(x_shape));
    });
}

}  // namespace deepen
