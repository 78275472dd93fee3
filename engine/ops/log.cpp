// What is the natural logarithm, and what is its gradient?
//
// Shapes     x, y: any, the same
// Forward    y = ln x
// Backward   dx += dy / x
// Saved      x
// Choice     log 0 is -infinity and the log of a negative NaN, as IEEE 754 has it; nothing is clamped
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor log(const Tensor& x) {
    return elementwise("log", x, Save::input,
                       [](Real x) { return std::log(x); },
                       [](Real dy, Real x) { return dy / x; });
}

}  // namespace deepen
