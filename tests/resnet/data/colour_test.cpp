#include "resnet/data/colour.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace deepen {
namespace {

using Kind = ColourChange::Kind;

Bytes changed(const ColourChange& change, Bytes pixels = {100, 150, 50, 200, 20, 240}) {
    Pixels p{1, static_cast<Index>(pixels.size()) / 3, std::move(pixels)};
    apply(change, p);
    return p.bytes;
}

TEST(Colour, FollowsItsFormulas) {
    EXPECT_EQ(changed({}), (Bytes{100, 150, 50, 200, 20, 240}));
    EXPECT_EQ(changed({{{Kind::brightness, 1.5}}}), (Bytes{150, 225, 75, 255, 30, 255}));
    // Grey: 0.299*100 + 0.587*150 + 0.114*50 = 123.65; 0.299*200 + 0.587*20 + 0.114*240 = 98.9; mean 111.275.
    EXPECT_EQ(changed({{{Kind::saturation, 0}}}), (Bytes{124, 124, 124, 99, 99, 99}));
    EXPECT_EQ(changed({{{Kind::contrast, 0}}}), (Bytes{111, 111, 111, 111, 111, 111}));
    EXPECT_EQ(changed({{{Kind::contrast, 0.5}}}), (Bytes{106, 131, 81, 156, 66, 176}));
    EXPECT_EQ(changed({{}, {10, -30, 20}}), (Bytes{110, 120, 70, 210, 0, 255}));
}

TEST(Colour, GoesStepByStepAndClipsInBetween) {
    const ColourChange up_down{{{Kind::brightness, 2}, {Kind::brightness, 0.5}}};
    EXPECT_EQ(changed(up_down), (Bytes{100, 128, 50, 128, 20, 128}));
}

TEST(Colour, DrawsFactorsEvenlyAndStepsInEveryOrder) {
    std::set<std::vector<Kind>> orders;
    double least = 9, most = 0, sum = 0;
    for (int i = 0; i < 2000; ++i) {
        Random random(1, i);
        std::vector<Kind> order;
        for (const auto& step : random_colour_change(random, 0.4, 0).steps) {
            order.push_back(step.kind);
            least = std::min(least, step.factor);
            most = std::max(most, step.factor);
            sum += step.factor / 6000;
        }
        orders.insert(order);
    }
    EXPECT_EQ(orders.size(), 6u);
    EXPECT_GE(least, 0.6);
    EXPECT_LT(least, 0.61);
    EXPECT_LT(most, 1.4);
    EXPECT_GT(most, 1.39);
    EXPECT_NEAR(sum, 1, 0.01);
}

// Along the first direction, which is nearly grey, colours vary most over ImageNet; so they do here.
TEST(Colour, LightsMostlyAlongGrey) {
    double along = 0, across = 0;
    for (int i = 0; i < 4000; ++i) {
        Random random(1, i);
        const auto [r, g, b] = random_colour_change(random, 0, 0.1).offset;
        along += std::pow((r + g + b) / std::sqrt(3.0), 2) / 4000;
        across += std::pow((r - g) / std::sqrt(2.0), 2) / 4000;
    }
    EXPECT_NEAR(std::sqrt(along), 255 * 0.1 * 0.2175, 0.4);
    EXPECT_LT(std::sqrt(across), 1);
}

TEST(Colour, DrawsNothingWhereNothingIsToChange) {
    Random random(1), untouched(1);
    const ColourChange change = random_colour_change(random, 0, 0);
    EXPECT_TRUE(change.steps.empty());
    EXPECT_EQ(change.offset, (std::array<double, 3>{0, 0, 0}));
    EXPECT_EQ(random.bits(), untouched.bits());
}

}  // namespace
}  // namespace deepen
