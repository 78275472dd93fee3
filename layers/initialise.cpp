#include "layers/initialise.h"

#include <cmath>

#include "engine/error.h"

namespace deepen {
namespace {

void fill_normal(Tensor& w, double deviation, Random& random) {
    for (Real& v : w.data()) v = static_cast<Real>(deviation * random.normal());
}

void fill_uniform(Tensor& w, double bound, Random& random) {
    for (Real& v : w.data()) v = static_cast<Real>(random.uniform(-bound, bound));
}

const std::pair<const char*, Initialiser> schemes[] = {{"he_normal", he_normal},
                                                       {"he_uniform", he_uniform},
                                                       {"xavier_normal", xavier_normal},
                                                       {"xavier_uniform", xavier_uniform},
                                                       {"pytorch_uniform", pytorch_uniform}};

}  // namespace

void he_normal(Tensor& w, Index fan_in, Index, Random& random) {
    fill_normal(w, std::sqrt(2.0 / static_cast<double>(fan_in)), random);
}
void he_uniform(Tensor& w, Index fan_in, Index, Random& random) {
    fill_uniform(w, std::sqrt(6.0 / static_cast<double>(fan_in)), random);
}

void xavier_normal(Tensor& w, Index fan_in, Index fan_out, Random& random) {
    fill_normal(w, std::sqrt(2.0 / static_cast<double>(fan_in + fan_out)), random);
}

void xavier_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random) {
    fill_uniform(w, std::sqrt(6.0 / static_cast<double>(fan_in + fan_out)), random);
}

void pytorch_uniform(Tensor& w, Index fan_in, Index, Random& random) {
    fill_uniform(w, 1 / std::sqrt(static_cast<double>(fan_in)), random);
}

Initialiser parse_initialiser(const std::string& name) {
    for (const auto& [known, scheme] : schemes)
        if (name == known) return scheme;
    throw Error(text("initialiser '", name,
                     "' is not known.  Try he_normal, he_uniform, xavier_normal, xavier_uniform ",
                     "or pytorch_uniform."));
}

std::vector<std::string> initialiser_names() {
    std::vector<std::string> names;
    for (const auto& [name, scheme] : schemes) names.push_back(name);
    return names;
}

}  // namespace deepen
