// Where do two paths meet?
//
// Shapes     a, b: any that broadcast; y: what they broadcast to
// Forward    y = a + b
// Backward   da += dy,  db += dy      (summed over the axes along which the operand was repeated)
// Saved      nothing
// Choice     where no axis was repeated, dy itself is given to both, and nothing is copied (Note [Gradients
//            accumulate]).  This is the addition at the end of every residual block: the shortcut lets the gradient
//            through untouched
// Source     He et al. 2016, "Identity mappings in deep residual networks", equation 5
#include "engine/ops.h"
#include "engine/ops/broadcast.h"

namespace deepen {

Tensor add(const Tensor& a, const Tensor& b) {
    Tensor y = map_broadcast("add", a, b, [](Real a, Real b) { return a + b; });
    return record("add", y, {a, b}, [shapes = std::array{a.shape(), b.shape()}](Gradients& d) {
        const Tensor& dy = d.output();
        for (int i : {0, 1}) {
            if (!d.wanted(i)) continue;
            if (shapes[i] == dy.shape()) d.give(i, dy);
            else add_broadcast(d.input(i), shapes[i], dy.data(), dy.shape());
        }
    }, {.passes_on_to = a.shape() == b.shape() ? 2 : 0});
}

}  // namespace deepen
