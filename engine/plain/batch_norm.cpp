#include "engine/plain/batch_norm.h"

#include <cmath>

namespace deepen::plain {

Normalised batch_norm(const Numbers& x, const Numbers& gamma, const Numbers& beta, double epsilon) {
    const std::size_t C = gamma.size(), R = x.size() / C;
    Normalised n{.y = Numbers(R * C), .xhat = Numbers(R * C), .mean = Numbers(C), .variance = Numbers(C),
                 .inv_std = Numbers(C)};
    for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t r = 0; r < R; ++r) n.mean[c] += x[r * C + c] / R;
        for (std::size_t r = 0; r < R; ++r) n.variance[c] += std::pow(x[r * C + c] - n.mean[c], 2) / R;
        n.inv_std[c] = 1 / std::sqrt(n.variance[c] + epsilon);
        for (std::size_t r = 0; r < R; ++r) {
            n.xhat[r * C + c] = (x[r * C + c] - n.mean[c]) * n.inv_std[c];
            n.y[r * C + c] = gamma[c] * n.xhat[r * C + c] + beta[c];
        }
    }
    return n;
}

BatchNormGradients batch_norm_backward(const Normalised& n, const Numbers& gamma, const Numbers& dy) {
    const std::size_t C = gamma.size(), R = dy.size() / C;
    BatchNormGradients d{.dx = Numbers(R * C), .dgamma = Numbers(C), .dbeta = Numbers(C)};
    for (std::size_t c = 0; c < C; ++c) {
        for (std::size_t r = 0; r < R; ++r) {
            d.dbeta[c] += dy[r * C + c];
            d.dgamma[c] += dy[r * C + c] * n.xhat[r * C + c];
        }
        for (std::size_t r = 0; r < R; ++r)
            d.dx[r * C + c] = gamma[c] * n.inv_std[c] *
                              (dy[r * C + c] - d.dbeta[c] / R - n.xhat[r * C + c] * d.dgamma[c] / R);
    }
    return d;
}

}  // namespace deepen::plain
