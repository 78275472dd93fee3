#include "resnet/data/exif.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace deepen {
namespace {

using Span = std::span<const std::uint8_t>;

// Numbers out of bytes that may end too early: what is beyond the end reads as 0.
struct Tiff {
    Span bytes;
    bool low_first = false;

    std::uint32_t byte(std::size_t at) const { return at < bytes.size() ? bytes[at] : 0; }
    std::uint32_t number16(std::size_t at) const {
        return low_first ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
    }
    std::uint32_t number32(std::size_t at) const {
        const std::uint32_t first = number16(at), second = number16(at + 2);
        return low_first ? first | second << 16 : first << 16 | second;
    }
};

int orientation_of(Span bytes) {
    constexpr std::uint32_t orientation = 0x0112, number16 = 3, mark = 42;
    Tiff tiff{bytes};
    tiff.low_first = tiff.byte(0) == 'I';
    if (tiff.number16(2) != mark) return 1;
    const std::size_t table = tiff.number32(4);
    const std::size_t entries = tiff.number16(table);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = table + 2 + 12 * i;
        if (tiff.number16(entry) != orientation || tiff.number16(entry + 2) != number16) continue;
        const std::uint32_t value = tiff.number16(entry + 8);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

// From chunk to chunk: length, high byte first; type; data; checksum.
int orientation_of_png(Span png) {
    constexpr std::size_t signature = 8, around = 12;
    const Tiff numbers{png};
    for (std::size_t at = signature; at + around <= png.size();) {
        const std::size_t length = numbers.number32(at);
        if (length > png.size() - at - around) break;
        if (numbers.number32(at + 4) == 0x65584966) return orientation_of(png.subspan(at + 8, length));   // "eXIf"
        at += around + length;
    }
    return 1;
}

int orientation_of_jpeg(Span jpeg) {
    constexpr std::array<std::uint8_t, 6> name = {'E', 'x', 'i', 'f', 0, 0};
    constexpr std::uint8_t app1 = 0xE1, start_of_scan = 0xDA;
    // From segment to segment, up to the compressed data: FF, marker, length (which counts itself).
    for (std::size_t at = 2; at + 4 <= jpeg.size() && jpeg[at] == 0xFF && jpeg[at + 1] != start_of_scan;) {
        const std::size_t length = jpeg[at + 2] * 256 + jpeg[at + 3];
        if (length < 2 || at + 2 + length > jpeg.size()) break;
        const Span content = jpeg.subspan(at + 4, length - 2);
        if (jpeg[at + 1] == app1 && content.size() > name.size() &&
            std::equal(name.begin(), name.end(), content.begin()))
            return orientation_of(content.subspan(name.size()));
        at += 2 + length;
    }
    return 1;
}

}  // namespace

int exif_orientation(Span picture) {
    const bool is_jpeg = !picture.empty() && picture[0] == 0xFF;
    return is_jpeg ? orientation_of_jpeg(picture) : orientation_of_png(picture);
}

}  // namespace deepen
