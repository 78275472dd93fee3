#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ops/per_channel.h"

namespace deepen {
namespace {

// Fewer channels than a strip has columns, as many, and more; ranges that end within a strip, the first one too.
struct Rows {
    Index channels, rows;
    std::vector<Real> a, b, of_channel;

    Rows(Index channels, Index rows) : channels(channels), rows(rows) {
        for (Index i = 0; i < size(); ++i) a.push_back(Real(i % 17) - 8), b.push_back(Real(i % 5) + Real(0.5));
        for (Index c = 0; c < channels; ++c) of_channel.push_back(Real(c % 7) - 3);
    }
    Index size() const { return channels * rows; }
};

void for_each_size(const std::function<void(const Rows&)>& check) {
    for (Index channels : {1, 3, 10, 16, 48, 64, 65, 130, 256})
        for (Index rows : {1, 2, 7, 100}) {
            SCOPED_TRACE(std::to_string(rows) + " rows of " + std::to_string(channels) + " channels");
            check(Rows(channels, rows));
        }
}

TEST(PerChannel, MapReadsTheNumbersOfEachChannel) {
    for_each_size([](const Rows& x) {
        const PerChannel k(x.of_channel);
        std::vector<Real> y(x.a.size() + 1, Real(-99)), in_place = x.a;
        const auto f = [](auto a, auto b, auto k) { return a * k - b; };
        map_channels(x.size(), x.channels, std::array{x.a.data(), x.b.data()}, std::array{k.wide()}, y.data(), f);
        const std::array<const Real*, 2> reads = {in_place.data(), x.b.data()};
        map_channels(x.size(), x.channels, reads, std::array{k.wide()}, in_place.data(), f);
        for (std::size_t i = 0; i < x.a.size(); ++i) {
            ASSERT_EQ(y[i], x.a[i] * x.of_channel[i % x.of_channel.size()] - x.b[i]) << i;
            ASSERT_EQ(in_place[i], y[i]) << i;
        }
        EXPECT_EQ(y.back(), Real(-99)) << "written beyond the end";
    });
}

TEST(PerChannel, SumAddsEachRowOnce) {
    for_each_size([](const Rows& x) {
        const PerChannel k(x.of_channel);
        const auto [sums, products] = sum_channels<2>(
            x.size(), x.channels, std::array{x.a.data(), x.b.data()}, std::array{k.wide()},
            [](auto a, auto b, auto k, auto term) { term(0, a - k), term(1, a * b); });
        for (std::size_t c = 0; c < x.of_channel.size(); ++c) {
            Real sum = 0, product = 0;                       // whole numbers and halves: exact in any order
            for (std::size_t i = c; i < x.a.size(); i += x.of_channel.size())
                sum += x.a[i] - x.of_channel[c], product += x.a[i] * x.b[i];
            ASSERT_EQ(sums[c], sum) << "channel " << c;
            ASSERT_EQ(products[c], product) << "channel " << c;
        }
        EXPECT_EQ(sums.size(), std::size_t(x.channels));
    });
}

}  // namespace
}  // namespace deepen
