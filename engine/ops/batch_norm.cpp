// How does a deep net keep its signals at a healthy size?  Batch normalisation.
//
// Shapes     x, y [...,C]: R rows of C channels   scale, shift [C]   running mean, variance [C]
// Forward    training:    mean = mean of x over rows, variance = mean of (x - mean)^2 over rows (the batch's own)
//            evaluation:  mean, variance = the running ones
//            inv_std = 1 / sqrt(variance + epsilon)
//            xhat = (x - mean) inv_std
//            y = scale xhat + shift
// Running    r <- (1 - momentum) r + momentum * batch's; the variance as R/(R-1) variance, unbiased
// Backward   dshift += sum over rows of dy             dscale += sum over rows of dy xhat
//            dx += scale inv_std (dy - sum(dy) / R - xhat sum(dy xhat) / R)     in training: the batch's mean and
//                  variance depend on every x, so each x answers for all of them; plain/batch_norm.h derives it
//            dx += scale inv_std dy                                             in evaluation
// Saved      x and a few numbers per channel; xhat is computed again rather than stored
// Choice     moments by ranges of rows, merged in a tree (Note [Merging moments], batch_sum.h): they keep their digits
//            for any mean, and have the same bits at any number of threads; they are taken as x is computed.  y and
//            dx are lazy, and the two sums of backward are a gradient hook (fusion.h)
// Source     Ioffe and Szegedy 2015, "Batch normalization", Algorithm 1; backward in section 3
#include <cmath>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/ops.h"
#include "engine/ops/moments.h"
#include "engine/ops/per_channel.h"

namespace deepen {
namespace {

// --- forward -------------------------------------------------------------------------------------

// The numbers per channel that both directions need.  With gain = scale inv_std and intercept = shift - gain mean,
// scale xhat + shift = gain x + intercept, one multiply-add.
struct Channels {
    Index count;
    PerChannel mean, inv_std, gain, intercept;
};

Channels channels_of(const Moments& m, const Tensor& scale, const Tensor& shift, double epsilon) {
    const std::span<const Real> scales = scale.data(), shifts = shift.data();
    std::vector<double> inv_std, gain, intercept;
    for (std::size_t c = 0; c < m.mean.size(); ++c) {
        inv_std.push_back(1 / std::sqrt(m.variance[c] + epsilon));
        gain.push_back(scales[c] * inv_std[c]);
        intercept.push_back(shifts[c] - gain[c] * m.mean[c]);
    }
    return {scale.size(), PerChannel(m.mean), PerChannel(inv_std), PerChannel(gain), PerChannel(intercept)};
}

// On `size` numbers, whole rows: y = scale xhat + shift, where xhat = (x - mean) inv_std.  y may be x's own memory.
void normalise(const Channels& channels, Index size, const Real* x, Real* y) {
    map_channels(size, channels.count, std::array{x}, std::array{channels.gain.wide(), channels.intercept.wide()}, y,
                 [](auto x, auto gain, auto intercept) { return gain * x + intercept; });
}

void move_running(Tensor running, const std::vector<double>& batch, double momentum, double factor) {
    const std::span<Real> r = running.data();
    for (std::size_t c = 0; c < r.size(); ++c)
        r[c] = static_cast<Real>((1 - momentum) * r[c] + momentum * factor * batch[c]);
}

// --- backward ------------------------------------------------------------------------------------

struct Sums {
    std::vector<double> dy, dy_xhat;                     // [C], over rows

    Sums& operator+=(const Sums& other) {
        for (std::size_t c = 0; c < dy.size(); ++c) dy[c] += other.dy[c], dy_xhat[c] += other.dy_xhat[c];
        return *this;
    }
    template <class F>
    void for_numbers(F f) {
        f(dy.data(), dy.size()), f(dy_xhat.data(), dy_xhat.size());
    }
};

// The two sums over some rows.
Sums gradient_sums(const Channels& channels, Index size, const Real* dy, const Real* x) {
    const auto [dy_sums, dy_xhat_sums] = sum_channels<2>(
        size, channels.count, std::array{dy, x}, std::array{channels.mean.wide(), channels.inv_std.wide()},
        [](auto dy, auto x, auto mean, auto inv_std, auto term) DEEPEN_LAMBDA {
            const auto xhat = (x - mean) * inv_std;
            term(0, dy);
            term(1, dy * xhat);
        });
    return {{dy_sums.begin(), dy_sums.end()}, {dy_xhat_sums.begin(), dy_xhat_sums.end()}};
}

// What forward leaves for backward.
struct Saved {
    Tensor x;
    std::shared_ptr<const Channels> channels;
    bool training;
    RangeSums<Sums> sums{x.shape()[0], x.size()};

