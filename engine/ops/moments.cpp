#include "engine/ops/moments.h"

#include <algorithm>
#include <utility>

#include "engine/ops/per_channel.h"

namespace deepen {

void MomentsOfRanges::add(Index begin, Index end, const Real* __restrict x) {
    const Index size = end - begin, rows = size / channels_;
    std::vector<Real> wide(static_cast<std::size_t>(wide_columns(channels_)));
    Real* __restrict sum = wide.data();

    // Find the mean.
    for_wide_rows(size, channels_, [&](Index at, Index columns) {
        for (Index c = 0; c < columns; ++c) sum[c] += x[at + c];
    });
    std::vector<Real> mean = folded(wide, channels_);
    for (Real& m : mean) m /= static_cast<Real>(rows);

    // Sum the squared deviations from it.
    const PerChannel means(mean);
    const Real* __restrict m = means.wide();
    std::fill(wide.begin(), wide.end(), Real(0));
    for_wide_rows(size, channels_, [&](Index at, Index columns) {
        for (Index c = 0; c < columns; ++c) {
            const Real deviation = x[at + c] - m[c];
            sum[c] += deviation * deviation;
        }
    });
    const std::vector<Real> squares = folded(wide, channels_);
    sums_.add(begin, end, {static_cast<double>(rows), {mean.begin(), mean.end()}, {squares.begin(), squares.end()}});
}

PartialMoments& PartialMoments::operator+=(const PartialMoments& other) {
    const double share = other.rows / (rows + other.rows);
    for (std::size_t c = 0; c < mean.size(); ++c) {
        const double delta = other.mean[c] - mean[c];
        mean[c] += delta * share;
        squares[c] += other.squares[c] + delta * delta * share * rows;
    }
    rows += other.rows;
    return *this;
}

Moments MomentsOfRanges::merged() const {
    PartialMoments all = sums_.total();
    for (double& s : all.squares) s /= all.rows;
    return {std::move(all.mean), std::move(all.squares)};
}

}  // namespace deepen
