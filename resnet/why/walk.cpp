// How does one walk through the space of a net's weights?  See walk.h.
#include "resnet/why/walk.h"

#include <cmath>

#include "engine/io/hash.h"

namespace deepen {
namespace {

// A filter is what makes one output, and a weight's last dimension is its outputs: [kh,kw,Cin,Cout], [in,out].
std::vector<Real> filter_normalised(const Tensor& weight, Random random) {
    const std::span<const Real> w = weight.data();
    const auto outputs = static_cast<std::size_t>(weight.shape()[weight.shape().rank() - 1]);
    std::vector<double> drawn(w.size());
    for (double& value : drawn) value = random.normal();
    std::vector<Real> direction(w.size());
    for (std::size_t filter = 0; filter < outputs; ++filter) {
        double of_weights = 0, of_drawn = 0;  // squared norms
        for (std::size_t i = filter; i < w.size(); i += outputs)
            of_weights += static_cast<double>(w[i]) * w[i], of_drawn += drawn[i] * drawn[i];
        const double scale = std::sqrt(of_weights / of_drawn);
        for (std::size_t i = filter; i < w.size(); i += outputs) direction[i] = static_cast<Real>(scale * drawn[i]);
    }
    return direction;
}

}  // namespace

WeightWalk::WeightWalk(Module& net, std::uint64_t seed) {
    for (const NamedTensor& parameter : named_parameters(net)) {
        if (parameter.tensor.shape().rank() < 2) continue;
        const std::uint64_t name = hash_of(std::as_bytes(std::span(parameter.name)));
        const std::span<const Real> w = parameter.tensor.data();
        weights_.push_back({.tensor = parameter.tensor,
                            .start = {w.begin(), w.end()},
                            .d = filter_normalised(parameter.tensor, Random(seed, stream_of(name, 1))),
                            .e = filter_normalised(parameter.tensor, Random(seed, stream_of(name, 2)))});
    }
}

void WeightWalk::go(double a, double b) {
    for (Weight& weight : weights_) {
        const std::span<Real> w = weight.tensor.data();
        for (std::size_t i = 0; i < w.size(); ++i)
            w[i] = static_cast<Real>(weight.start[i] + a * weight.d[i] + b * weight.e[i]);
    }
}

WeightWalk::~WeightWalk() { go(0, 0); }

}  // namespace deepen
