#include "engine/ops/moments.h"

#include <algorithm>

#include "engine/parallel.h"

namespace deepen {

Rows::Rows(Index rows, Index channels) : rows(rows), channels(channels) {
    while (channels * width * 2 <= 512 && rows % (width * 2) == 0) width *= 2;
}

Index Rows::per_chunk() const { return std::max<Index>(1, elementwise_grain / columns()); }

void Rows::for_each_chunk(const std::function<void(Index, Index, Index)>& work) const {
    parallel_ranges(lines(), per_chunk(), [&](Index begin, Index end) { work(begin / per_chunk(), begin, end); });
}

std::vector<Real> Rows::repeat(const Real* per_channel) const {
    std::vector<Real> wide(columns());
    for (Index i = 0; i < columns(); ++i) wide[i] = per_channel[i % channels];
    return wide;
}

void Rows::fold(const Real* wide, Real* sums) const {
    std::fill(sums, sums + channels, Real(0));
    for (Index i = 0; i < columns(); ++i) sums[i % channels] += wide[i];
}

void MomentsOfStretches::add(Index first, const Real* __restrict x, Index rows) {
    const Rows r(rows, channels_);
    const Index columns = r.columns(), lines = r.lines();
    Part part{rows, std::vector<Real>(channels_), std::vector<Real>(channels_)};

    // Find the mean.
    std::vector<Real> wide(columns);
    Real* __restrict sum = wide.data();
    for (Index i = 0; i < lines; ++i)
        for (Index c = 0; c < columns; ++c) sum[c] += x[i * columns + c];
    r.fold(sum, part.mean.data());
    for (Real& mean : part.mean) mean /= static_cast<Real>(rows);

    // Sum the squared deviations from it.
    const std::vector<Real> repeated = r.repeat(part.mean.data());
    const Real* __restrict mean = repeated.data();
    std::fill(wide.begin(), wide.end(), Real(0));
    for (Index i = 0; i < lines; ++i)
        for (Index c = 0; c < columns; ++c) {
            const Real deviation = x[i * columns + c] - mean[c];
            sum[c] += deviation * deviation;
        }
    r.fold(sum, part.squares.data());

    const std::lock_guard lock(mutex_);
    parts_.emplace(first, std::move(part));
}

Moments MomentsOfStretches::merged() const {
    Moments m{std::vector<double>(channels_), std::vector<double>(channels_)};
    Index seen = 0;
    for (const auto& [first, part] : parts_) {
        const double share = static_cast<double>(part.rows) / static_cast<double>(seen + part.rows);
        for (Index c = 0; c < channels_; ++c) {
            const double delta = part.mean[c] - m.mean[c];
            m.mean[c] += delta * share;
            m.variance[c] += part.squares[c] + delta * delta * share * static_cast<double>(seen);
        }
        seen += part.rows;
    }
    for (double& v : m.variance) v /= static_cast<double>(seen);
    return m;
}

Moments moments_of(const Real* x, Index rows, Index channels) {
    MomentsOfStretches stretches(channels);
    const Index at_a_time = std::max<Index>(1, elementwise_grain / channels);
    parallel_ranges(rows, at_a_time,
                    [&](Index begin, Index end) { stretches.add(begin, x + begin * channels, end - begin); });
    return stretches.merged();
}

}  // namespace deepen
