// What makes a net more than one linear map?  The rectified linear unit.
//
// Shapes     x, y: any, the same
// Forward    y = max(x, 0)
// Backward   dx += dy where y > 0
// Saved      y (its sign tells x's), which the next op usually keeps anyway; or x, where y is not kept (fusion.h)
// Choice     at x = 0 the derivative is taken as 0, as usual; NaN stays NaN, so that divergence shows
// Source     Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"; in a
//            residual block, He et al. 2015, section 3.2: after its first layers, and after its addition
#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor relu(const Tensor& x) {
    return elementwise("relu", x, Save::either,
                       [](Real x) { return x < 0 ? Real(0) : x; },
                       [](Real dy, Real y) { return y > 0 ? dy : Real(0); }, Cost::cheap);
}

}  // namespace deepen
