#include "resnet/data/picture_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "resnet/data/decode.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

bool holds(const Bytes& bytes, const std::string& word) {
    return std::search(bytes.begin(), bytes.end(), word.begin(), word.end()) != bytes.end();
}

std::string refusal_to_parse(const Bytes& file) {
    return refusal_of([&] { parse_picture(file, "p"); });
}

// --- PNG ------------------------------------------------------------------------------------------------------------

const Bytes rgb_header = png_header(1, 1, 8, 2), pixel = packed({0, 10, 20, 30});
const Bytes indexed_header = png_header(1, 4, 8, 3), four_pixels = packed({0, 0, 1, 2, 255});

TEST(PngFile, PassesOnOnlyWhatTellsOfPixels) {
    const Bytes file =
        png_of({{"IHDR", rgb_header}, {"tEXt", {'n', 0, 'o'}}, {"IDAT", pixel}, {"eXIf", {1, 2}}, {"IEND", {}}});
    const PictureFile parsed = parse_picture(file + Bytes{'m', 'o', 'r', 'e'}, "p");
    EXPECT_EQ(parsed.bytes, png_of({{"IHDR", rgb_header}, {"IDAT", pixel}, {"IEND", {}}}));
    EXPECT_EQ(parsed.size, (Size{1, 1}));
}

TEST(PngFile, HasItsChunksInOrder) {
    const auto refused = [](const std::vector<PngChunk>& chunks, const std::string& words) {
        expect_mentions(refusal_to_parse(png_of(chunks)), "p: damaged: " + words);
    };
    const PngChunk header{"IHDR", rgb_header}, data{"IDAT", pixel}, end{"IEND", {}}, palette{"PLTE", {1, 2, 3}},
        transparency{"tRNS", {0, 1, 0, 2, 0, 3}}, indexed{"IHDR", indexed_header}, indices{"IDAT", four_pixels};
    refused({data, header, end}, "the header (IHDR) of a PNG must come first");
    refused({header, header, data, end}, "the header (IHDR) of a PNG must come first, and once");
    refused({header, data}, "the PNG is cut short");
    refused({header, end}, "the PNG has no pixels");
    refused({header, data, palette, data, end}, "its palette (PLTE) is not where it should be");
    refused({header, palette, palette, data, end}, "its palette (PLTE) is not where it should be");
    refused({header, data, transparency, end}, "its transparency (tRNS) is not where it should be");
    refused({header, transparency, palette, data, end}, "its palette (PLTE) is not where it should be");
    refused({header, {"tRNS", {0, 1}}, data, end}, "its transparency (tRNS) does not fit its colours");
    refused({indexed, indices, end}, "a palette (PLTE) was expected before the pixels");
    refused({indexed, {"PLTE", {1, 2}}, indices, end}, "its palette (PLTE) is of a wrong length");
    refused({indexed, {"PLTE", Bytes(3 * 257)}, indices, end}, "its palette (PLTE) is of a wrong length");
    refused({indexed, palette, {"tRNS", {1, 2}}, indices, end}, "its transparency (tRNS) does not fit its colours");
    refused({header, data, {"JUNK", {}}, end}, "the chunk JUNK is not one of a PNG");
    // Between pixels, notes may be; chunks that matter may not.
    EXPECT_EQ(refusal_to_parse(png_of({header, data, {"tIME", {}}, data, end})), nothing_refused);
    EXPECT_EQ(refusal_to_parse(png_of({header, palette, transparency, data, data, end})), nothing_refused);
}

TEST(PngFile, HasAHeaderThatMeansSomething) {
    const auto refusal = [](const Bytes& header) {
        return refusal_to_parse(png_of({{"IHDR", header}, {"IDAT", pixel}, {"IEND", {}}}));
    };
    expect_mentions(refusal(Bytes(12)), "its header (IHDR) is not 13 bytes long");
    expect_mentions(refusal(png_header(0, 5, 8, 2)), "it has no pixels");
    expect_mentions(refusal(png_header(1, Index{1} << 31, 8, 2)), "its sides are longer than those of any PNG");
    int known = 0;
    for (int colour = 0; colour < 256; ++colour)
        for (int depth = 0; depth < 256; ++depth)
            known += refusal(png_header(1, 1, depth, colour)).find("no PNG has colours") == std::string::npos;
    EXPECT_EQ(known, 15);  // 5, 2, 4, 2 and 2 depths of the five types
    for (const std::size_t byte : {10, 11, 12}) {
        Bytes header = rgb_header;
        header[byte] = 2;
        expect_mentions(refusal(header), "it is packed in a way that no PNG is");
    }
}

// stb_image would take such a colour from memory that it never wrote to.
TEST(PngFile, HasBlackWhereAPixelNamesAColourThatThePaletteHasNot) {
    const Bytes file =
        png_of({{"IHDR", indexed_header}, {"PLTE", {1, 2, 3, 4, 5, 6}}, {"IDAT", four_pixels}, {"IEND", {}}});
    for (const Decoder& d : decoders()) {
        if (!d.png) continue;
        EXPECT_EQ(decode_picture(file, "p", d).bytes, (Bytes{1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0})) << d.name;
    }
}

// --- JPEG -----------------------------------------------------------------------------------------------------------

Bytes marked(std::uint8_t marker, const Bytes& content) {
    return Bytes{0xFF, marker, static_cast<std::uint8_t>((content.size() + 2) >> 8),
                 static_cast<std::uint8_t>(content.size() + 2)} +
           content;
}

Bytes adobe(std::uint8_t transform) { return marked(0xEE, {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, transform}); }

