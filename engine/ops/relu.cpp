// What bends a line?  The rectified linear unit.
//
// Shapes     x, y: any, the same
// Forward    y = max(x, 0)
// Backward   dx += dy * [y > 0]
// Saved      y (its sign tells x's), which the next op usually keeps anyway
// Choice     at x = 0 the derivative is taken as 0, as everyone does; NaN stays NaN, so that a
//            net that has diverged can be seen to have done so
// Source     He et al. 2015, section 3.2: inside a block, and after its addition
#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor relu(const Tensor& x) {
    return elementwise("relu", x, Save::output,
                       [](Real x) { return x < 0 ? Real(0) : x; },
                       [](Real dy, Real y) { return y > 0 ? dy : Real(0); });
}

}  // namespace deepen
