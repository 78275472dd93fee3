// How do the axes of a tensor change places?
//
// Shapes     x: any; axis i of y is axis order[i] of x
// Forward    y[i0,i1,...] = x at the position that has i0 on axis order[0], i1 on axis order[1], ...
// Backward   dx += dy, walked the same way
// Saved      the order, as strides
// Choice     the numbers move, so that everything downstream may count on row-major storage.  Writes
//            run through memory in order and reads jump
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/strided.h"

namespace deepen {
namespace {

// The order with axes counted from the front; reversed if none is given.
std::vector<int> complete(std::vector<int> order, const Shape& shape) {
    if (order.empty())
        for (int axis = shape.rank() - 1; axis >= 0; --axis) order.push_back(axis);
    require(static_cast<int>(order.size()) == shape.rank(), "transpose: ", order.size(), " axes are named for ", shape,
            ", which has ", shape.rank(), ".  Name each once, or none to reverse them.");
    std::array<bool, Shape::max_rank> seen{};
    for (int& axis : order) {
        axis = normalise_axis("transpose", axis, shape);
        require(!seen[axis], "transpose: axis ", axis, " of ", shape, " is named twice.  Name each once.");
        seen[axis] = true;
    }
    return order;
}

}  // namespace

Tensor transpose(const Tensor& x, std::vector<int> order) {
    order = complete(std::move(order), x.shape());
    const Layout own = row_major(x.shape());
    Shape shape = x.shape();
    Layout turned;
    for (int axis = 0; axis < x.rank(); ++axis) {
        shape.set(axis, x.shape()[order[axis]]);
        turned.stride[axis] = own.stride[order[axis]];
    }

    Tensor y = Tensor::uninitialised(shape);
    copy_strided(shape, x.data().data(), turned, y.data().data(), row_major(shape));
    return record("transpose", y, {x}, [shape, turned](Gradients& d) {
        add_strided(shape, d.output().data().data(), row_major(shape), d.input(0).data(), turned);
    });
}

}  // namespace deepen
