// Do the decoders agree?
#include "resnet/data/decoders.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "resnet/data/decode.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

Bytes random_bytes(std::size_t count, std::mt19937& random) {
    Bytes bytes(count);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
    return bytes;
}

struct PngKind {
    int colour, depth, samples;  // type of colour, bits of a sample, samples of a pixel
    bool interlaced;
    int palette = 0, transparency = 0;  // bytes of PLTE and tRNS
};

std::string name_of(const PngKind& kind) {
    return text("colour ", kind.colour, ", ", kind.depth, " bits, palette ", kind.palette, ", transparency ",
                kind.transparency, kind.interlaced ? ", interlaced" : "");
}

// Any bytes are pixels, if only each row begins with the number of a filter, 0 to 4.
Bytes random_rows(Index height, Index width, const PngKind& kind, std::mt19937& random) {
    Bytes all;
    for (Index y = 0; width > 0 && y < height; ++y) {
        const Index bytes = (width * kind.samples * kind.depth + 7) / 8;
        all = all + Bytes{static_cast<std::uint8_t>(random() % 5)} + random_bytes(bytes, random);
    }
    return all;
}

Bytes random_png(Index height, Index width, const PngKind& kind, std::mt19937& random) {
    // The seven pictures of an interlaced one: first column, first row, step of columns, step of rows.
    constexpr Index adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                   {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    Bytes raw;
    if (!kind.interlaced) raw = random_rows(height, width, kind, random);
    for (const auto& [x, y, dx, dy] : adam7)
        if (kind.interlaced)
            raw = raw + random_rows((height - y + dy - 1) / dy, (width - x + dx - 1) / dx, kind, random);

    Bytes transparency = random_bytes(kind.transparency, random);
    const int most = (1 << kind.depth) - 1;
    if (kind.colour != 3)  // a colour, its samples two bytes each
        for (std::size_t k = 0; k < transparency.size(); ++k)
            transparency[k] &= static_cast<std::uint8_t>(k % 2 == 0 ? most >> 8 : most);
    std::vector<PngChunk> chunks = {{"IHDR", png_header(height, width, kind.depth, kind.colour, kind.interlaced)}};
    if (kind.palette) chunks.push_back({"PLTE", random_bytes(kind.palette, random)});
    if (kind.transparency) chunks.push_back({"tRNS", transparency});
    chunks.push_back({"IDAT", packed(raw)});
    chunks.push_back({"IEND", {}});
    return png_of(chunks);
}

std::vector<PngKind> all_kinds() {
    std::vector<PngKind> kinds;
    for (const bool interlaced : {false, true}) {
        for (const int depth : {1, 2, 4, 8, 16}) {
            kinds.push_back({0, depth, 1, interlaced});
            kinds.push_back({0, depth, 1, interlaced, 0, 2});
            if (depth <= 8) {
                kinds.push_back({3, depth, 1, interlaced, 3 << depth});
                kinds.push_back({3, depth, 1, interlaced, 3 << depth, (1 << depth) - 1});
                kinds.push_back({3, depth, 1, interlaced, 3});  // most pixels name a colour that it has not
            }
            if (depth >= 8) {
                kinds.push_back({2, depth, 3, interlaced});
                kinds.push_back({2, depth, 3, interlaced, 0, 6});
                kinds.push_back({4, depth, 2, interlaced});
                kinds.push_back({6, depth, 4, interlaced});
            }
        }
    }
    return kinds;
}

TEST(Decoders, AgreeOnEveryKindOfPngExactly) {
    std::mt19937 random(1);
    for (const PngKind& kind : all_kinds()) {
        for (const auto& [height, width] : {std::pair<Index, Index>{1, 1}, {3, 2}, {13, 19}}) {
            SCOPED_TRACE(text(name_of(kind), ", ", width, " x ", height));
            const Bytes file = random_png(height, width, kind, random);
            const Pixels first = decode_picture(file, "p.png");
            for (const Decoder& d : decoders()) {
                if (!d.png) continue;
                EXPECT_EQ(decode_picture(file, "p.png", d).bytes, first.bytes) << d.name;
            }
        }
    }
}

// Where the file has half as many columns of colours as of brightness (4:2:2), stb_image computes the last column but
// one from the wrong neighbour: such columns are left out.
int largest_difference(const Pixels& a, const Pixels& b, bool without_last_columns) {
    EXPECT_EQ(a.size(), b.size());
    int largest = 0;
    for (Index k = 0; k < std::ssize(a.bytes); ++k) {
        const Index column = k / 3 % a.width;
        if (without_last_columns && column >= a.width - 2) continue;
        largest = std::max(largest, std::abs(a.bytes[k] - b.bytes[k]));
    }
    return largest;
}

TEST(Decoders, AgreeOnJpegsButForRounding) {
    constexpr int rounding = 3;  // of 255
    std::mt19937 random(2);
    Bytes smooth;
    for (int y = 0; y < 37; ++y)
        for (int x = 0; x < 51; ++x)
            smooth = smooth + Bytes{static_cast<std::uint8_t>(5 * x), static_cast<std::uint8_t>(6 * y),
                                    static_cast<std::uint8_t>(128 + 3 * x - 3 * y)};
    std::vector<std::pair<std::string, Bytes>> files = {{"smooth", jpeg(smooth, 37, 51)},
                                                        {"noise", jpeg(random_bytes(3 * 37 * 51, random), 37, 51)},
                                                        {"grey", jpeg(random_bytes(37 * 51, random), 37, 51, 1)}};
    for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/corpus/picture")) {
        const std::string name = entry.path().filename();
        if (name.starts_with("seed-") && name.ends_with(".jpg"))
            files.push_back({name, read_file(entry.path(), 1 << 20)});
    }
    EXPECT_GE(files.size(), 11u);
    Bytes ycck = read_file("tests/fuzz/corpus/picture/seed-cmyk-black.jpg", 1 << 20);
    const std::string adobe = "Adobe";
    std::search(ycck.begin(), ycck.end(), adobe.begin(), adobe.end())[11] = 2;
    files.push_back({"YCCK", ycck});
    for (const auto& [name, file] : files) {
        const Pixels first = decode_picture(file, name);
        for (const Decoder& d : decoders()) {
            if (!d.jpeg) continue;
            const Pixels other = decode_picture(file, name, d);
            EXPECT_LE(largest_difference(first, other, name == "seed-422.jpg"), rounding) << name << " " << d.name;
        }
    }
}

