// What is the square root, and what is its gradient?
//
// Shapes     x, y: any, the same
// Forward    y = sqrt x
// Backward   dx += dy / (2 y)
// Saved      y
// Choice     the slope at 0 is infinite, and so is the gradient: add a small number before the root
//            where that can happen, as batch norm does
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor sqrt(const Tensor& x) {
    return elementwise("sqrt", x, Save::output,
                       [](Real x) { return std::sqrt(x); },
                       [](Real dy, Real y) { return dy / (2 * y); });
}

}  // namespace deepen
