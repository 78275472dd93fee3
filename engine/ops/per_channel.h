// How does a loop over 16 channels become a loop over 512 numbers?
//
// Rows [R,C] lie in memory one after the other, and what batch norm does to a number depends on its channel only.
// Sixteen channels fill one vector: too short a loop to be fast.  So the numbers per channel are repeated until they
// make about 512 columns, and a loop goes over several rows at a time as if they were one wide row.  Sums per column
// are folded back to sums per channel.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/real.h"

namespace deepen {

// The width of a wide row: a multiple of C.
inline Index wide_columns(Index channels) { return channels * std::max<Index>(1, 512 / channels); }

// One number per channel, repeated.
class PerChannel {
public:
    template <class Numbers>
    explicit PerChannel(const Numbers& numbers)
        : wide_(static_cast<std::size_t>(wide_columns(static_cast<Index>(numbers.size())))) {
        for (std::size_t i = 0; i < wide_.size(); i += numbers.size())
            for (std::size_t c = 0; c < numbers.size(); ++c) wide_[i + c] = static_cast<Real>(numbers[c]);
    }
    const Real* wide() const { return wide_.data(); }

private:
    std::vector<Real> wide_;
};

// Calls loop(at, columns) for each wide row of `size` numbers, the last one perhaps shorter, from `at` on.
template <class Loop>
void for_wide_rows(Index size, Index channels, Loop loop) {
    const Index columns = wide_columns(channels);
    for (Index at = 0; at < size; at += columns) loop(at, std::min(columns, size - at));
}

// Sums per column to sums per channel.
inline std::vector<Real> folded(const std::vector<Real>& wide, Index channels) {
    std::vector<Real> sums(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < wide.size(); i += sums.size())
        for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += wide[i + c];
    return sums;
}

}  // namespace deepen
