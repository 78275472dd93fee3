#include "resnet/training/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "resnet/data/augment.h"

namespace deepen {

Classifier::Classifier(std::unique_ptr<Module> net, Preparation preparation)
    : net_(std::move(net)),
      preparation_(std::move(preparation)),
      normaliser_(std::make_unique<Normaliser>(preparation_.preprocessing, preparation_.size, preparation_.size)) {
    net_->evaluate();
}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

std::vector<double> Classifier::probabilities(const Pixels& picture, Crops crops) const {
    const NoGrad no_grad;
    const Index size = preparation_.size;
    const std::vector<Pixels> shown = crops_of(picture, preparation_.shorter_side, size, crops);
    const auto count = static_cast<Index>(shown.size());
    Tensor x = Tensor::uninitialised({count, size, size, 3});
    for (Index i = 0; i < count; ++i)
        normaliser_->write(shown[i].bytes, {}, x.data().data() + i * size * size * 3);

    const Tensor p = softmax((*net_)(x));                // [count,classes]
    const Index classes = p.shape()[1];
    std::vector<double> mean(classes);
    for (Index k = 0; k < count * classes; ++k)
        mean[k % classes] += static_cast<double>(p.data()[k]) / static_cast<double>(count);
    require(std::abs(std::accumulate(mean.begin(), mean.end(), 0.0) - 1) < 1e-3,
            "the net's probabilities do not sum to 1, so its weights are damaged, or of another net.");
    return mean;
}

std::vector<double> probabilities(const std::vector<Classifier>& nets, const Pixels& picture, Crops crops) {
    ensure(!nets.empty(), "an ensemble without nets");
    std::vector<double> mean;
    for (const Classifier& net : nets) {
        const std::vector<double> p = net.probabilities(picture, crops);
        mean.resize(p.size());
        for (std::size_t k = 0; k < p.size(); ++k) mean[k] += p[k] / static_cast<double>(nets.size());
    }
    return mean;
}

std::vector<Guess> best_guesses(const std::vector<double>& probabilities, Index count) {
    std::vector<Guess> all;
    for (std::size_t k = 0; k < probabilities.size(); ++k) all.push_back({static_cast<Index>(k), probabilities[k]});
    std::stable_sort(all.begin(), all.end(),
                     [](const Guess& a, const Guess& b) { return a.probability > b.probability; });
    all.resize(std::min(all.size(), static_cast<std::size_t>(count)));
    return all;
}

}  // namespace deepen
