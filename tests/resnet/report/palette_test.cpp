#include "resnet/report/palette.h"

#include <gtest/gtest.h>

#include <cmath>

namespace deepen {
namespace {

double contrast_to_white(const std::string& colour) {
    return 1.05 / (std::pow((lightness(colour) + 16) / 116, 3) + 0.05);
}

TEST(Palette, KnowsHowLightAColourIs) {
    EXPECT_NEAR(lightness("#ffffff"), 100, 0.01);
    EXPECT_NEAR(lightness("#000000"), 0, 1e-9);
    EXPECT_NEAR(lightness("#777777"), 50.03, 0.01);  // by the formulas of CIE 15
    EXPECT_NEAR(lightness("#0000ff"), 32.30, 0.01);
    EXPECT_NEAR(lightness("#010101"), 0.27, 0.01);  // the straight piece
}

TEST(Palette, OfFiveDepthsDiffersByTenInLightnessFromNeighbourToNeighbour) {
    for (std::size_t count = 2; count <= 5; ++count) {
        const std::vector<std::string> colours = depth_colours(count);
        ASSERT_EQ(colours.size(), count);
        for (std::size_t i = 1; i < count; ++i)
            EXPECT_GE(lightness(colours[i - 1]) - lightness(colours[i]), 10) << colours[i - 1] << " " << colours[i];
    }
}

TEST(Palette, GetsDarkerWithEveryDepth) {
    for (std::size_t count : {6u, 9u, 20u}) {
        const std::vector<std::string> colours = depth_colours(count);
        ASSERT_EQ(colours.size(), count);
        for (std::size_t i = 1; i < count; ++i) EXPECT_LT(lightness(colours[i]), lightness(colours[i - 1]));
    }
    EXPECT_EQ(depth_colours(1).size(), 1u);
    EXPECT_TRUE(depth_colours(0).empty());
}

// 3 : 1 is what WCAG 2.1 asks of lines, and 4.5 : 1 of small letters.
TEST(Palette, IsReadableOnWhite) {
    for (const std::string& colour : depth_colours(5)) {
        EXPECT_GE(contrast_to_white(colour), 3) << colour;
        EXPECT_GE(contrast_to_white(ink(colour)), 4.5) << colour << " as ink " << ink(colour);
    }
    EXPECT_EQ(ink("#0d0887"), "#0d0887");  // dark enough
}

TEST(Palette, MixesWithWhite) {
    EXPECT_EQ(tint("#000000", 0), "#ffffff");
    EXPECT_EQ(tint("#102030", 1), "#102030");
    EXPECT_EQ(tint("#000000", 0.6), "#666666");
}

}  // namespace
}  // namespace deepen
