// Where do random numbers come from?
//
// From a counter-based generator, Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3", section 4.3): number i of stream s under seed k is a pure function of (k, s, i).
// Nothing has to be carried along to continue after an interruption, threads can draw from streams
// of their own in any order, and a shuffle is the same on every standard library, because the
// distributions are ours too (std:: ones differ between libraries).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/real.h"

namespace deepen {

// Ten rounds of Philox: 128 bits of counter and 64 bits of key give 128 random bits.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

class Random {
public:
    // Streams of one seed are independent of each other.  Give each use of chance its own.
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    std::uint32_t bits();                 // 32 uniform bits
    double uniform();                     // [0, 1), 53 bits
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    double normal();                      // mean 0, standard deviation 1
    Index below(Index bound);             // 0 .. bound-1, each equally likely; bound >= 1
    bool chance(double probability) { return uniform() < probability; }

    // A random order of 0 .. n-1 (Fisher and Yates).
    std::vector<Index> permutation(Index n);

private:
    std::uint64_t seed_, stream_;
    std::uint64_t position_ = 0;          // blocks of four drawn so far
    std::array<std::uint32_t, 4> block_{};
    int left_ = 0;                        // numbers of the block not yet handed out
};

// Mixes parts into one stream number: stream_of(epoch, picture) differs for every pair.
std::uint64_t stream_of(std::uint64_t a, std::uint64_t b);

}  // namespace deepen
