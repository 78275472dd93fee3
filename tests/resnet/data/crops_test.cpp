#include "resnet/data/crops.h"

#include <gtest/gtest.h>

namespace deepen {
namespace {

// Pixel (y, x) is (y, x, 0), so that a crop says where it is from.
Pixels coordinates(Index height, Index width) {
    Pixels p{height, width, {}};
    for (Index y = 0; y < height; ++y)
        for (Index x = 0; x < width; ++x)
            p.bytes.insert(p.bytes.end(), {static_cast<std::uint8_t>(y), static_cast<std::uint8_t>(x), 0});
    return p;
}

TEST(Crops, AreTheCornersAndTheMiddleAndTheirMirrorImages) {
    const std::vector<Pixels> crops = crops_of(coordinates(20, 31), 20, 8, Crops::ten);
    ASSERT_EQ(crops.size(), 10u);
    const std::pair<int, int> corners[] = {{0, 0}, {0, 23}, {12, 0}, {12, 23}, {6, 12}};   // 11.5: to the even number
    for (int i = 0; i < 5; ++i) {
        const auto [top, left] = corners[i];
        for (Index y = 0; y < 8; ++y)
            for (Index x = 0; x < 8; ++x) {
                EXPECT_EQ(crops[2 * i].bytes[(y * 8 + x) * 3], top + y);
                EXPECT_EQ(crops[2 * i].bytes[(y * 8 + x) * 3 + 1], left + x);
                EXPECT_EQ(crops[2 * i + 1].bytes[(y * 8 + x) * 3], top + y);
                EXPECT_EQ(crops[2 * i + 1].bytes[(y * 8 + x) * 3 + 1], left + 7 - x);
            }
    }
    const std::vector<Pixels> centre = crops_of(coordinates(20, 31), 20, 8, Crops::centre);
    ASSERT_EQ(centre.size(), 1u);
    EXPECT_EQ(centre[0].bytes, crops[8].bytes);
}

}  // namespace
}  // namespace deepen
