#include "resnet/data/random_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace deepen {
namespace {

bool lies_in(const Window& w, Size s) {
    return w.top >= 0 && w.left >= 0 && w.height >= 1 && w.width >= 1 && w.top + w.height <= s.height &&
           w.left + w.width <= s.width;
}

TEST(RandomResizedCrop, HasTheAreaAndProportionItSays) {
    const Size picture{1000, 1000};
    double proportion_sum = 0;
    int halves[2] = {0, 0}, tops[2] = {0, 0};
    for (int i = 0; i < 4000; ++i) {
        Random random(1, i);
        const Window w = random_resized_crop(random, picture);
        ASSERT_TRUE(lies_in(w, picture));
        const double area = static_cast<double>(w.height * w.width) / 1e6;
        const double proportion = static_cast<double>(w.width) / static_cast<double>(w.height);
        EXPECT_GT(area, 0.079);
        EXPECT_LE(area, 1.0);
        EXPECT_GT(proportion, 0.745);
        EXPECT_LT(proportion, 1.34);
        proportion_sum += std::log(proportion);
        ++halves[area > 0.5];
        const Index room = picture.height - w.height;
        if (room > 100) ++tops[2 * w.top > room];
    }
    EXPECT_NEAR(proportion_sum / 4000, 0, 0.01) << "as often wide as high";
    EXPECT_NEAR(tops[0], tops[1], 200) << "as often above as below";
    // Evenly from 8 to 100 %, but some of the largest do not fit: 0.42 / 0.92 of them are below a half, or more.
    EXPECT_GT(halves[0], 4000 * 0.42 / 0.92 - 100);
    EXPECT_LT(halves[0], 4000 * 0.62);
}

TEST(RandomResizedCrop, FallsBackToTheMiddleWhereNothingFits) {
    Random random(1);
    EXPECT_EQ(random_resized_crop(random, {3, 3000}), (Window{0, 1498, 3, 4}));
    EXPECT_EQ(random_resized_crop(random, {3000, 3}), (Window{1498, 0, 4, 3}));
    EXPECT_EQ(random_resized_crop(random, {1, 1}), (Window{0, 0, 1, 1}));
}

TEST(RandomScale, TakesShorterSidesFrom256To480AndPlacesEverywhere) {
    std::set<Index> sides, lefts;
    for (int i = 0; i < 3000; ++i) {
        Random random(1, i);
        const ScaledPart drawn = random_scale(random, {300, 450}, {224, 224});
        ASSERT_TRUE(lies_in(drawn.part, drawn.scaled));
        EXPECT_EQ(drawn.scaled.width, drawn.scaled.height * 450 / 300);
        EXPECT_EQ(drawn.part.height, 224);
        EXPECT_EQ(drawn.part.width, 224);
        sides.insert(drawn.scaled.height);
        if (drawn.scaled.height == 256) lefts.insert(drawn.part.left);
    }
    EXPECT_EQ(*sides.begin(), 256);
    EXPECT_EQ(*sides.rbegin(), 480);
    EXPECT_GT(sides.size(), 220u);
    EXPECT_GT(lefts.size(), 3u);
    Random random(1);
    EXPECT_GE(random_scale(random, {50, 50}, {32, 32}).scaled.height, 36) << "in proportion for smaller nets";
}

}  // namespace
}  // namespace deepen
