#include "engine/ops/moments.h"

#include <algorithm>

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
    parts_.add(begin, {rows, std::move(mean), folded(wide, channels_)});
}

Moments MomentsOfRanges::merged() const {
    const auto C = static_cast<std::size_t>(channels_);
    Moments m{std::vector<double>(C), std::vector<double>(C)};
    Index seen = 0;
    parts_.for_each([&](const Part& part) {
        const double share = static_cast<double>(part.rows) / static_cast<double>(seen + part.rows);
        for (std::size_t c = 0; c < C; ++c) {
            const double delta = part.mean[c] - m.mean[c];
            m.mean[c] += delta * share;
            m.variance[c] += part.squares[c] + delta * delta * share * static_cast<double>(seen);
        }
        seen += part.rows;
    });
    for (double& v : m.variance) v /= static_cast<double>(seen);
    return m;
}

}  // namespace deepen
