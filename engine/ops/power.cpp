// How is a tensor raised to a fixed power?
//
// Shapes     x, y: any, the same; p is a plain number and does not learn
// Forward    y = x^p
// Backward   dx += dy p x^(p-1)
// Saved      x
// Choice     x^0 is 1 everywhere, so its slope is 0 everywhere: the formula would give 0 / 0 at x = 0.
//            A negative x under a fractional p is NaN
#include <cmath>

#include "engine/ops.h"
#include "engine/ops/elementwise.h"

namespace deepen {

Tensor power(const Tensor& x, Real p) {
    return elementwise("power", x, Save::input,
                       [p](Real x) { return std::pow(x, p); },
                       [p](Real dy, Real x) { return p == 0 ? Real(0) : dy * p * std::pow(x, p - 1); });
}

}  // namespace deepen
