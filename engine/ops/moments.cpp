#include "engine/ops/moments.h"

#include <algorithm>

#include "engine/parallel.h"

namespace deepen {

Rows::Rows(Index rows, Index channels) : rows(rows), channels(channels) {
    while (channels * width * 2 <= 512 && rows % (width * 2) == 0) width *= 2;
}

std::vector<Real> Rows::repeat(const Real* per_channel) const {
    std::vector<Real> wide(columns());
    for (Index w = 0; w < width; ++w) std::copy(per_channel, per_channel + channels, wide.data() + w * channels);
    return wide;
}

void Rows::fold(const Real* __restrict wide, Real* __restrict sums) const {
    std::fill(sums, sums + channels, Real(0));
    for (Index w = 0; w < width; ++w)
        for (Index c = 0; c < channels; ++c) sums[c] += wide[w * channels + c];
}

void MomentsOfStretches::add(Index first, const Real* __restrict x, Index rows) {
    const Rows r(rows, channels_);
    const Index columns = r.columns();
    Part part{rows, std::vector<Real>(channels_), std::vector<Real>(channels_)};

    // Find the mean.
    std::vector<Real> wide(columns);
    Real* __restrict sum = wide.data();
    for (Index i = 0; i < r.size(); i += columns)
        for (Index c = 0; c < columns; ++c) sum[c] += x[i + c];
    r.fold(sum, part.mean.data());
    for (Real& mean : part.mean) mean /= static_cast<Real>(rows);

    // Sum the squared deviations from it.
    const std::vector<Real> repeated = r.repeat(part.mean.data());
    const Real* __restrict mean = repeated.data();
    std::fill(wide.begin(), wide.end(), Real(0));
    for (Index i = 0; i < r.size(); i += columns)
        for (Index c = 0; c < columns; ++c) {
            const Real deviation = x[i + c] - mean[c];
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

void parallel_rows(Index rows, Index channels, const std::function<void(Index, Index)>& work) {
    parallel_ranges(rows, std::max<Index>(1, elementwise_grain / channels), work);
}

Moments moments_of(const Real* x, Index rows, Index channels) {
    MomentsOfStretches stretches(channels);
    parallel_rows(rows, channels,
                  [&](Index begin, Index end) { stretches.add(begin, x + begin * channels, end - begin); });
    return stretches.merged();
}

}  // namespace deepen
