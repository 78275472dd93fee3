// How is one tensor subtracted from another?
//
// Shapes     a, b: any that broadcast; y: what they broadcast to
// Forward    y = a - b
// Backward   da += dy,  db -= dy      (summed over the axes along which the operand was repeated)
// Saved      nothing
#include "engine/ops.h"
#include "engine/ops/broadcast.h"

namespace deepen {

Tensor subtract(const Tensor& a, const Tensor& b) {
    Tensor y = map_broadcast("subtract", a, b, [](Real a, Real b) { return a - b; });
    return record("subtract", y, {a, b}, [a_shape = a.shape(), b_shape = b.shape()](Gradients& d) {
        const Tensor& dy = d.output();
        if (d.wanted(0)) add_broadcast(d.input(0), a_shape, dy.data(), dy.shape(), 1);
        if (d.wanted(1)) add_broadcast(d.input(1), b_shape, dy.data(), dy.shape(), -1);
    });
}

}  // namespace deepen