// A JPEG of 8 x 8 pixels of one colour, its first segment (JFIF) replaced, its frame changed.
Bytes jpeg_with(const Bytes& notes, const std::vector<std::pair<int, int>>& changes = {}) {
    Bytes file = jpeg(plain_pixels(8, 8, 10, 120, 250), 8, 8);
    const Bytes frame = {0xFF, 0xC0};
    const auto at = std::search(file.begin(), file.end(), frame.begin(), frame.end());
    for (const auto& [byte, value] : changes) at[byte] = static_cast<std::uint8_t>(value);
    return Bytes{0xFF, 0xD8} + notes + Bytes(file.begin() + 20, file.end());
}

TEST(JpegFile, PassesOnOnlyWhatTellsOfPixels) {
    const Bytes exif = marked(0xE1, {'E', 'x', 'i', 'f', 0, 0}), remark = marked(0xFE, {'h', 'e', 'l', 'l', 'o'});
    const Bytes jfif = marked(0xE0, {'J', 'F', 'I', 'F', 0, 9, 9, 0, 0, 1, 0, 1, 0, 0});
    const PictureFile parsed = parse_picture(jpeg_with(exif + jfif + remark) + Bytes{'m', 'o', 'r', 'e'}, "p");
    EXPECT_FALSE(holds(parsed.bytes, "Exif"));
    EXPECT_FALSE(holds(parsed.bytes, "hello"));
    EXPECT_FALSE(holds(parsed.bytes, "more"));
    EXPECT_TRUE(holds(parsed.bytes, "JFIF"));
    EXPECT_EQ(parsed.components, 3);
    EXPECT_EQ(parsed.size, (Size{8, 8}));
}

// Brightness and two colours, or red, green and blue: JFIF is believed first, then Adobe, then the components' names.
TEST(JpegFile, SaysInOneWayWhatItsColoursAre) {
    const std::vector<std::pair<int, int>> called_rgb = {{10, 'R'}, {13, 'G'}, {16, 'B'}};
    const Bytes jfif = marked(0xE0, {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0});
    const auto says_rgb = [](const Bytes& file) { return holds(parse_picture(file, "p").bytes, "Adobe"); };
    EXPECT_FALSE(says_rgb(jpeg_with({})));
    EXPECT_FALSE(says_rgb(jpeg_with(jfif)));
    EXPECT_FALSE(says_rgb(jpeg_with(adobe(1))));
    EXPECT_FALSE(says_rgb(jpeg_with(jfif + adobe(0))));
    EXPECT_FALSE(says_rgb(jpeg_with(adobe(1), called_rgb)));
    EXPECT_TRUE(says_rgb(jpeg_with(adobe(0))));
    EXPECT_TRUE(says_rgb(jpeg_with({}, called_rgb)));
    for (const Decoder& d : decoders()) {  // the same numbers read in both ways
        if (!d.jpeg) continue;
        const Bytes rgb = decode_picture(jpeg_with(adobe(0)), "p", d).bytes;
        EXPECT_NEAR(rgb[0], 105, 3) << d.name;  // brightness, of 10, 120 and 250
        EXPECT_NEAR(rgb[1], 210, 3) << d.name;
        EXPECT_NEAR(rgb[2], 60, 3) << d.name;
        EXPECT_NEAR(decode_picture(jpeg_with({}), "p", d).bytes[2], 250, 3) << d.name;
    }
}

TEST(JpegFile, RefusesWhatIsNeitherBaselineNorProgressive) {
    const auto refused = [](const Bytes& file, const std::string& words) {
        expect_mentions(refusal_to_parse(file), "p: damaged: " + words);
    };
    refused(jpeg_with({}, {{1, 0xC9}}), "it has a segment of type 201");  // arithmetic coding
    refused(jpeg_with({}, {{4, 12}}), "12 bits per sample; 8 were expected");
    refused(jpeg_with({}, {{5, 0}, {6, 0}}), "it has no pixels");  // the height is to follow
    refused(jpeg_with({}, {{9, 2}}), "2 components; 1, 3 or 4 were expected");
    refused(jpeg_with({}, {{9, 1}}), "its frame is of a wrong length");
    refused(jpeg_with(marked(0xC0, {8, 0, 8, 0, 8, 1, 1, 0x11, 0})), "it has two frames");
    refused(jpeg_with(marked(0xC0, {8, 0, 8})), "its frame is too short");
    refused(jpeg_with(marked(0xDA, {1, 1, 0, 0, 63, 0})), "a scan was not expected before the frame");
    refused(jpeg_with({0xFF, 0xD8}), "it has a segment of type 216");  // a second start
}

TEST(JpegFile, OfFourComponentsMustSayWhatTheyAre) {
    const Bytes frame = marked(0xC0, {8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0});
    const auto jpeg_of = [&](const Bytes& notes) {
        return Bytes{0xFF, 0xD8} + notes + frame + marked(0xDA, {1, 1, 0, 0, 63, 0}) + Bytes{0, 0xFF, 0xD9};
    };
    const auto refusal = [&](const Bytes& notes) { return refusal_to_parse(jpeg_of(notes)); };
    EXPECT_EQ(refusal(adobe(0)), nothing_refused);
    EXPECT_EQ(refusal(adobe(2)), nothing_refused);
    const Bytes ycck = jpeg_of(adobe(2)), note = adobe(2);
    const Bytes passed_on = parse_picture(ycck, "p").bytes;
    EXPECT_NE(std::search(passed_on.begin(), passed_on.end(), note.begin(), note.end()), passed_on.end());
    expect_mentions(refusal({}), "p: damaged: four components were expected to have Adobe's note");
    expect_mentions(refusal(adobe(1)), "p: damaged: four components were expected to have Adobe's note");
}

}  // namespace
}  // namespace deepen
