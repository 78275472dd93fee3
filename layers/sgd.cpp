#include "layers/sgd.h"

#include <cmath>

#include "engine/error.h"
#include "engine/parallel.h"

namespace deepen {

Sgd::Sgd(std::vector<NamedTensor> parameters, SgdOptions options)
    : options_(options), parameters_(std::move(parameters)) {
    require(std::isfinite(options.lr) && options.lr >= 0, "SGD: the learning rate is ", options.lr,
            "; it must be 0 or more.");
    require(options.momentum >= 0 && options.momentum < 1, "SGD: the momentum is ", options.momentum,
            "; it must be in [0, 1).");
    require(std::isfinite(options.weight_decay) && options.weight_decay >= 0, "SGD: the weight decay is ",
            options.weight_decay, "; it must be 0 or more.");
    require(!options.nesterov || options.momentum > 0, "SGD: Nesterov's step needs a momentum above 0.");
    for (const NamedTensor& p : parameters_) velocities_.push_back({p.name, Tensor::zeros(p.tensor.shape())});
}

void Sgd::zero_grad() {
    for (NamedTensor& p : parameters_) p.tensor.zero_grad();
}

void Sgd::step() {
    const Real lr = static_cast<Real>(options_.lr), momentum = static_cast<Real>(options_.momentum);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        Tensor& parameter = parameters_[i].tensor;
        const Tensor gradient = parameter.grad();
        if (!gradient.defined()) continue;
        const bool decays = options_.decay_norm_and_bias || parameter.rank() > 1;
        const Real decay = decays ? static_cast<Real>(options_.weight_decay) : Real(0);

        Real *w = parameter.data().data(), *v = velocities_[i].tensor.data().data();
        const Real* dw = gradient.data().data();
        const bool nesterov = options_.nesterov;
        parallel_ranges(parameter.size(), elementwise_grain, [=](Index begin, Index end) {
            for (Index k = begin; k < end; ++k) {
                const Real g = dw[k] + decay * w[k];
                v[k] = momentum * v[k] + g;
                w[k] -= lr * (nesterov ? g + momentum * v[k] : v[k]);
            }
        });
    }
}

}  // namespace deepen
