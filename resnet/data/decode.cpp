#include "resnet/data/decode.h"

#include <memory>
#include <numeric>
#include <utility>

#include "engine/error.h"
#include "resnet/data/exif.h"

// stb_image is a library in a header; this is the one file that compiles it.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace deepen {
namespace {

constexpr Index most_pixels = Index{64} << 20;
constexpr Index largest_file = Index{256} << 20;         // fits the decoder's int, too
// Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits), and a PNG at most 8
// pixels into a byte.  JPEG stays below that.
constexpr Index most_pixels_per_byte = 1032 * 8;

// A Huffman table: a byte for its number, 16 counts, and as many values.  stb_image 2.27 has room for
// 256 and does not count.
bool sound_tables(std::span<const std::uint8_t> tables) {
    while (!tables.empty()) {
        if (tables.size() < 17) return false;
        const int values = std::accumulate(tables.begin() + 1, tables.begin() + 17, 0);
        if (values > 256 || static_cast<int>(tables.size()) < 17 + values) return false;
        tables = tables.subspan(17 + values);
    }
    return true;
}

// Walks from marker to marker, a marker being FF and a byte that is neither 00 nor FF.  Most are followed
// by their length, high byte first, which counts itself; compressed data writes its own FF as FF 00, so
// that it holds no marker.  Says what is wrong, or nothing.
const char* fault_of_jpeg(std::span<const std::uint8_t> file) {
    constexpr std::uint8_t huffman_tables = 0xC4, end = 0xD9, first_restart = 0xD0, start = 0xD8;
    for (std::size_t at = 0; at + 1 < file.size(); ++at) {
        const std::uint8_t marker = file[at + 1];
        if (file[at] != 0xFF || marker == 0x00 || marker == 0xFF) continue;
        if (marker == end) return nullptr;
        if (marker >= first_restart && marker <= start) continue;
        if (at + 4 > file.size()) break;
        const std::size_t length = file[at + 2] * 256 + file[at + 3];
        if (length < 2) return "a segment is too short";
        if (at + 2 + length > file.size()) break;
        const std::span content = file.subspan(at + 4, length - 2);
        if (marker == huffman_tables && !sound_tables(content)) return "a Huffman table does not fit";
        at += 1 + length;
    }
    return "the JPEG is cut short";
}

// Asks before decoding.
Size checked_size(std::span<const std::uint8_t> file, const std::string& name) {
    require(!file.empty(), name, ": empty.  A PNG or JPEG picture was expected.");
    require(static_cast<Index>(file.size()) <= largest_file, name, ": ", file.size(), " bytes; 256 MiB are the most.");
    const int length = static_cast<int>(file.size());
    if (file[0] == 0xFF) {
        const char* fault = fault_of_jpeg(file);
        require(!fault, name, ": damaged: ", fault, ".  Fetch or save it anew, or leave it out.");
    }
    int width = 0, height = 0, channels = 0;
    const bool known = stbi_info_from_memory(file.data(), length, &width, &height, &channels);
    require(known, name, ": not a picture that can be read (", stbi_failure_reason(),
            ").  PNG and JPEG can: convert it, or leave it out.");
    const Index count = Index{width} * height;
    require(count <= most_pixels, name, ": ", width, " x ", height,
            " pixels; 64 megapixels are the most.  Make it smaller.");
    require(count <= most_pixels_per_byte * length, name, ": damaged: ", length, " bytes cannot hold ", width, " x ",
            height, " pixels.  Fetch or save it anew, or leave it out.");
    return {height, width};
}

}  // namespace

Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name) {
    const Size size = checked_size(file, name);
    const Index count = size.height * size.width;

    // Decode to red, green, blue and opacity.
    int width = 0, height = 0, channels = 0;
    const std::unique_ptr<stbi_uc, void (*)(void*)> rgba(
        stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, &channels, 4),
        stbi_image_free);
    require(rgba != nullptr, name, ": damaged (", stbi_failure_reason(), ").  Fetch or save it anew, or leave it out.");
    require(size == Size{height, width}, name, ": damaged: its size changes on decoding.");

    // Lay it over black, rounding to nearest.
    Pixels pixels{height, width, Bytes(3 * count)};
    for (Index p = 0; p < count; ++p) {
        const stbi_uc* from = rgba.get() + 4 * p;
        stbi_uc* to = &pixels.bytes[3 * p];
        for (Index c = 0; c < 3; ++c) to[c] = static_cast<stbi_uc>((from[c] * from[3] + 127) / 255);
    }
    return file[0] == 0xFF ? upright(std::move(pixels), exif_orientation(file)) : pixels;
}

Bytes read_picture_file(const std::filesystem::path& path) {
    Bytes file = read_bytes(path, largest_file);
    checked_size(file, path.string());
    return file;
}

Pixels decode_picture(const std::filesystem::path& path) {
    return decode_picture(read_bytes(path, largest_file), path.string());
}

}  // namespace deepen
