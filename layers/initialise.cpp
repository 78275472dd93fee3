#include "layers/initialise.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/error.h"

namespace deepen {
namespace {

void fill_normal(Tensor& w, double deviation, Random& random) {
    for (Real& v : w.data()) v = static_cast<Real>(deviation * random.normal());
}

void fill_uniform(Tensor& w, double bound, Random& random) {
    for (Real& v : w.data()) v = static_cast<Real>(random.uniform(-bound, bound));
}

bool is_kernel(const Tensor& w) { return w.rank() == 4; }

// The weights at the centre of a kernel (a [in,out] matrix is all centre).
struct Centre {
    Index in, out;
    Real* weights;

    explicit Centre(Tensor& w) : in(w.shape()[-2]), out(w.shape()[-1]), weights(w.data().data()) {
        const Shape& s = w.shape();
        if (is_kernel(w)) weights += (s[0] / 2 * s[1] + s[1] / 2) * in * out;
    }
    Real& operator()(Index i, Index j) const { return weights[i * out + j]; }
};

// Random orthonormal vectors, by Gram-Schmidt: each is normal numbers, less their projections on those before it.
std::vector<std::vector<double>> orthonormal(Index count, Index length, Random& random) {
    std::vector<std::vector<double>> all;
    while (std::ssize(all) < count) {
        std::vector<double> v(static_cast<std::size_t>(length));
        const auto times_v = [&](const std::vector<double>& u) {
            return std::inner_product(u.begin(), u.end(), v.begin(), 0.0);
        };
        for (double& x : v) x = random.normal();
        for (const std::vector<double>& u : all) {
            const double along = times_v(u);
            for (std::size_t i = 0; i < v.size(); ++i) v[i] -= along * u[i];
        }
        const double norm = std::sqrt(times_v(v));
        for (double& x : v) x /= norm;
        all.push_back(v);
    }
    return all;
}

// A random matrix q(i, j) with orthonormal columns or, with fewer rows than columns, orthonormal rows.
auto orthogonal(Index rows, Index columns, Random& random) {
    const bool tall = rows >= columns;
    return [tall, q = orthonormal(std::min(rows, columns), std::max(rows, columns), random)](Index i, Index j) {
        return tall ? q[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)]
                    : q[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    };
}

const std::pair<const char*, Initialiser> schemes[] = {{"he_normal", he_normal},
                                                       {"he_uniform", he_uniform},
                                                       {"xavier_normal", xavier_normal},
                                                       {"xavier_uniform", xavier_uniform},
                                                       {"pytorch_uniform", pytorch_uniform},
                                                       {"dirac", dirac},
                                                       {"delta_orthogonal", delta_orthogonal},
                                                       {"looks_linear", looks_linear}};

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

void dirac(Tensor& w, Index fan_in, Index fan_out, Random& random) {
    he_normal(w, fan_in, fan_out, random);
    if (!is_kernel(w)) return;
    const Centre centre(w);
    const Index common = std::min(centre.in, centre.out);
    for (Index k = 0; k < w.size(); ++k)
        if (k % centre.out < common) w.data()[k] = 0;
    for (Index c = 0; c < common; ++c) centre(c, c) = 1;
}

void delta_orthogonal(Tensor& w, Index fan_in, Index fan_out, Random& random) {
    if (!is_kernel(w)) return he_normal(w, fan_in, fan_out, random);
    const Centre centre(w);
    const auto q = orthogonal(centre.in, centre.out, random);
    std::fill(w.data().begin(), w.data().end(), Real(0));
    for (Index i = 0; i < centre.in; ++i)
        for (Index j = 0; j < centre.out; ++j) centre(i, j) = static_cast<Real>(std::sqrt(2.0) * q(i, j));
}

void looks_linear(Tensor& w, Index fan_in, Index fan_out, Random& random) {
    const Centre centre(w);
    if (!is_kernel(w)) {
        he_normal(w, fan_in, fan_out, random);
        for (Index i = 1; i < centre.in; i += 2)
            for (Index j = 0; j < centre.out; ++j) centre(i, j) = -centre(i - 1, j);
        return;
    }
    require(centre.out % 2 == 0, "looks_linear: channels come in pairs, so a convolution cannot have ", centre.out,
            " outputs.  Try an even --width, or another --init.");
    const Index paired = centre.in % 2 == 0 ? 2 : 1;
    const auto q = orthogonal(centre.in / paired, centre.out / 2, random);
    std::fill(w.data().begin(), w.data().end(), Real(0));
    for (Index i = 0; i < centre.in; ++i)
        for (Index j = 0; j < centre.out; ++j) {
            const double sign = (i % paired + j) % 2 == 0 ? 1 : -1;
            centre(i, j) = static_cast<Real>(sign * q(i / paired, j / 2));
        }
}

Initialiser parse_initialiser(const std::string& name) {
    std::string others;
    for (const auto& [known, scheme] : schemes) {
        if (name == known) return scheme;
        others += text(others.empty() ? "" : ", ", known);
    }
    throw Error(text("initialiser '", name, "' is not known.  Try one of ", others, "."));
}

std::vector<std::string> initialiser_names() {
    std::vector<std::string> names;
    for (const auto& [name, scheme] : schemes) names.push_back(name);
    return names;
}

}  // namespace deepen
