#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "engine/random.h"

namespace deepen {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers of Random123 1.14, kat_vectors, "philox4x32 10".
TEST(Philox, GivesItsAuthorsNumbers) {
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsAFunctionOfSeedAndStream) {
    const auto first = [](std::uint64_t seed, std::uint64_t stream) {
        Random random(seed, stream);
        return std::pair(random.bits(), random.bits());
    };
    EXPECT_EQ(first(1, 2), first(1, 2));
    EXPECT_NE(first(1, 2), first(2, 2));
    EXPECT_NE(first(1, 2), first(1, 3));
    EXPECT_NE(first(1, 2), first(1, 2 + (std::uint64_t{1} << 32)));
}

TEST(Random, UniformNumbersFillTheirIntervalEvenly) {
    Random random(1);
    std::array<int, 10> tenths{};
    for (int i = 0; i < 100000; ++i) {
        const double u = random.uniform();
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        ++tenths[static_cast<int>(u * 10)];
    }
    for (int count : tenths) EXPECT_NEAR(count, 10000, 400);     // four standard deviations
    for (int i = 0; i < 1000; ++i) {
        const double u = random.uniform(-3, 5);
        EXPECT_TRUE(u >= -3 && u < 5);
    }
}

TEST(Random, NormalNumbersHaveMeanZeroAndVarianceOne) {
    Random random(1);
    double sum = 0, squares = 0, fourths = 0;
    constexpr int n = 100000;
    for (int i = 0; i < n; ++i) {
        const double z = random.normal();
        sum += z, squares += z * z, fourths += z * z * z * z;
    }
    EXPECT_NEAR(sum / n, 0, 0.02);
    EXPECT_NEAR(squares / n, 1, 0.02);
    EXPECT_NEAR(fourths / n, 3, 0.15);
}

TEST(Random, BelowGivesEachNumberItsTurn) {
    Random random(1);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70000; ++i) ++counts.at(random.below(7));
    for (int count : counts) EXPECT_NEAR(count, 10000, 400);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0);
}

// Without redrawing, every third number below 3 * 2^30 would be twice as likely as the others.
TEST(Random, BelowIsFairAlsoForBoundsThatDivideTheRangeBadly) {
    Random random(1);
    const Index bound = Index{3} << 30;
    std::array<int, 3> thirds{};
    for (int i = 0; i < 30000; ++i) ++thirds[random.below(bound) % 3];
    for (int count : thirds) EXPECT_NEAR(count, 10000, 400);
}

TEST(Random, PermutationsHoldEachNumberOnce) {
    for (const Index n : {0, 1, 2, 1000}) {
        std::vector<Index> order = Random(n).permutation(n), sorted(n);
        std::iota(sorted.begin(), sorted.end(), Index{0});
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, sorted);
    }
}

TEST(Random, PermutationsAreAllEquallyLikely) {
    Random random(1);
    std::map<std::vector<Index>, int> counts;
    for (int i = 0; i < 60000; ++i) ++counts[random.permutation(3)];
    EXPECT_EQ(counts.size(), 6u);
    for (const auto& [order, count] : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Random, StreamsOfPairsDiffer) {
    std::set<std::uint64_t> streams;
    for (std::uint64_t a = 0; a < 50; ++a)
        for (std::uint64_t b = 0; b < 50; ++b) streams.insert(stream_of(a, b));
    EXPECT_EQ(streams.size(), 2500u);
}

}  // namespace
}  // namespace deepen