    // A range of dy has arrived.
    void arrived(Index begin, Index end, const Real* dy) {
        const Real* const xs = std::as_const(x).data().data() + begin;
        sums.add(begin, end, gradient_sums(*channels, end - begin, dy, xs));
    }
};

// R: those of the whole batch.
Index rows_of(const Shape& x) { return x.size() / x[-1] / x[0] * ranks::pictures_of(x[0]).all; }

// dx = scale inv_std (dy - sum(dy) / R - xhat sum(dy xhat) / R), lazily; without the sums in evaluation.
Tensor input_gradient(const Saved& saved, const Tensor& dy, Sums sums) {
    const Index rows = rows_of(dy.shape());
    for (double& s : sums.dy) s = saved.training ? s / double(rows) : 0;
    for (double& s : sums.dy_xhat) s = saved.training ? s / double(rows) : 0;
    const auto f = [channels = saved.channels, mean_dy = PerChannel(sums.dy), mean_dy_xhat = PerChannel(sums.dy_xhat)](
                       Index begin, Index end, const Real* dy, const Real* x, Real* dx) {
        const auto& [count, mean, inv_std, gain, intercept] = *channels;
        map_channels(end - begin, count, std::array{dy, x},
                     std::array{mean.wide(), inv_std.wide(), gain.wide(), mean_dy.wide(), mean_dy_xhat.wide()}, dx,
                     [](auto dy, auto x, auto mean, auto inv_std, auto gain, auto mean_dy, auto mean_dy_xhat) {
                         const auto xhat = (x - mean) * inv_std;
                         return gain * (dy - mean_dy - xhat * mean_dy_xhat);
                     });
    };
    return fusion::map("batch_norm", dy, saved.x, {f, saved.channels->count}, {.keep = false});
}

void backward(Saved& saved, Gradients& d) {
    const Index C = saved.channels->count;
    const Tensor dy = d.output();
    std::as_const(saved.x).data();                       // there before threads read it
    if (!d.hooked()) {
        const auto arrived = [&](Index begin, Index end, const Real* at, Real*) { saved.arrived(begin, end, at); };
        fusion::visit(dy, {arrived, {}, C});
    }
    const Sums sums = saved.sums.total();
    for (Index c = 0; c < C && d.wanted(1); ++c) d.input(1)[c] += static_cast<Real>(sums.dy_xhat[c]);
    for (Index c = 0; c < C && d.wanted(2); ++c) d.input(2)[c] += static_cast<Real>(sums.dy[c]);
    if (d.wanted(0)) d.give(0, input_gradient(saved, dy, sums));
}

// --- the op --------------------------------------------------------------------------------------

void require_fitting(const Shape& x, std::initializer_list<const Tensor*> per_channel, bool training) {
    require(x.rank() >= 2 && x[-1] >= 1, "batch_norm: x has shape ", x,
            "; it needs at least two axes, the last one channels.");
    const Index channels = x[-1], rows = x.size() > 0 ? rows_of(x) : 0;
    for (const Tensor* t : per_channel)
        require(t->shape() == Shape{channels},
                "batch_norm: scale, shift, running mean and running variance must have shape [", channels, "], as x ",
                x, " has ", channels, " channels; one of them has ", t->shape(), ".");
    require(rows >= (training ? 2 : 1), "batch_norm: x ", x, " has ", rows, " value(s) per channel.  ",
            training ? "Training needs at least two to have a variance: use a larger batch, or evaluation mode."
                     : "There is nothing to normalise.");
}

Moments batch_moments(const Tensor& x, Tensor running_mean, Tensor running_variance, double momentum) {
    const Index C = x.shape()[-1], rows = rows_of(x.shape());
    MomentsOfRanges moments(x.shape());
    fusion::visit(x, {[&](Index begin, Index end, const Real* at, Real*) { moments.add(begin, end, at); }, {}, C});
    Moments m = moments.merged();
    move_running(running_mean, m.mean, momentum, 1);
    move_running(running_variance, m.variance, momentum, double(rows) / double(rows - 1));
    return m;
}

Moments running_moments(const Tensor& running_mean, const Tensor& running_variance) {
    return {{running_mean.data().begin(), running_mean.data().end()},
            {running_variance.data().begin(), running_variance.data().end()}};
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor running_mean,
                  Tensor running_variance, const BatchNormOptions& options) {
    require_fitting(x.shape(), {&scale, &shift, &running_mean, &running_variance}, options.training);
    const Moments m = options.training ? batch_moments(x, running_mean, running_variance, options.momentum)
                                       : running_moments(running_mean, running_variance);
    const auto channels = std::make_shared<const Channels>(channels_of(m, scale, shift, options.epsilon));
    const auto f = [channels](Index begin, Index end, const Real* from, Real* to) {
        normalise(*channels, end - begin, from, to);
    };
    const Tensor y = fusion::map("batch_norm", x, {f, {}, channels->count});
    if (!recording()) return record("batch_norm", y, {x, scale, shift}, {});

    const std::shared_ptr<Saved> saved(new Saved{x.detach(), channels, options.training});
    const auto sums = [saved]() -> RangeFunction {
        const auto run = [saved](Index begin, Index end, const Real* dy, Real*) { saved->arrived(begin, end, dy); };
        return {run, {std::as_const(saved->x).data().data()}, saved->channels->count};
    };
    return record("batch_norm", y, {x, scale, shift}, [saved](Gradients& d) { backward(*saved, d); }, {.make = sums});
}

}  // namespace deepen
