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
// Saved      x, and a few numbers per channel; xhat and, without a shortcut, y and its sign are computed again
//            rather than stored; with shortcut and relu y, which the next convolution keeps anyway
// Choice     statistics by stretches of rows, merged in their order (Note [Merging moments]): they
//            keep their digits for any mean, and have the same bits at any number of threads.
//            The op touches memory as little as it can: y = relu(z) is made when the next convolution reads it
//            (Note [Made when needed]), the two sums are taken as dy arrives (Note [Watching a gradient
//            arrive]), and dx is made when the convolution before reads it
// Source     Ioffe and Szegedy 2015, "Batch normalization", Algorithm 1; backward in section 3
#include "engine/ops/batch_norm.h"

#include <cmath>

#include "engine/autograd.h"
#include "engine/conv/source.h"
#include "engine/error.h"
#include "engine/ops.h"

namespace deepen {
namespace {

// --- forward -------------------------------------------------------------------------------------

// y = a x + b per column, plus s if there is one, through relu if wanted.  y may be x's own storage.
template <bool with_shortcut, bool with_relu>
void normalise(const Rows& r, const Real* x, const Real* s, const Real* a, const Real* b, Real* y) {
    const Index columns = r.columns();
    for (Index i = 0; i < r.size(); i += columns) {
        const Real *xi = x + i, *si = s + (with_shortcut ? i : 0);
        Real* yi = y + i;
#pragma GCC ivdep
        for (Index c = 0; c < columns; ++c) {
            const Real z = a[c] * xi[c] + b[c] + (with_shortcut ? si[c] : Real(0));
            yi[c] = with_relu && z < 0 ? Real(0) : z;  // a NaN stays one
        }
    }
}

void move_running(Tensor running, const std::vector<double>& batch, double momentum, double factor) {
    const std::span<Real> r = running.data();
    for (std::size_t c = 0; c < r.size(); ++c)
        r[c] = static_cast<Real>((1 - momentum) * r[c] + momentum * factor * batch[c]);
}

// --- backward ------------------------------------------------------------------------------------

// What dz is made of, besides dy.
enum class Mask { none, sign_of_z, sign_of_y };

// Sums over rows, per column, of dz and of dz * (x - m).  With a shortcut (y given) also turns dy into dz in
// place, since the shortcut takes it as it is.
template <Mask mask>
void sum_gradients(const Rows& r, Real* dy, const Real* x, const Real* y, const Real* a, const Real* b,
                   const Real* mean, Real* __restrict sum, Real* __restrict sum_x) {
    const Index columns = r.columns();
    for (Index i = 0; i < r.size(); i += columns) {
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
}

// dx = a dz + p x + q per column; dx may be dz's own storage.
template <Mask mask>
void input_gradient(const Rows& r, const Real* dy, const Real* x, const Real* a, const Real* b, const Real* p,
                    const Real* q, Real* dx) {
    const Index columns = r.columns();
    for (Index i = 0; i < r.size(); i += columns) {
        const Real *dyi = dy + i, *__restrict xi = x + i;
        Real* dxi = dx + i;
#pragma GCC ivdep
        for (Index c = 0; c < columns; ++c) {
            const bool passes = mask != Mask::sign_of_z || a[c] * xi[c] + b[c] > 0;
            dxi[c] = a[c] * (passes ? dyi[c] : Real(0)) + p[c] * xi[c] + q[c];
        }
    }
}

// The two sums, stretch by stretch, in any order and from any thread; added up in the order of rows.
class GradientSums {
public:
    void add(Index first, Index rows, std::vector<Real> sums) {
        const std::lock_guard lock(mutex_);
        parts_.emplace(first, std::move(sums));
        rows_ += rows;
    }
    Index rows() const { return rows_; }

    std::vector<double> total(Index channels) const {
        std::vector<double> sums(2 * channels);
        for (const auto& [first, part] : parts_)
            for (Index i = 0; i < 2 * channels; ++i) sums[i] += part[i];
        return sums;
    }

private:
    std::mutex mutex_;
    Index rows_ = 0;
    std::map<Index, std::vector<Real>> parts_;           // by first row: [2,C], of dz and of dz * (x - m)
};

// What forward leaves for backward.
struct Saved {
    Index rows, channels;
    const Tensor x;
    Tensor y;                                            // only with shortcut and relu
    ChannelLines lines;
    bool training, has_shortcut, relu;
    GradientSums sums = {};

    Mask mask() const { return !relu ? Mask::none : has_shortcut ? Mask::sign_of_y : Mask::sign_of_z; }
    const Real* outputs() const { return y.defined() ? y.data().data() : nullptr; }

    // A stretch of dy is there: takes its sums, and with a shortcut makes it dz.
    template <Mask mask>
    void arrived(Index first, Index count, Real* dy) {
        const Rows r(count, channels);
        std::vector<Real> wide(2 * r.columns()), folded(2 * channels);
        const Index at = first * channels;
        sum_gradients<mask>(r, dy, x.data().data() + at, mask == Mask::sign_of_y ? outputs() + at : nullptr,
                            r.repeat(lines.a.data()).data(), r.repeat(lines.b.data()).data(),
                            r.repeat(lines.mean.data()).data(), wide.data(), wide.data() + r.columns());
        r.fold(wide.data(), folded.data());
        r.fold(wide.data() + r.columns(), folded.data() + channels);
        sums.add(first, count, std::move(folded));
    }
};

// dx = a (dz - dshift_b / R - (x - m) inverse^2 sum(dz (x - m)) / R) = a dz + p x + q, made when needed.
template <Mask mask>
Tensor gradient_by_input(const std::shared_ptr<Saved>& saved, const Tensor& dz, const std::vector<double>& sums) {
    const Index channels = saved->channels;
    const ChannelLines& l = saved->lines;
    std::vector<Real> p(channels), q(channels);
    for (Index c = 0; c < channels && saved->training; ++c) {
        const double rows = static_cast<double>(saved->rows), inverse = l.inverse[c];
        p[c] = static_cast<Real>(-l.a[c] * inverse * inverse * sums[channels + c] / rows);
        q[c] = static_cast<Real>(-l.a[c] * sums[c] / rows - static_cast<double>(p[c]) * l.mean[c]);
    }
    const auto make = [saved, dz, p, q](Index begin, Index end, Real* to) {
        const Rows r((end - begin) / saved->channels, saved->channels);
        const ChannelLines& l = saved->lines;
        input_gradient<mask>(r, dz.data().data() + begin, saved->x.data().data() + begin, r.repeat(l.a.data()).data(),
                             r.repeat(l.b.data()).data(), r.repeat(p.data()).data(), r.repeat(q.data()).data(), to);
    };
    return Tensor::deferred(saved->x.shape(), {channels, make, {saved->x.data().data(), dz.data().data()}},
                            {saved->x, dz});
}

template <Mask mask>
void backward(const std::shared_ptr<Saved>& saved, Gradients& d) {
    Saved& s = *saved;
    const Index channels = s.channels;
    Tensor dz = d.take_output();
    if (s.sums.rows() == 0)                              // nobody told: Note [Watching a gradient arrive]
        parallel_rows(s.rows, channels, [&, dy = dz.data().data()](Index begin, Index end) {
            s.arrived<mask>(begin, end - begin, dy + begin * channels);
        });
    ensure(s.sums.rows() == s.rows, "batch_norm: ", s.sums.rows(), " of ", s.rows, " rows of the gradient arrived");
    const std::vector<double> sums = s.sums.total(channels);
    for (Index c = 0; c < channels && d.wanted(1); ++c)
        d.input(1)[c] += static_cast<Real>(sums[channels + c] * s.lines.inverse[c]);
    for (Index c = 0; c < channels && d.wanted(2); ++c) d.input(2)[c] += static_cast<Real>(sums[c]);
    if (d.wanted(0)) d.give(0, gradient_by_input<mask>(saved, dz, sums));
    if (s.has_shortcut && d.wanted(3)) d.give(3, std::move(dz));
}

// --- the op --------------------------------------------------------------------------------------

template <Mask mask>
Tensor record_with(const std::shared_ptr<Saved>& saved, Tensor y, std::vector<Tensor> inputs) {
    y = record("batch_norm", y, std::move(inputs), [saved](Gradients& d) { backward<mask>(saved, d); });
    if (y.requires_grad())
        y.node()->watcher = {[saved](Index begin, Index end, Real* dy) {
                                 saved->arrived<mask>(begin / saved->channels, (end - begin) / saved->channels, dy);
                             },
                             {saved->x.data().data(), saved->outputs()}};
    return y;
}

Tensor normalise_and_record(const Moments& m, const Tensor& x, const Tensor& scale, const Tensor& shift,
                            const BatchNormOptions& options) {
    const Tensor& s = options.shortcut;
    const Index channels = x.shape()[-1];
    const std::shared_ptr<Saved> saved(new Saved{.rows = x.size() / channels,
                                                 .channels = channels,
                                                 .x = x.detach(),
                                                 .y = {},
                                                 .lines = {m, scale, shift, options.epsilon},
                                                 .training = options.training,
                                                 .has_shortcut = s.defined(),
                                                 .relu = options.relu});
    x.data();                                            // there before threads read it
    const auto make = [saved, s = s.detach()](Index begin, Index end, Real* to) {
        const Source source = s.defined() ? Source(s) : Source(nullptr);
        Source::Reader read(source);
        const Real* shortcut = s.defined() ? read(begin, end) + begin : nullptr;
        saved->lines.apply((end - begin) / saved->channels, saved->x.data().data() + begin, shortcut, saved->relu, to);
    };
    Tensor y = Tensor::deferred(x.shape(), {channels, make, {saved->x.data().data()}}, {x});
    if (s.defined() || !recording()) y.data();
    if (s.defined() && options.relu) saved->y = y;

    std::vector<Tensor> inputs{x, scale, shift, s};
    switch (saved->mask()) {
        case Mask::none: return record_with<Mask::none>(saved, y, std::move(inputs));
        case Mask::sign_of_z: return record_with<Mask::sign_of_z>(saved, y, std::move(inputs));
        case Mask::sign_of_y: return record_with<Mask::sign_of_y>(saved, y, std::move(inputs));
    }
    throw InternalError("internal error, please report it: a batch norm without a mask");
}

}  // namespace

ChannelLines::ChannelLines(const Moments& m, const Tensor& scale, const Tensor& shift, Real epsilon)
    : mean(m.mean.begin(), m.mean.end()), inverse(mean.size()), a(mean.size()), b(mean.size()) {
    for (std::size_t c = 0; c < mean.size(); ++c) {
        const double inverse_deviation = 1 / std::sqrt(m.variance[c] + epsilon);
        const double slope = scale.data()[c] * inverse_deviation;
        inverse[c] = static_cast<Real>(inverse_deviation);
        a[c] = static_cast<Real>(slope);
        b[c] = static_cast<Real>(shift.data()[c] - slope * m.mean[c]);
    }
}

void ChannelLines::apply(Index rows, const Real* x, const Real* s, bool relu, Real* y) const {
    const Rows r(rows, static_cast<Index>(a.size()));
    const auto kernel = s ? (relu ? normalise<true, true> : normalise<true, false>)
                          : (relu ? normalise<false, true> : normalise<false, false>);
    kernel(r, x, s, r.repeat(a.data()).data(), r.repeat(b.data()).data(), y);
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
    const Index rows = x.size() / x.shape()[-1];
    move_running(running_mean, m.mean, options.momentum, 1);
    move_running(running_variance, m.variance, options.momentum, double(rows) / double(rows - 1));
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
