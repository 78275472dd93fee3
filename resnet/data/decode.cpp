#include "resnet/data/decode.h"

#include <algorithm>
#include <memory>

#include "engine/error.h"

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
constexpr Index largest_file = Index{256} << 20;
// Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits), and a PNG at most 8
// pixels into a byte.  JPEG stays below that.
constexpr Index most_pixels_per_byte = 1032 * 8;

// Inside JPEG's compressed data FF is always followed by 00 or a restart marker.  So when the last
// scan (FF DA) is followed by no end (FF D9), the file is cut short.
bool cut_short(const Bytes& file) {
    if (!(file.size() >= 2 && file[0] == 0xFF && file[1] == 0xD8)) return false;
    const auto last = [&](std::uint8_t marker) {
        const std::uint8_t bytes[] = {0xFF, marker};
        return std::find_end(file.begin(), file.end(), bytes, bytes + 2);
    };
    const auto scan = last(0xDA), end = last(0xD9);
    return end == file.end() || (scan != file.end() && end < scan);
}

}  // namespace

Pixels decode_picture(const std::filesystem::path& path) {
    const std::string name = path.string();
    const Bytes file = read_bytes(path, largest_file);
    const int length = static_cast<int>(file.size());

    // Ask before decoding.
    int width = 0, height = 0, channels = 0;
    require(length > 0, name, ": empty.  A PNG or JPEG picture was expected.");
    const bool known = stbi_info_from_memory(file.data(), length, &width, &height, &channels);
    require(known, name, ": not a picture that can be read (", stbi_failure_reason(), ").  PNG and JPEG can.");
    const Index count = Index{width} * height;
    require(count <= most_pixels, name, ": ", width, " x ", height, " pixels; 64 megapixels are the most.");
    require(count <= most_pixels_per_byte * length, name, ": damaged: ", length, " bytes cannot hold ", width, " x ",
            height, " pixels.");
    require(!cut_short(file), name, ": damaged: the JPEG is cut short.");

    // Decode to red, green, blue and opacity.
    const std::unique_ptr<stbi_uc, void (*)(void*)> rgba(
        stbi_load_from_memory(file.data(), length, &width, &height, &channels, 4), stbi_image_free);
    require(rgba != nullptr, name, ": damaged (", stbi_failure_reason(), ").");
    require(Index{width} * height == count, name, ": damaged: its size changes on decoding.");

    // Lay it over black, rounding to nearest.
    Pixels pixels{height, width, Bytes(3 * count)};
    for (Index p = 0; p < count; ++p) {
        const stbi_uc* from = rgba.get() + 4 * p;
        stbi_uc* to = &pixels.bytes[3 * p];
        for (Index c = 0; c < 3; ++c) to[c] = static_cast<stbi_uc>((from[c] * from[3] + 127) / 255);
    }
    return pixels;
}

}  // namespace deepen
