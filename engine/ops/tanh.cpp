// What is the hyperbolic tangent, and why can it slow learning down?
//
// Shapes     x, y: any, the same
// Forward    y = tanh x = (e^x - e^-x) / (e^x + e^-x)
// Backward   dx += dy (1 - y^2)
// Saved      y
// Choice     the slope is at most 1, and below 0.002 beyond |x| = 4: a unit there is saturated, and hardly
//            any gradient passes through it
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
