// How is one tensor divided by another?  The quotient rule.
//
// Shapes     a, b: any that broadcast; y: what they broadcast to
// Forward    y = a / b
// Backward   da += dy / b,  db -= dy a / b^2   (summed over the axes along which the operand was repeated)
// Saved      a and b
// Choice     division by zero follows IEEE 754: infinity, or NaN for 0 / 0
#include "engine/ops.h"
#include "engine/ops/broadcast.h"

namespace deepen {

Tensor divide(const Tensor& a, const Tensor& b) {
    Tensor y = map_broadcast("divide", a, b, [](Real a, Real b) { return a / b; });
    return record("divide", y, {a, b}, [a = a.detach(), b = b.detach()](Gradients& d) {
        add_broadcast_slopes<0>(d, a, b, [](Real dy, Real, Real b) { return dy / b; });
        add_broadcast_slopes<1>(d, a, b, [](Real dy, Real a, Real b) { return -dy * a / (b * b); });
    });
}

}  // namespace deepen
