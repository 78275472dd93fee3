// How does a tensor get another shape without a copy?
//
// Shapes     x: any; y: any of the same size.  flatten: [N,...] -> [N, product of the rest]
// Forward    y = x, read in row-major order
// Backward   dx += dy, read the same way
// Saved      x's shape
// Choice     y shares x's storage and dx takes over dy's: no number moves, either way.  So writing
//            into one is seen in the other; clone() what must not be
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"

namespace deepen {

Tensor reshape(const Tensor& x, Shape shape) {
    return record("reshape", x.viewed_as(shape), {x}, [x_shape = x.shape()](Gradients& d) {
        d.give(0, d.output().viewed_as(x_shape));
    });
}

Tensor flatten(const Tensor& x) {
    require(x.rank() >= 1, "flatten: a scalar has no first axis to keep.  Try reshape to [1,1].");
    Index rest = 1;
    for (int axis = 1; axis < x.rank(); ++axis) rest *= x.shape()[axis];
    return reshape(x, {x.shape()[0], rest});
}

}  // namespace deepen
