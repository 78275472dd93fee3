#include "engine/random.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "engine/error.h"

namespace deepen {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(product1),
                   static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(product0)};
        key[0] += 0x9E3779B9;             // the golden ratio
        key[1] += 0xBB67AE85;             // the square root of 3, less 1
    }
    return counter;
}

std::uint32_t Random::bits() {
    if (left_ == 0) {
        block_ = philox({static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32),
                         static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
        ++position_;
        left_ = 4;
    }
    return block_[4 - left_--];
}

double Random::uniform() {
    const std::uint64_t high = bits(), low = bits();
    return static_cast<double>(((high << 32) | low) >> 11) * 0x1.0p-53;
}

// Box and Muller's transform; the second value it offers is not kept, so that every call draws
// the same amount.
double Random::normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

// Multiplies 32 bits by the bound and keeps the high half, redrawing the few low halves that would
// make some results likelier (Lemire 2019, "Fast random integer generation in an interval").
Index Random::below(Index bound) {
    ensure(bound >= 1 && bound <= Index{0xFFFFFFFF}, "random: bound ", bound, " outside 1 .. 2^32-1");
    const auto n = static_cast<std::uint32_t>(bound);
    const std::uint32_t threshold = -n % n;
    for (;;) {
        const std::uint64_t product = std::uint64_t{bits()} * n;
        if (static_cast<std::uint32_t>(product) >= threshold) return static_cast<Index>(product >> 32);
    }
}

std::vector<Index> Random::permutation(Index n) {
    std::vector<Index> order(n);
    std::iota(order.begin(), order.end(), Index{0});
    for (Index i = n - 1; i > 0; --i) std::swap(order[i], order[below(i + 1)]);
    return order;
}

std::uint64_t stream_of(std::uint64_t a, std::uint64_t b) {
    const auto mixed = philox({static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
                               static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)},
                              {0, 0});
    return (std::uint64_t{mixed[0]} << 32) | mixed[1];
}

}  // namespace deepen
