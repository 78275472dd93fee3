#include "layers/layers.h"

#include <algorithm>

#include "engine/error.h"

namespace deepen {
namespace {

void fill(Tensor& t, Real value) {
    if (t.defined()) std::fill(t.data().begin(), t.data().end(), value);
}

// A net that is made has no numbers yet, only shapes (Note [Made when needed]): those that come out of a file can be
// compared with them before any memory is taken.
Tensor unmade(Shape shape, Real value) {
    return Tensor::deferred(
        shape, {.unit = 1, .make = [value](Index begin, Index end, Real* to) { std::fill_n(to, end - begin, value); }});
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

ConvOptions Conv2d::how() const {
    return {.stride = options_.stride, .padding = options_.padding, .algorithm = algorithm, .layer = name()};
}

Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight, bias, how()); }

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

BatchNorm2d::BatchNorm2d(Index channels)
    : scale(variable(unmade({channels}, 1))),
      shift(variable(unmade({channels}, 0))),
      running_mean(unmade({channels}, 0)),
      running_variance(unmade({channels}, 1)) {}

BatchNormOptions BatchNorm2d::how(const Tensor& shortcut, bool relu) const {
    return {.training = training(), .momentum = momentum, .epsilon = epsilon, .shortcut = shortcut, .relu = relu};
}

Tensor BatchNorm2d::apply(const Tensor& x, const Tensor& shortcut, bool relu) {
    return batch_norm(x, scale, shift, running_mean, running_variance, how(shortcut, relu));
}

void BatchNorm2d::visit(Visitor& v) {
    v.parameter("weight", scale);
    v.parameter("bias", shift);
    v.buffer("running_mean", running_mean);
    v.buffer("running_var", running_variance);
}

void BatchNorm2d::reset(Initialiser, Random&) {
    fill(scale, first_scale);
    fill(shift, 0);
    fill(running_mean, 0);
    fill(running_variance, 1);
}

// --- a convolution and its batch norm ----------------------------------------------------------------

namespace {

Tensor conv_norm(Conv2d& conv, BatchNorm2d& norm, const Tensor& x, const Tensor& shortcut, bool relu) {
    if (conv.bias.defined()) {
        const Tensor y = conv(x);
        return shortcut.defined() ? norm.add_then_relu(y, shortcut) : relu ? norm.then_relu(y) : norm(y);
    }
    return conv2d_batch_norm(x, conv.weight, conv.how(), norm.scale, norm.shift, norm.running_mean,
                             norm.running_variance, norm.how(shortcut, relu));
}

}  // namespace

Tensor conv_norm(Conv2d& conv, BatchNorm2d& norm, const Tensor& x) { return conv_norm(conv, norm, x, {}, false); }
Tensor conv_norm_relu(Conv2d& conv, BatchNorm2d& norm, const Tensor& x) { return conv_norm(conv, norm, x, {}, true); }
Tensor conv_norm_add_relu(Conv2d& conv, BatchNorm2d& norm, const Tensor& x, const Tensor& shortcut) {
    return conv_norm(conv, norm, x, shortcut, true);
}

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
