#include "engine/ops/moments.h"

#include <utility>

#include "engine/ops/per_channel.h"

namespace deepen {

void MomentsOfRanges::add(Index begin, Index end, const Real* x) {
    const Index size = end - begin, rows = size / channels_;
    auto [mean] = sum_channels<1>(size, channels_, std::array{x}, std::array<const Real*, 0>{},
                                  [](auto x, auto term) DEEPEN_LAMBDA { term(0, x); });
    for (Real& m : mean) m /= static_cast<Real>(rows);
    const PerChannel means(mean);
    const auto [squares] = sum_channels<1>(size, channels_, std::array{x}, std::array{means.wide()},
                                           [](auto x, auto mean, auto term) DEEPEN_LAMBDA {
                                               const auto deviation = x - mean;
                                               term(0, deviation * deviation);
                                           });
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
