// How does a deep net keep its signals at a healthy size?  Batch normalisation.
//
// Shapes     x, y, s [...,C]: R rows of C channels   scale, shift [C]   running mean, variance [C]
// Forward    training:    m = mean over rows, v = mean of (x - m)^2 over rows (the batch's own)
//            evaluation:  m, v = the running ones
//            xhat = (x - m) / sqrt(v + epsilon)        z = scale * xhat + shift
//            y = z, or relu(z), or relu(z + s) for a shortcut s: what follows batch norm in a residual net
//            is done on the way out, because each step of its own would carry y to memory and back
// Running    r <- (1 - momentum) r + momentum * batch's; the variance as R/(R-1) v, unbiased
// Backward   dz = dy, or dy * [y > 0] with relu        ds += dz
//            dshift += sum over rows of dz             dscale += sum over rows of dz * xhat
//            dx += scale / sqrt(v + epsilon) * (dz - dshift_b / R - xhat * dscale_b / R)     in training,
//                  where dshift_b and dscale_b are this batch's two sums: the batch's mean and variance
//                  depend on every x, so each x answers for all of them;
//            dx += scale / sqrt(v + epsilon) * dz                                            in evaluation.
// Saved      x, and a few numbers per channel; xhat and, without a shortcut, the sign of y are computed again
//            rather than stored; with shortcut and relu y, which the next convolution keeps anyway
// Choice     statistics by stretches of rows, merged in their order (Note [Merging moments]): they
//            keep their digits for any mean, and have the same bits at any number of threads
// Source     Ioffe and Szegedy 2015, "Batch normalization", Algorithm 1; backward in section 3
#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/batch_norm.h"

