// How does a score become a probability?  The logistic function.
//
// Shapes     x, y: any, the same
// Forward    y = 1 / (1 + e^-x)
// Backward   dx += dy y (1 - y)
// Saved      y
// Choice     no case for negative x is needed: where e^-x overflows, 1 / infinity is the right 0
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor sigmoid(const Tensor& x) {
    return elementwise("sigmoid", x, Save::output,
                       [](Real x) { return 1 / (1 + std::exp(-x)); },
                       [](Real dy, Real y) { return dy * y * (1 - y); });
}

}  // namespace deepen
