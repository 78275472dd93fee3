// How does a deep net keep its signals at a healthy size?  Batch normalisation.
//
// Shapes     x, y [...,C]: R rows of C channels   scale, shift [C]   running mean, variance [C]
// Forward    training:    m = mean over rows, v = mean of (x - m)^2 over rows (the batch's own)
//            evaluation:  m, v = the running ones
//            xhat = (x - m) / sqrt(v + epsilon)        y = scale * xhat + shift
// Running    r <- (1 - momentum) r + momentum * batch's; the variance as R/(R-1) v, unbiased
// Backward   dshift += sum over rows of dy             dscale += sum over rows of dy * xhat
//            dx += scale / sqrt(v + epsilon) * (dy - dshift_b / R - xhat * dscale_b / R)     in training,
//                  where dshift_b and dscale_b are this batch's two sums: the batch's mean and variance
//                  depend on every x, so each x answers for all of them;
//            dx += scale / sqrt(v + epsilon) * dy                                            in evaluation.
// Saved      x, and m and 1/sqrt(v + epsilon) per channel; xhat is computed again rather than stored
// Choice     statistics per chunk of rows, merged in chunk order (Note [Merging moments]): exact to
//            rounding for any mean, and the same bits at any number of threads
// Source     Ioffe and Szegedy 2015, "Batch normalization", Algorithm 1; backward in section 3
#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

// Both directions are affine per channel once the sums are known, so two loops over rows serve all.
struct Rows {
    Index rows, channels;
    Index per_chunk() const { return std::max<Index>(1, elementwise_grain / channels); }
    Index chunks() const { return (rows + per_chunk() - 1) / per_chunk(); }
};

// y = a x + b per channel.
void affine(Rows r, const Real* x, const Real* a, const Real* b, Real* y) {
    parallel_ranges(r.rows, r.per_chunk(), [=](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            const Real* __restrict xi = x + i * r.channels;
            Real* __restrict yi = y + i * r.channels;
            for (Index c = 0; c < r.channels; ++c) yi[c] = a[c] * xi[c] + b[c];
        }
    });
}

// dx = a dy + b x + k per channel.
void affine_of_two(Rows r, const Real* dy, const Real* x, const Real* a, const Real* b, const Real* k, Real* dx) {
    parallel_ranges(r.rows, r.per_chunk(), [=](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            const Real *__restrict dyi = dy + i * r.channels, *__restrict xi = x + i * r.channels;
            Real* __restrict dxi = dx + i * r.channels;
            for (Index c = 0; c < r.channels; ++c) dxi[c] = a[c] * dyi[c] + b[c] * xi[c] + k[c];
        }
    });
}

struct Moments {
    std::vector<double> mean, variance;   // [C]; the variance divided by R, not R-1
};

// Note [Merging moments]
//   sum(x^2) - sum(x)^2 / R loses all digits when the mean is large.  Instead each chunk finds its
//   own mean and sum of squared deviations M, and two chunks with n1 and n2 rows merge exactly:
//       mean = mean1 + (mean2 - mean1) n2 / n        M = M1 + M2 + (mean2 - mean1)^2 n1 n2 / n
//   Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", (2.1).
Moments batch_moments(Rows r, const Real* x) {
    const Index channels = r.channels;
    std::vector<Real> partial(r.chunks() * 2 * channels);
    parallel_ranges(r.rows, r.per_chunk(), [&](Index begin, Index end) {
        Real* __restrict mean = partial.data() + begin / r.per_chunk() * 2 * channels;
        Real* __restrict squares = mean + channels;
        for (Index i = begin; i < end; ++i)
            for (Index c = 0; c < channels; ++c) mean[c] += x[i * channels + c];
        for (Index c = 0; c < channels; ++c) mean[c] /= static_cast<Real>(end - begin);
        for (Index i = begin; i < end; ++i)
            for (Index c = 0; c < channels; ++c) {
                const Real deviation = x[i * channels + c] - mean[c];
                squares[c] += deviation * deviation;
            }
    });

    Moments m{std::vector<double>(channels), std::vector<double>(channels)};
    Index seen = 0;
    for (Index chunk = 0; chunk < r.chunks(); ++chunk) {
        const Index count = std::min(r.per_chunk(), r.rows - chunk * r.per_chunk());
        const double share = static_cast<double>(count) / static_cast<double>(seen + count);
        for (Index c = 0; c < channels; ++c) {
            const double delta = partial[chunk * 2 * channels + c] - m.mean[c];
            m.mean[c] += delta * share;
            m.variance[c] += partial[(chunk * 2 + 1) * channels + c] + delta * delta * share * static_cast<double>(seen);
        }
        seen += count;
    }
    for (double& v : m.variance) v /= static_cast<double>(r.rows);
    return m;
}

struct Sums {
    std::vector<double> dy, dy_xhat;      // [C]: dshift and dscale of this batch
};

