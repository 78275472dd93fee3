// Is a backward the derivative of its forward?
//
// For a function f of tensors, project its output on a fixed random tensor r: L = sum(r * f(x)).
// Then compare backward's dL/dx_i with the central difference
//
//     (L(x_i + h) - L(x_i - h)) / 2h            error O(h^2) from Taylor, O(1e-16 / h) from rounding
//
// for *every* element of every input.  r is random because sums hide: softmax and batch norm have
// outputs whose sum does not depend on x at all.  Gradients are prefilled before backward, to see
// that it adds (Note [Gradients accumulate]).  Meaningful in the double build (`make REAL=double`).
//
//     check_gradients([](auto& x) { return multiply(x[0], x[1]); }, {random_tensor({2,3}), random_tensor({3})});
//
// Source: Baydin et al. 2018, "Automatic differentiation in machine learning", section 2.1.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/tensor.h"

namespace deepen {

using TensorFunction = std::function<Tensor(std::vector<Tensor>& inputs)>;

struct GradientCheckOptions {
    double step = 1e-5;                   // h, relative to max(1, |x|)
    double tolerance = 1e-6;              // on |analytic - numeric| / max(1, |analytic|, |numeric|)
    std::uint64_t seed = 1;               // of the projection r
};

struct GradientReport {
    bool ok = true;
    double worst = 0;                     // the largest relative error met
    std::string message;                  // input, position, both derivatives of the worst element
};

// f must return the same value when called again: no dropout without a fixed seed, and batch norm's
// running statistics must not feed back into its output.
GradientReport check_gradients(const TensorFunction& f, std::vector<Tensor> inputs, GradientCheckOptions options = {});

// Elements uniform in [low, high), from `seed`: for tests and examples.
Tensor random_tensor(Shape shape, std::uint64_t seed = 0, double low = -1, double high = 1);

}  // namespace deepen