// Data that end in the middle, where stb_image goes on with zeros.
TEST(Decoders, OfWhichLibjpegTurboTakesAWarningForDamage) {
    if (decoder_of(PictureKind::jpeg).name != "libjpeg-turbo") GTEST_SKIP() << "not built with libjpeg-turbo";
    std::mt19937 random(3);
    const Bytes whole = jpeg(random_bytes(3 * 40 * 40, random), 40, 40), end = {0xFF, 0xD9};
    const Bytes half(whole.begin(), whole.end() - whole.size() / 2);
    expect_mentions(refusal_of([&] { decode_picture(half + end, "p"); }), "p: damaged: Corrupt JPEG data: ");
}

TEST(Decoders, AreTriedInOrderAndStbImageIsAlwaysThere) {
    const auto all = decoders();
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().name, "stb_image");
    EXPECT_TRUE(all.back().png && all.back().jpeg);
    for (const PictureKind kind : {PictureKind::png, PictureKind::jpeg}) {
        const auto first = std::find_if(all.begin(), all.end(), [&](const Decoder& d) { return d.takes(kind); });
        EXPECT_EQ(&decoder_of(kind), &*first);
        expect_mentions(decoder_names(), first->name);
        expect_mentions(describe_decoders(), first->name + (first->version.empty() ? "" : " " + first->version));
    }
}

// Those that this program was built with, by the flags that it was built with.
TEST(Decoders, AreThoseOfTheBuild) {
    bool spng = false, turbo = false;
#ifdef DEEPEN_LIBSPNG
    spng = true;
#endif
#ifdef DEEPEN_LIBJPEG_TURBO
    turbo = true;
#endif
    EXPECT_EQ(decoder_of(PictureKind::png).name, spng ? "libspng" : "stb_image");
    EXPECT_EQ(decoder_of(PictureKind::jpeg).name, turbo ? "libjpeg-turbo" : "stb_image");
}

}  // namespace
}  // namespace deepen
