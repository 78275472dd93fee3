#include "resnet/data/resize.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>

#include "tests/resnet/data/picture_files.h"

namespace deepen {
namespace {

Bytes resized(const Bytes& pixels, Index height, Index width, Index size) {
    return fitted({height, width, pixels}, size, {size, size}).bytes;
}

// A picture that Pillow's golden numbers below are of.
Pixels by_rule(Index height, Index width) {
    Pixels p{height, width, {}};
    for (Index y = 0; y < height; ++y)
        for (Index x = 0; x < width; ++x)
            for (Index c = 0; c < 3; ++c)
                p.bytes.push_back(
                    static_cast<std::uint8_t>(3 * y * y + 5 * x * x + 7 * x * y + 83 * c + x * y * c / 3));
    return p;
}

unsigned long crc(const Pixels& p) { return crc32_z(0, p.bytes.data(), p.bytes.size()); }

Bytes grey(const std::vector<int>& values) {
    Bytes pixels;
    for (const int v : values) pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(v));
    return pixels;
}

// Image.frombytes("RGB", (w, h), bytes of by_rule).resize((ow, oh), Image.BILINEAR), Pillow 9.4.0: the first bytes tell
// a wrong rule from a wrong filter, the CRC-32 of all bytes stands for the rest.
TEST(Resize, IsPillowsBilinearBitForBit) {
    struct Golden {
        Size from, to;
        Bytes first;
        unsigned long crc;
    };
    const Golden golden[] = {{{37, 53}, {16, 23}, {15, 98, 181, 70, 151, 165}, 0xbdb4fce6},
                             {{100, 75}, {7, 5}, {123, 126, 129}, 0xcdd73e63},
                             {{9, 11}, {24, 31}, {0, 83, 166, 0, 83, 166}, 0xae07e0bc},
                             {{64, 64}, {64, 64}, {0, 83, 166}, 0xb9eb745d},
                             {{40, 30}, {13, 30}, {8, 91, 174, 23, 106, 189}, 0x47d0b42d},
                             {{300, 401}, {224, 299}, {4, 87, 170}, 0xb605edaa}};
    for (const Golden& g : golden) {
        const Pixels p = by_rule(g.from.height, g.from.width);
        const Pixels small = resized(p, whole(p.size()), g.to);
        EXPECT_EQ(Bytes(small.bytes.begin(), small.bytes.begin() + static_cast<long>(g.first.size())), g.first);
        EXPECT_EQ(crc(small), g.crc) << g.from.height << " x " << g.from.width;
    }
    EXPECT_EQ(crc(resized(by_rule(50, 60), {7, 11, 21, 33}, {16, 16})), 0x0cda4e8cul) << "crop() first, then resize()";
}

// transforms.Compose([Resize(256), CenterCrop(224)]), torchvision 0.14.1 on Pillow 9.4.0.
TEST(Resize, ShowsANetWhatTorchvisionShowsIt) {
    EXPECT_EQ(crc(fitted(by_rule(300, 401), 256, {224, 224})), 0x3aa56c21ul);
    EXPECT_EQ(crc(fitted(by_rule(401, 300), 256, {224, 224})), 0x7b6aa283ul);
    EXPECT_EQ(crc(fitted(by_rule(120, 97), 256, {224, 224})), 0x6fd054d4ul);
}

TEST(Resize, ComputesAPartAsItIsInTheWhole) {
    const Pixels p = by_rule(61, 83);
    const Pixels all = resized(p, whole(p.size()), {20, 31}), part = part_of_resized(p, {20, 31}, {3, 11, 9, 14});
    for (Index y = 0; y < 9; ++y)
        for (Index k = 0; k < 14 * 3; ++k)
            EXPECT_EQ(part.bytes[y * 14 * 3 + k], all.bytes[((3 + y) * 31 + 11) * 3 + k]);
}

TEST(Resize, HasNothingToDoWithPixelsOutsideTheWindow) {
    Pixels p{9, 9, plain_pixels(9, 9, 255, 255, 255)};
    for (Index y = 2; y < 6; ++y)
        for (Index x = 3; x < 8; ++x)
            for (Index c = 0; c < 3; ++c) p.bytes[(y * 9 + x) * 3 + c] = 7;
    EXPECT_EQ(resized(p, {2, 3, 4, 5}, {3, 3}).bytes, plain_pixels(3, 3, 7, 7, 7));
}

// A line of a million pixels, 32 of them high, would be 32 x 32,000,000 if all of it were computed.
TEST(Resize, TakesNoMemoryForWhatIsCutAway) {
    const Pixels line{1, 1'000'000, Bytes(3'000'000, 9)};
    EXPECT_EQ(fitted(line, 32, {32, 32}).bytes, plain_pixels(32, 32, 9, 9, 9));
    const Pixels post{1'000'000, 1, Bytes(3'000'000, 9)};
    EXPECT_EQ(fitted(post, 32, {32, 32}).bytes, plain_pixels(32, 32, 9, 9, 9));
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
