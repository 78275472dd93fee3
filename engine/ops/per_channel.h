// How does a formula with one number per channel run at the speed of the processor?
//
// Rows [R,C] lie in memory one after the other, and what batch norm does to a number depends on its channel only.
// Sixteen channels fill one vector, ten do not even that.  So the numbers per channel are repeated until they fill
// whole strips, and several rows count as one wide row.  A strip is a few vectors of neighbouring columns: a loop goes
// down the wide rows strip by strip, and the numbers per channel, or the sums per column, stay in registers.
//
//     C = 16:   | row 0 | row 1 | row 2 | row 3 | row 4 | row 5 | ...
//               |<-- a strip, here a wide row ->|<-- the same columns, further down
//
// The formula is a lambda of the numbers that it reads and of the numbers of their channel.  It is called with whole
// vectors, and with single numbers where a range ends.
#pragma once

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/simd.h"

namespace deepen {

inline constexpr int strip_vectors = simd::registers / 8;
inline constexpr Index strip = strip_vectors * simd::lanes;

// The width of a wide row: whole channels and whole strips.
inline Index wide_columns(Index channels) { return std::lcm(channels, strip); }

// One number per channel, repeated over a wide row.
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

// Calls work(column, rows_end) for each strip of columns: its rows begin at column, column + wide, ..., and end before
// rows_end.  Then rest(i, column) for each number of an unfinished strip.
template <class Work, class Rest>
void for_strips(Index size, Index wide, Work work, Rest rest) {
    const Index whole = size / strip * strip;
    for (Index column = 0; column < std::min(wide, whole); column += strip) work(column, whole);
    for (Index i = whole; i < size; ++i) rest(i, i % wide);
}

// y_i = f(reads_i ..., numbers of i's channel ...) for `size` numbers, whole rows.  y may be one of the `reads`.
template <std::size_t N, std::size_t K, class F>
void map_channels(Index size, Index channels, const std::array<const Real*, N>& reads,
                  const std::array<const Real*, K>& numbers, Real* y, F f) {
    const Index wide = wide_columns(channels);
    [&]<std::size_t... n, std::size_t... k>(std::index_sequence<n...>, std::index_sequence<k...>) {
        const auto work = [&](Index column, Index end) {
            simd::Vector of_channel[K][strip_vectors];
            for (int v = 0; v < strip_vectors; ++v)
                ((of_channel[k][v] = simd::load(numbers[k] + column + v * simd::lanes)), ...);
            for (Index row = column; row < end; row += wide)
                for (int v = 0; v < strip_vectors; ++v) {
                    const Index i = row + v * simd::lanes;
                    simd::store(y + i, f(simd::load(reads[n] + i)..., of_channel[k][v]...));
                }
        };
        for_strips(size, wide, work, [&](Index i, Index c) { y[i] = f(reads[n][i]..., numbers[k][c]...); });
    }(std::make_index_sequence<N>(), std::make_index_sequence<K>());
}

// The sums over rows, per channel, of the S terms that f(reads_i ..., numbers of i's channel ..., term) hands to
// term(s, value).  Each column is summed on its own, then those of a channel.
template <std::size_t S, std::size_t N, std::size_t K, class F>
std::array<std::vector<Real>, S> sum_channels(Index size, Index channels, const std::array<const Real*, N>& reads,
                                              const std::array<const Real*, K>& numbers, F f) {
    const Index wide = wide_columns(channels);
    std::array<std::vector<Real>, S> sums;
    for (auto& s : sums) s.resize(static_cast<std::size_t>(wide));
    [&]<std::size_t... n, std::size_t... k>(std::index_sequence<n...>, std::index_sequence<k...>) {
        const auto work = [&](Index column, Index end) {
            simd::Vector of_channel[K + 1][strip_vectors], sum[S][strip_vectors] = {};
            for (int v = 0; v < strip_vectors; ++v)
                ((of_channel[k][v] = simd::load(numbers[k] + column + v * simd::lanes)), ...);
            for (Index row = column; row < end; row += wide)
                for (int v = 0; v < strip_vectors; ++v) {
                    const Index i = row + v * simd::lanes;
                    f(simd::load(reads[n] + i)..., of_channel[k][v]...,
                      [&](int s, simd::Vector value) DEEPEN_LAMBDA { sum[s][v] += value; });
                }
            for (std::size_t s = 0; s < S; ++s)
                for (int v = 0; v < strip_vectors; ++v)
                    simd::store(sums[s].data() + column + v * simd::lanes, sum[s][v]);
        };
        for_strips(size, wide, work, [&](Index i, Index c) {
            f(reads[n][i]..., numbers[k][c]...,
              [&](int s, Real value) { sums[std::size_t(s)][std::size_t(c)] += value; });
        });
    }(std::make_index_sequence<N>(), std::make_index_sequence<K>());
    for (auto& s : sums) {
        for (Index c = channels; c < std::min(wide, size); ++c) s[std::size_t(c % channels)] += s[std::size_t(c)];
        s.resize(static_cast<std::size_t>(channels));
    }
    return sums;
}

}  // namespace deepen