Sums gradient_sums(Rows r, const Real* dy, const Real* x, const Real* mean, const Real* inverse) {
    const Index channels = r.channels;
    std::vector<Real> partial(r.chunks() * 2 * channels);
    parallel_ranges(r.rows, r.per_chunk(), [&](Index begin, Index end) {
        Real* __restrict sum = partial.data() + begin / r.per_chunk() * 2 * channels;
        Real* __restrict sum_x = sum + channels;
        for (Index i = begin; i < end; ++i)
            for (Index c = 0; c < channels; ++c) {
                const Real g = dy[i * channels + c];
                sum[c] += g;
                sum_x[c] += g * (x[i * channels + c] - mean[c]);
            }
    });
    Sums s{std::vector<double>(channels), std::vector<double>(channels)};
    for (Index chunk = 0; chunk < r.chunks(); ++chunk)
        for (Index c = 0; c < channels; ++c) {
            s.dy[c] += partial[chunk * 2 * channels + c];
            s.dy_xhat[c] += static_cast<double>(partial[(chunk * 2 + 1) * channels + c]) * inverse[c];
        }
    return s;
}

void move_running(Tensor running, const std::vector<double>& batch, double momentum, double factor) {
    const std::span<Real> r = running.data();
    for (std::size_t c = 0; c < r.size(); ++c) r[c] = static_cast<Real>((1 - momentum) * r[c] + momentum * factor * batch[c]);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor running_mean, Tensor running_variance,
                  BatchNormOptions options) {
    require(x.rank() >= 2, "batch_norm: x has shape ", x.shape(), "; it needs at least two axes, the last one channels.");
    const Index channels = x.shape()[-1];
    for (const Tensor* t : {&scale, &shift, static_cast<const Tensor*>(&running_mean), static_cast<const Tensor*>(&running_variance)})
        require(t->shape() == Shape{channels}, "batch_norm: scale, shift, running mean and running variance must have shape [",
                channels, "], as x ", x.shape(), " has ", channels, " channels; one of them has ", t->shape(), ".");
    const Rows r{channels ? x.size() / channels : 0, channels};
    require(r.rows >= (options.training ? 2 : 1), "batch_norm: x ", x.shape(), " has ", r.rows, " value(s) per channel.  ",
            options.training ? "Training needs at least two to have a variance: use a larger batch, or evaluation mode."
                             : "There is nothing to normalise.");

    Moments m;
    if (options.training) {
        m = batch_moments(r, x.data().data());
        move_running(running_mean, m.mean, options.momentum, 1);
        move_running(running_variance, m.variance, options.momentum, static_cast<double>(r.rows) / static_cast<double>(r.rows - 1));
    } else {
        m.mean.assign(running_mean.data().begin(), running_mean.data().end());
        m.variance.assign(running_variance.data().begin(), running_variance.data().end());
    }

    // y = scale (x - m) / sqrt(v + epsilon) + shift = a x + b
    std::vector<Real> mean(channels), inverse(channels), a(channels), b(channels);
    for (Index c = 0; c < channels; ++c) {
        mean[c] = static_cast<Real>(m.mean[c]);
        inverse[c] = static_cast<Real>(1 / std::sqrt(m.variance[c] + options.epsilon));
        a[c] = scale.data()[c] * inverse[c];
        b[c] = shift.data()[c] - a[c] * mean[c];
    }
    Tensor y = Tensor::uninitialised(x.shape());
    affine(r, x.data().data(), a.data(), b.data(), y.data().data());

    return record("batch_norm", y, {x, scale, shift},
                  [r, training = options.training, x = x.detach(), mean, inverse, a](Gradients& d) {
        const Real *dy = d.output().data().data(), *px = x.data().data();
        const Sums s = gradient_sums(r, dy, px, mean.data(), inverse.data());
        for (Index c = 0; c < r.channels && d.wanted(1); ++c) d.input(1)[c] += static_cast<Real>(s.dy_xhat[c]);
        for (Index c = 0; c < r.channels && d.wanted(2); ++c) d.input(2)[c] += static_cast<Real>(s.dy[c]);
        if (!d.wanted(0)) return;

        // dx = a (dy - dshift_b / R - (x - m) inverse dscale_b / R) = a dy + b x + k
        std::vector<Real> b(r.channels), k(r.channels);
        for (Index c = 0; c < r.channels && training; ++c) {
            const double rows = static_cast<double>(r.rows);
            b[c] = static_cast<Real>(-a[c] * inverse[c] * s.dy_xhat[c] / rows);
            k[c] = static_cast<Real>(-a[c] * s.dy[c] / rows - static_cast<double>(b[c]) * mean[c]);
        }
        Tensor dx = Tensor::uninitialised(x.shape());
        affine_of_two(r, dy, px, a.data(), b.data(), k.data(), dx.data().data());
        d.give(0, std::move(dx));
    });
}

}  // namespace deepen
