#include "resnet/data/decode.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/printable.h"
#include "resnet/data/exif.h"

namespace deepen {
namespace {

constexpr Index most_pixels = Index{64} << 20;
constexpr Index largest_picture = Index{256} << 20;  // fits the decoders' ints, too
constexpr Index longest_side = 65535;                // JPEG has no longer ones
// Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits), and a PNG at most 8 pixels into a
// byte.  A JPEG spends at least a bit on each block of 64 pixels.
constexpr Index most_pixels_per_byte = 1032 * 8, most_pixels_per_byte_of_jpeg = 64 * 8;

// Asks before decoding.
PictureFile checked(std::span<const std::uint8_t> file, const std::string& name) {
    const auto length = static_cast<Index>(file.size());
    require(length > 0, name, ": empty.  A PNG or JPEG picture was expected.");
    require(length <= largest_picture, name, ": ", length, " bytes, at most ", largest_picture, " were expected.");
    PictureFile picture = parse_picture(file, name);
    const auto [height, width] = picture.size;
    const Index count = width * height;
    require(count <= most_pixels, name, ": ", width, " x ", height,
            " pixels; 64 megapixels are the most.  Make it smaller.");
    require(std::max(width, height) <= longest_side, name, ": ", width, " x ", height, " pixels; ", longest_side,
            " a side are the most.  Make it smaller.");
    const bool jpeg = picture.kind == PictureKind::jpeg;
    const Index most_per_byte = jpeg ? most_pixels_per_byte_of_jpeg : most_pixels_per_byte;
    require(count <= most_per_byte * length,
            damaged(name, text(length, " bytes cannot hold ", width, " x ", height, " pixels")));
    return picture;
}

// With red, green and blue laid over black, rounding to nearest.
Pixels decoded(const PictureFile& file, const std::string& name, const Decoder& decoder) {
    ensure(decoder.takes(file.kind), decoder.name, " does not decode this kind of picture");
    const auto [height, width] = file.size;
    Bytes rgba(4 * height * width);
    const std::string fault = decoder.decode(file, rgba);
    require(fault.empty(), damaged(name, printable_name(fault)));
    Pixels pixels{height, width, Bytes(3 * height * width)};
    for (Index p = 0; p < height * width; ++p) {
        const std::uint8_t* from = &rgba[4 * p];
        for (Index c = 0; c < 3; ++c)
            pixels.bytes[3 * p + c] = static_cast<std::uint8_t>((from[c] * from[3] + 127) / 255);
    }
    return pixels;
}

}  // namespace

Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name) {
    const PictureFile picture = checked(file, name);
    return upright(decoded(picture, name, decoder_of(picture.kind)), exif_orientation(file));
}

Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name, const Decoder& decoder) {
    return upright(decoded(checked(file, name), name, decoder), exif_orientation(file));
}

Bytes read_picture_file(const std::filesystem::path& path) {
    Bytes file = read_file(path, largest_picture);
    checked(file, path.string());
    return file;
}

Pixels decode_picture(const std::filesystem::path& path) {
    return decode_picture(read_file(path, largest_picture), path.string());
}

Pixels decode_picture(const std::filesystem::path& path, std::uint32_t checksum) {
    const Bytes file = read_file(path, largest_picture);
    require(crc32_z(0, file.data(), file.size()) == checksum, path.string(),
            ": it has changed since this program looked at it first.  Results would depend on when: start again.");
    return decode_picture(file, path.string());
}

}  // namespace deepen
