#include "layers/layers.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/fusion.h"

namespace deepen {
namespace {

void fill(Tensor& t, Real value) {
    if (t.defined()) std::fill(t.data().begin(), t.data().end(), value);
}

// A net that is made has no numbers yet, only shapes: the weights of a file can be compared with them before any memory
// is taken.
Tensor unmade(Shape shape, Real value) {
    const auto fill = [value](Index begin, Index end, const Real*, Real* to) { std::fill_n(to, end - begin, value); };
    return Tensor::lazy(shape, std::make_shared<const Lazy>(Lazy{.ops = {"fill"}, .steps = {{fill}}, .keep = true}));
}

}  // namespace

// --- Conv2d ----------------------------------------------------------------------------------------

Conv2d::Conv2d(Conv2dOptions options) : options_(options) {
    require(options.in_channels >= 1 && options.out_channels >= 1 && options.kernel >= 1 && options.stride >= 1 &&
                options.padding >= 0,
            "Conv2d: ", options.in_channels, " to ", options.out_channels, " channels, kernel ", options.kernel,
            ", stride ", options.stride, ", padding ", options.padding,
            " asked for; all but the padding must be at least 1.");
    weight = variable(unmade({options.kernel, options.kernel, options.in_channels, options.out_channels}, 0));
    if (options.bias) bias = variable(unmade({options.out_channels}, 0));
}

Tensor Conv2d::forward(const Tensor& x) {
    return conv2d(x, weight, bias,
                  {.stride = options_.stride, .padding = options_.padding, .algorithm = algorithm, .layer = name()});
}

void Conv2d::visit(Visitor& v) {
    v.parameter("weight", weight);
    if (bias.defined()) v.parameter("bias", bias);
}

void Conv2d::reset(Initialiser scheme, Random& random) {
    const Index places = options_.kernel * options_.kernel;
    scheme(weight, places * options_.in_channels, places * options_.out_channels, random);
    fill(bias, 0);
}

// --- BatchNorm2d -----------------------------------------------------------------------------------

BatchNorm2d::BatchNorm2d(Index channels, bool normalise)
    : normalise(normalise),
      scale(variable(unmade({channels}, 1))),
      shift(variable(unmade({channels}, 0))),
      running_mean(unmade({channels}, 0)),
      running_variance(unmade({channels}, 1)) {}

Tensor BatchNorm2d::forward(const Tensor& x) {
    if (!normalise)  // by statistics that stay 0 and 1, which leaves scale x + shift
        return batch_norm(x, scale, shift, running_mean, running_variance, {.training = false, .epsilon = 0});
    return batch_norm(x, scale, shift, running_mean, running_variance,
                      {.training = training(), .momentum = momentum, .epsilon = epsilon});
}

void BatchNorm2d::visit(Visitor& v) {
    v.parameter("weight", scale);
    v.parameter("bias", shift);
    if (!normalise) return;
    v.buffer("running_mean", running_mean);
    v.buffer("running_var", running_variance);
}

void BatchNorm2d::reset(Initialiser, Random&) {
    fill(scale, first_scale);
    fill(shift, 0);
    fill(running_mean, 0);
    fill(running_variance, 1);
}

// --- Gate ------------------------------------------------------------------------------------------

Gate::Gate(double first)
    : scalar(variable(unmade({1}, static_cast<Real>(first)))), first_(static_cast<Real>(first)) {}

void Gate::reset(Initialiser, Random&) { fill(scalar, first_); }

// --- Linear ----------------------------------------------------------------------------------------

Linear::Linear(Index in, Index out) : weight(variable(unmade({in, out}, 0))), bias(variable(unmade({out}, 0))) {
    require(in >= 1 && out >= 1, "Linear: ", in, " inputs and ", out, " outputs asked for; both must be at least 1.");
}

Tensor Linear::forward(const Tensor& x) { return matmul(x, weight) + bias; }

void Linear::visit(Visitor& v) {
    v.parameter("weight", weight);
    v.parameter("bias", bias);
}

void Linear::reset(Initialiser scheme, Random& random) {
    scheme(weight, weight.shape()[0], weight.shape()[1], random);
    fill(bias, 0);
}

// --- Sequential ------------------------------------------------------------------------------------

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (const auto& part : parts_) y = (*part)(y);
    return y;
}

void Sequential::visit(Visitor& v) {
    for (std::size_t i = 0; i < parts_.size(); ++i) v.module(std::to_string(i), *parts_[i]);
}

}  // namespace deepen
