// How is the sign of a tensor changed?
//
// Shapes     x, y: any, the same
// Forward    y = -x
// Backward   dx -= dy
// Saved      nothing
#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor negate(const Tensor& x) {
    const auto opposite = [](const Tensor& t) { return map("negate", t, [](Real v) { return -v; }); };
    return record("negate", opposite(x), {x}, [opposite](Gradients& d) { d.give(0, opposite(d.output())); });
}

}  // namespace deepen