namespace deepen {
namespace {

// --- forward -------------------------------------------------------------------------------------

// y = a x + b per column, plus s if there is one, through relu if wanted.  y may be x's own storage.
template <bool with_shortcut, bool with_relu>
void normalise(const Rows& r, const Real* x, const Real* s, const Real* a, const Real* b, Real* y) {
    const Index columns = r.columns();
    r.for_each_chunk([=](Index, Index begin, Index end) {
        for (Index i = begin * columns; i < end * columns; i += columns) {
            const Real *xi = x + i, *si = s + (with_shortcut ? i : 0);
            Real* yi = y + i;
#pragma GCC ivdep
            for (Index c = 0; c < columns; ++c) {
                const Real z = a[c] * xi[c] + b[c] + (with_shortcut ? si[c] : Real(0));
                yi[c] = with_relu && z < 0 ? Real(0) : z;  // a NaN stays one
            }
        }
    });
}

void move_running(Tensor running, const std::vector<double>& batch, double momentum, double factor) {
    const std::span<Real> r = running.data();
    for (std::size_t c = 0; c < r.size(); ++c)
        r[c] = static_cast<Real>((1 - momentum) * r[c] + momentum * factor * batch[c]);
}

// --- backward ------------------------------------------------------------------------------------

// What dz is made of, besides dy.
enum class Mask { none, sign_of_z, sign_of_y };

struct Sums {
    std::vector<double> dz, dz_x;  // [C]: sums of dz and of dz * (x - m)
};

// Sums over rows; with a shortcut (y given) also turns dy into dz in place, since the shortcut takes it as it is.
template <Mask mask>
Sums gradient_sums(const Rows& r, Real* dy, const Real* x, const Real* y, const Real* a, const Real* b,
                   const Real* mean) {
    const Index columns = r.columns();
    std::vector<Real> partial(r.chunks() * 2 * r.channels);
    r.for_each_chunk([&](Index chunk, Index begin, Index end) {
        std::vector<Real> wide(2 * columns);
        Real* __restrict sum = wide.data(), * __restrict sum_x = sum + columns;
        for (Index i = begin * columns; i < end * columns; i += columns) {
            const Real* __restrict xi = x + i, * __restrict yi = y + (mask == Mask::sign_of_y ? i : 0);
            Real* __restrict dyi = dy + i;
            for (Index c = 0; c < columns; ++c) {
                Real dz = dyi[c];
                if (mask == Mask::sign_of_z) dz = a[c] * xi[c] + b[c] > 0 ? dz : Real(0);
                if (mask == Mask::sign_of_y) dyi[c] = dz = yi[c] > 0 ? dz : Real(0);
                sum[c] += dz;
                sum_x[c] += dz * (xi[c] - mean[c]);
            }
        }
        r.fold(sum, partial.data() + chunk * 2 * r.channels);
        r.fold(sum_x, partial.data() + (chunk * 2 + 1) * r.channels);
    });
    Sums s{std::vector<double>(r.channels), std::vector<double>(r.channels)};
    for (Index chunk = 0; chunk < r.chunks(); ++chunk)
        for (Index c = 0; c < r.channels; ++c) {
            s.dz[c] += partial[chunk * 2 * r.channels + c];
            s.dz_x[c] += partial[(chunk * 2 + 1) * r.channels + c];
        }
    return s;
}

// dx = a dz + p x + q per column; dx may be dz's own storage.
template <Mask mask>
void input_gradient(const Rows& r, const Real* dy, const Real* x, const Real* a, const Real* b, const Real* p,
                    const Real* q, Real* dx) {
    const Index columns = r.columns();
    r.for_each_chunk([=](Index, Index begin, Index end) {
        for (Index i = begin * columns; i < end * columns; i += columns) {
            const Real *dyi = dy + i, *__restrict xi = x + i;
            Real* dxi = dx + i;
#pragma GCC ivdep
            for (Index c = 0; c < columns; ++c) {
                const bool passes = mask != Mask::sign_of_z || a[c] * xi[c] + b[c] > 0;
                dxi[c] = a[c] * (passes ? dyi[c] : Real(0)) + p[c] * xi[c] + q[c];
            }
        }
    });
}

// What forward leaves for backward: per column, repeated (Note [Wide rows]).
struct Saved {
    Rows r;
    Tensor x, y;  // y only with shortcut and relu
    std::vector<Real> mean, inverse, a, b;
    bool training, has_shortcut;
};

template <Mask mask>
void backward(const Saved& s, Gradients& d) {
    const Rows& r = s.r;
    Tensor dy = d.take_output();
    const Real* x = s.x.data().data();
    const Sums sums = gradient_sums<mask>(r, dy.data().data(), x, s.y.defined() ? s.y.data().data() : nullptr,
                                          s.a.data(), s.b.data(), s.mean.data());
    for (Index c = 0; c < r.channels && d.wanted(1); ++c)
        d.input(1)[c] += static_cast<Real>(sums.dz_x[c] * s.inverse[c]);
    for (Index c = 0; c < r.channels && d.wanted(2); ++c) d.input(2)[c] += static_cast<Real>(sums.dz[c]);

    if (d.wanted(0)) {
        // dx = a (dz - dshift_b / R - (x - m) inverse^2 sum(dz (x - m)) / R) = a dz + p x + q
        std::vector<Real> p(r.channels), q(r.channels);
        for (Index c = 0; c < r.channels && s.training; ++c) {
            const double rows = static_cast<double>(r.rows), inverse = s.inverse[c];
            p[c] = static_cast<Real>(-s.a[c] * inverse * inverse * sums.dz_x[c] / rows);
            q[c] = static_cast<Real>(-s.a[c] * sums.dz[c] / rows - static_cast<double>(p[c]) * s.mean[c]);
        }
        const bool shortcut_takes_dz = s.has_shortcut && d.wanted(3);
        Tensor dx = shortcut_takes_dz ? Tensor::uninitialised(dy.shape()) : dy;
        input_gradient<mask>(r, dy.data().data(), x, s.a.data(), s.b.data(), r.repeat(p.data()).data(),
                             r.repeat(q.data()).data(), dx.data().data());
        d.give(0, std::move(dx));
    }
    if (s.has_shortcut && d.wanted(3)) d.give(3, std::move(dy));
}

// --- the op --------------------------------------------------------------------------------------

Tensor normalise_and_record(const Moments& m, const Tensor& x, const Tensor& scale, const Tensor& shift,
                            const BatchNormOptions& options) {
    const Rows r(x.size() / x.shape()[-1], x.shape()[-1]);
    const ChannelLines lines(m, scale, shift, options.epsilon);
    const Tensor& s = options.shortcut;
    Tensor y = Tensor::uninitialised(x.shape());
    lines.apply(r.rows, x.data().data(), s.defined() ? s.data().data() : nullptr, options.relu, y.data().data());

    Saved saved{.r = r,
                .x = x.detach(),
                .y = {},
                .mean = r.repeat(lines.mean.data()),
                .inverse = lines.inverse,
                .a = r.repeat(lines.a.data()),
                .b = r.repeat(lines.b.data()),
                .training = options.training,
                .has_shortcut = s.defined()};
    if (s.defined() && options.relu) saved.y = y;
    const auto back = !options.relu ? backward<Mask::none>
                      : s.defined() ? backward<Mask::sign_of_y>
                                    : backward<Mask::sign_of_z>;
    return record("batch_norm", y, {x, scale, shift, s}, [saved, back](Gradients& d) { back(saved, d); });
}

}  // namespace

ChannelLines::ChannelLines(const Moments& m, const Tensor& scale, const Tensor& shift, Real epsilon) {
    for (std::size_t c = 0; c < m.mean.size(); ++c) {
        mean.push_back(static_cast<Real>(m.mean[c]));
        inverse.push_back(static_cast<Real>(1 / std::sqrt(m.variance[c] + epsilon)));
        a.push_back(scale.data()[c] * inverse[c]);
        b.push_back(shift.data()[c] - a[c] * mean[c]);
    }
}

void ChannelLines::apply(Index rows, const Real* x, const Real* s, bool relu, Real* y) const {
    const Rows r(rows, static_cast<Index>(a.size()));
    const auto forward = s ? (relu ? normalise<true, true> : normalise<true, false>)
                           : (relu ? normalise<false, true> : normalise<false, false>);
    forward(r, x, s, r.repeat(a.data()).data(), r.repeat(b.data()).data(), y);
}

void require_fitting(const Shape& x, std::initializer_list<const Tensor*> per_channel,
                     const BatchNormOptions& options) {
    require(x.rank() >= 2 && x[-1] >= 1, "batch_norm: x has shape ", x,
            "; it needs at least two axes, the last one channels.");
    const Index channels = x[-1], rows = x.size() / channels;
    for (const Tensor* t : per_channel)
        require(t->shape() == Shape{channels},
                "batch_norm: scale, shift, running mean and running variance must have shape [", channels, "], as x ",
                x, " has ", channels, " channels; one of them has ", t->shape(), ".");
    require(rows >= (options.training ? 2 : 1), "batch_norm: x ", x, " has ", rows, " value(s) per channel.  ",
            options.training ? "Training needs at least two to have a variance: use a larger batch, or evaluation mode."
                             : "There is nothing to normalise.");
    require(!options.shortcut.defined() || options.shortcut.shape() == x, "batch_norm: the shortcut has shape ",
            options.shortcut.shape(), ", x ", x, "; they must agree to be added.");
}

Moments running_moments(const Tensor& running_mean, const Tensor& running_variance) {
    return {{running_mean.data().begin(), running_mean.data().end()},
            {running_variance.data().begin(), running_variance.data().end()}};
}

Tensor batch_norm_given(const Moments& m, const Tensor& x, const Tensor& scale, const Tensor& shift,
                        Tensor running_mean, Tensor running_variance, const BatchNormOptions& options) {
    const auto rows = static_cast<double>(x.size() / x.shape()[-1]);
    move_running(running_mean, m.mean, options.momentum, 1);
    move_running(running_variance, m.variance, options.momentum, rows / (rows - 1));
    return normalise_and_record(m, x, scale, shift, options);
}

Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor running_mean,
                  Tensor running_variance, const BatchNormOptions& options) {
    require_fitting(x.shape(), {&scale, &shift, &running_mean, &running_variance}, options);
    if (!options.training)
        return normalise_and_record(running_moments(running_mean, running_variance), x, scale, shift, options);
    const Index channels = x.shape()[-1];
    const Moments m = moments_of(x.data().data(), x.size() / channels, channels);
    return batch_norm_given(m, x, scale, shift, running_mean, running_variance, options);
}

}  // namespace deepen
