// What is the exponential function, and what is its gradient?
//
// Shapes     x, y: any, the same
// Forward    y = e^x
// Backward   dx += dy y
// Saved      y
// Choice     float overflows to infinity above x = 88.7; softmax and cross_entropy stay below it by
//            taking the largest x off first
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor exp(const Tensor& x) {
    return elementwise("exp", x, Save::output,
                       [](Real x) { return std::exp(x); },
                       [](Real dy, Real y) { return dy * y; });
}

}  // namespace deepen
