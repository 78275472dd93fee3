// How are two tensors multiplied element by element?  The product rule.
//
// Shapes     a, b: any that broadcast; y: what they broadcast to
// Forward    y = a b
// Backward   da += dy b,  db += dy a  (summed over the axes along which the operand was repeated)
// Saved      a and b: each factor's slope is the other one
#include "engine/ops.h"
#include "engine/ops/broadcast.h"

namespace deepen {

Tensor multiply(const Tensor& a, const Tensor& b) {
    Tensor y = map_broadcast("multiply", a, b, [](Real a, Real b) { return a * b; });
    return record("multiply", y, {a, b}, [a = a.detach(), b = b.detach()](Gradients& d) {
        add_broadcast_slopes<0>(d, a, b, [](Real dy, Real, Real b) { return dy * b; });
        add_broadcast_slopes<1>(d, a, b, [](Real dy, Real a, Real) { return dy * a; });
    });
}

}  // namespace deepen
