// What bends a line at both ends?  The hyperbolic tangent.
//
// Shapes     x, y: any, the same
// Forward    y = tanh x = (e^x - e^-x) / (e^x + e^-x)
// Backward   dx += dy (1 - y^2)
// Saved      y
// Choice     the slope is at most 1 and nearly 0 beyond |x| = 4: many such factors multiply to
//            almost nothing, so a net of saturated layers learns slowly
// Source     Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks"
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor tanh(const Tensor& x) {
    return elementwise("tanh", x, Save::output,
                       [](Real x) { return std::tanh(x); },
                       [](Real dy, Real y) { return dy * (1 - y * y); });
}

}  // namespace deepen
