#include "resnet/data/resize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/files.h"
#include "tests/resnet/data/picture_files.h"

namespace deepen {
namespace {

Bytes resized(const Bytes& pixels, Index height, Index width, Index size) {
    Bytes out(size * size * 3);
    scale_and_crop(pixels, height, width, size, out);
    return out;
}

Bytes grey(const std::vector<int>& values) {
    Bytes pixels;
    for (const int v : values) pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(v));
    return pixels;
}

TEST(Resize, LeavesAPictureOfTheRightSizeAlone) {
    Bytes pixels(5 * 5 * 3);
    for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = static_cast<std::uint8_t>(k * 37);
    EXPECT_EQ(resized(pixels, 5, 5, 5), pixels);
}

TEST(Resize, CutsTheMiddleOutOfTheLongerSide) {
    EXPECT_EQ(resized(grey({1, 2, 3, 4, 5, 6}), 1, 6, 1).size(), 3u);
    EXPECT_EQ(resized(grey({10, 20, 30, 40, 50, 60, 70, 80}), 2, 4, 2), grey({20, 30, 60, 70}));
    EXPECT_EQ(resized(grey({10, 20, 30, 40, 50, 60, 70, 80}), 4, 2, 2), grey({30, 40, 50, 60}));
    EXPECT_EQ(resized(grey({10, 20, 30}), 1, 3, 1), grey({20}));
}

TEST(Resize, KeepsOneColourAtAnyScale) {
    for (const Index height : {3, 7, 32, 101}) {
        for (const Index width : {3, 8, 33, 257}) {
            EXPECT_EQ(resized(plain_pixels(height, width, 255, 7, 128), height, width, 8),
                      plain_pixels(8, 8, 255, 7, 128));
        }
    }
}

TEST(Resize, WeighsByATriangleTwoSmallPixelsWide) {
    // Four to one: the second of two small pixels has its centre at 6; large pixel j weighs 1 - |j + 1/2 - 6| / 4.
    Bytes row(3 * 8 * 8);
    for (Index y = 0; y < 8; ++y) {
        for (Index c = 0; c < 3; ++c) row[(y * 8 + 5) * 3 + c] = 255;
    }
    double total = 0;
    for (int j = 2; j < 8; ++j) total += 1 - std::abs(j + 0.5 - 6) / 4;
    EXPECT_EQ(resized(row, 8, 8, 2)[3], std::lround(255 * (1 - 0.5 / 4) / total));
}

TEST(Resize, BlursFinePatternsInsteadOfAliasing) {
    // Stripes one pixel wide, three to one: sampling would give black or white.
    Bytes stripes(96 * 96 * 3);
    for (std::size_t k = 0; k < stripes.size(); ++k) stripes[k] = (k / 3) % 2 ? 255 : 0;
    for (const std::uint8_t byte : resized(stripes, 96, 96, 32)) EXPECT_NEAR(byte, 127.5, 30);
}

TEST(Resize, EnlargesBySmoothSteps) {
    EXPECT_EQ(resized(grey({0, 100, 0, 100}), 2, 2, 4),
              grey({0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100}));
}

TEST(Resize, CommutesWithMirrors) {
    Bytes pixels(13 * 22 * 3), mirrored(pixels.size());
    for (Index y = 0; y < 13; ++y) {
        for (Index x = 0; x < 22; ++x) {
            for (Index c = 0; c < 3; ++c) {
                const auto value = static_cast<std::uint8_t>((y * 22 + x) * 91 + c * 57);
                pixels[(y * 22 + x) * 3 + c] = mirrored[(y * 22 + 21 - x) * 3 + c] = value;
            }
        }
    }
    const Bytes a = resized(pixels, 13, 22, 6), b = resized(mirrored, 13, 22, 6);
    for (Index y = 0; y < 6; ++y) {
        for (Index x = 0; x < 6; ++x) EXPECT_NEAR(a[(y * 6 + x) * 3], b[(y * 6 + 5 - x) * 3], 1);
    }
}

}  // namespace
}  // namespace deepen
