#include "resnet/data/exif.h"

#include "resnet/data/decode.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"
#include "tests/resnet/data/tar_gz.h"

namespace deepen {
namespace {

Bytes number(std::uint32_t value, int bytes, bool low_first) {
    Bytes b;
    for (int i = 0; i < bytes; ++i)
        b.push_back(static_cast<std::uint8_t>(value >> 8 * (low_first ? i : bytes - 1 - i)));
    return b;
}

Bytes letters(const std::string& text) { return Bytes(text.begin(), text.end()); }

Bytes segment(std::uint8_t marker, const Bytes& content) {
    return Bytes{0xFF, marker} + number(static_cast<std::uint32_t>(content.size()) + 2, 2, false) + content;
}

// As a camera writes it: a maker's name before the orientation.
Bytes exif(int orientation, bool low_first = true, std::uint32_t type = 3) {
    const auto n = [=](std::uint32_t value, int bytes) { return number(value, bytes, low_first); };
    const Bytes maker = n(0x010F, 2) + n(2, 2) + n(4, 4) + letters("abc") + Bytes{0};
    const Bytes entry = n(0x0112, 2) + n(type, 2) + n(1, 4) + n(static_cast<std::uint32_t>(orientation), 2) + Bytes(2);
    return letters("Exif") + Bytes(2) + letters(low_first ? "II" : "MM") + n(42, 2) + n(8, 4) + n(2, 2) + maker +
           entry + n(0, 4);
}

const Bytes start = {0xFF, 0xD8};

Bytes with_exif(const Bytes& jpeg, const Bytes& content) {
    return start + segment(0xE1, content) + Bytes(jpeg.begin() + 2, jpeg.end());
}

TEST(Exif, TellsEveryOrientationInBothOrdersOfBytes) {
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (const bool low_first : {false, true}) {
            const Bytes note = segment(0xE1, exif(orientation, low_first));
            EXPECT_EQ(exif_orientation(start + note), orientation);
            EXPECT_EQ(exif_orientation(start + segment(0xE0, letters("JFIF")) + note), orientation)
                << "JFIF comes first";
            EXPECT_EQ(exif_orientation(start + segment(0xE1, letters("http://ns.adobe.com/xap/1.0/")) + note),
                      orientation)
                << "another APP1 comes first";
        }
}

TEST(Exif, TakesNonsenseForUpright) {
    EXPECT_EQ(exif_orientation({}), 1);
    EXPECT_EQ(exif_orientation(start), 1);
    EXPECT_EQ(exif_orientation(start + segment(0xE1, exif(0))), 1);
    EXPECT_EQ(exif_orientation(start + segment(0xE1, exif(9))), 1);
    EXPECT_EQ(exif_orientation(start + segment(0xE1, exif(6, true, 4))), 1) << "of another type";
    EXPECT_EQ(exif_orientation(start + segment(0xDA, {}) + segment(0xE1, exif(6))), 1) << "behind the picture";
    Bytes other_mark = exif(6);
    other_mark[8] = 43;
    EXPECT_EQ(exif_orientation(start + segment(0xE1, other_mark)), 1);
}

// Whatever a byte is changed to, and wherever the file ends: an orientation, and nothing read beyond the end
// (the sanitizers see to that).
TEST(Exif, SurvivesDamageAnywhere) {
    const Bytes whole = start + segment(0xE1, exif(6, false));
    for (std::size_t at = 0; at < whole.size(); ++at) {
        const int cut_short = exif_orientation(std::span(whole).first(at));
        EXPECT_TRUE(cut_short == 1 || cut_short == 6);
        for (const std::uint8_t value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
            Bytes damaged = whole;
            damaged[at] = value;
            const int orientation = exif_orientation(damaged);
            EXPECT_TRUE(orientation >= 1 && orientation <= 8);
        }
    }
}

// Red at the top left, green at the top right, blue at the bottom left, in blocks that JPEG leaves alone.
Pixels corners() {
    constexpr Index block = 16;
    Pixels p{2 * block, 3 * block, plain_pixels(2 * block, 3 * block, 0, 0, 0)};
    const auto paint = [&](Index top, Index left, int channel) {
        for (Index y = top; y < top + block; ++y)
            for (Index x = left; x < left + block; ++x) p.bytes[(y * p.width + x) * 3 + channel] = 250;
    };
    paint(0, 0, 0);
    paint(0, 2 * block, 1);
    paint(block, 0, 2);
    return p;
}

// What a camera held as `orientation` says would have stored of an upright picture: stated anew, from the standard's
// table, by where the stored first row and column are to be seen.
Pixels stored(const Pixels& p, int orientation) {
    const bool rows_are_columns = orientation >= 5;
    Pixels s{rows_are_columns ? p.width : p.height, rows_are_columns ? p.height : p.width, {}};
    for (Index r = 0; r < s.height; ++r)
        for (Index c = 0; c < s.width; ++c) {
            Index y = 0, x = 0;
            switch (orientation) {
                case 1: y = r, x = c; break;                                     // row: top, column: left
                case 2: y = r, x = p.width - 1 - c; break;                       // top, right
                case 3: y = p.height - 1 - r, x = p.width - 1 - c; break;        // bottom, right
                case 4: y = p.height - 1 - r, x = c; break;                      // bottom, left
                case 5: x = r, y = c; break;                                     // left, top
                case 6: x = p.width - 1 - r, y = c; break;                       // right, top
                case 7: x = p.width - 1 - r, y = p.height - 1 - c; break;        // right, bottom
                case 8: x = r, y = p.height - 1 - c; break;                      // left, bottom
            }
            for (Index k = 0; k < 3; ++k) s.bytes.push_back(p.bytes[(y * p.width + x) * 3 + k]);
        }
    return s;
}

TEST(Exif, StandsEveryPictureUpright) {
    const Pixels p = corners();
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const Pixels s = stored(p, orientation);
        EXPECT_EQ(upright(s, orientation).bytes, p.bytes) << orientation;

        const Pixels decoded = decode_picture(with_exif(jpeg(s.bytes, s.height, s.width), exif(orientation)), "p.jpg");
        ASSERT_EQ(decoded.size(), p.size()) << orientation;
        for (const Index at : {Index{8} * 48 + 8, Index{8} * 48 + 40, Index{24} * 48 + 8, Index{24} * 48 + 40})
            for (Index k = 0; k < 3; ++k)
                EXPECT_NEAR(decoded.bytes[at * 3 + k], p.bytes[at * 3 + k], 12) << orientation;
    }
}

// PNG's own chunk holds the same table, without the name before it; it stands before or behind the pixels.
TEST(Exif, StandsPngsUprightToo) {
    constexpr std::size_t after_header = 33, last_chunk = 12;
    const Pixels p = corners();
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const Pixels s = stored(p, orientation);
        const Bytes file = png(s.bytes, s.height, s.width), note = exif(orientation, orientation % 2 == 0);
        const Bytes content(note.begin() + 6, note.end());
        const Bytes length = number(static_cast<std::uint32_t>(content.size()), 4, false);
        const Bytes chunk = length + letters("eXIf") + content + Bytes(4);
        for (const std::size_t at : {after_header, file.size() - last_chunk}) {
            Bytes noted = file;
            noted.insert(noted.begin() + static_cast<std::ptrdiff_t>(at), chunk.begin(), chunk.end());
            const Pixels decoded = decode_picture(with_checksums(noted), "p.png");
            ASSERT_EQ(decoded.size(), p.size()) << orientation;
            EXPECT_EQ(decoded.bytes, p.bytes) << orientation;
            for (std::size_t end = 0; end < noted.size(); ++end) {
                const int cut_short = exif_orientation(std::span(noted).first(end));
                EXPECT_TRUE(cut_short == 1 || cut_short == orientation);
            }
        }
    }
}

}  // namespace
}  // namespace deepen
