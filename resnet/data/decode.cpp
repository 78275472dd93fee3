#include "resnet/data/decode.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

#include "engine/error.h"
#include "engine/printable.h"
#include "resnet/data/exif.h"

namespace {

// What stb_image may take at once while this thread decodes.  It believes the lengths that a file states
// and unpacks as long as there is something to unpack; here is where it is held to what the picture needs.
thread_local std::size_t largest_piece = 0;

// Zeros, so that pixels which a damaged file never mentions are black and not what memory last held.
void* take(std::size_t size) { return size <= largest_piece ? std::calloc(1, size) : nullptr; }
void* grow(void* piece, std::size_t size) { return size <= largest_piece ? std::realloc(piece, size) : nullptr; }

}  // namespace

// stb_image is a library in a header; this is the one file that compiles it.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_MALLOC(size) take(size)
#define STBI_REALLOC(piece, size) grow(piece, size)
#define STBI_FREE(piece) std::free(piece)
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
constexpr Index longest_side = 65535;                    // JPEG has no longer ones
// Deflate packs at most 1032 bytes into one (RFC 1951: 258 bytes in two bits), and a PNG at most 8 pixels into a
// byte.  A JPEG spends at least a bit on each block of 64 pixels.
constexpr Index most_pixels_per_byte = 1032 * 8, most_pixels_per_byte_of_jpeg = 64 * 8;
constexpr int most_scans = 100;                          // of a JPEG; each is a pass over all its pixels
constexpr std::size_t tables = 1 << 16;                  // bytes that stb_image wants for any picture

// Bytes of the largest piece that decoding takes: of a PNG 4 channels of 16 bits; of a JPEG less, though
// in whole blocks; and the file itself, gathered by doubling.
std::size_t largest_piece_of(Index width, Index height, std::size_t file) {
    return tables + 2 * file + 8 * static_cast<std::size_t>((width + 64) * (height + 64));
}

// A Huffman table: a byte for its number, 16 counts, and as many values.  stb_image 2.27 has room for
// 256, does not count, and takes the last of 256 for none, which ends in a failed assertion; no encoder
// needs more than 176.
bool sound_tables(std::span<const std::uint8_t> tables) {
    while (!tables.empty()) {
        if (tables.size() < 17) return false;
        const int values = std::accumulate(tables.begin() + 1, tables.begin() + 17, 0);
        if (values > 255 || static_cast<int>(tables.size()) < 17 + values) return false;
        tables = tables.subspan(17 + values);
    }
    return true;
}

// Walks from marker to marker, a marker being FF and a byte that is neither 00 nor FF.  Most are followed
// by their length, high byte first, which counts itself; compressed data writes its own FF as FF 00, so
// that it holds no marker.  Says what is wrong, or nothing.
const char* fault_of_jpeg(std::span<const std::uint8_t> file) {
    constexpr std::uint8_t huffman_tables = 0xC4, first_restart = 0xD0, start = 0xD8, end = 0xD9, scan = 0xDA;
    int scans = 0;
    for (std::size_t at = 0; at + 1 < file.size(); ++at) {
        const std::uint8_t marker = file[at + 1];
        if (file[at] != 0xFF || marker == 0x00 || marker == 0xFF) continue;
        if (marker == end) return scans ? nullptr : "the JPEG holds no picture";
        if (marker >= first_restart && marker <= start) continue;
        if (at + 4 > file.size()) break;
        const std::size_t length = file[at + 2] * 256 + file[at + 3];
        if (length < 2) return "a segment is too short";
        if (marker == scan && ++scans > most_scans) return "the JPEG has more than 100 scans";
        if (at + 2 + length > file.size()) break;
        const std::span content = file.subspan(at + 4, length - 2);
        if (marker == huffman_tables && !sound_tables(content)) return "a Huffman table does not fit";
        at += 1 + length;
    }
    return "the JPEG is cut short";
}

// Walks from chunk to chunk: length, high byte first; type; data; CRC-32 of type and data.  stb_image compares none,
// and would take a picture for good whose bytes have changed.  Chunks that begin with a small letter do not tell of
// pixels, all but tRNS.  Says what is wrong, or nothing; where chunks end too early, stb_image will tell.
const char* fault_of_png(std::span<const std::uint8_t> file) {
    const auto number_at = [&](std::size_t at) {
        return std::uint32_t{file[at]} << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
    };
    constexpr std::size_t around = 12;                   // bytes of a chunk besides its data
    for (std::size_t at = 8; at + around <= file.size();) {
        const std::size_t length = number_at(at);
        if (length > file.size() - at - around) break;
        const std::string_view type(reinterpret_cast<const char*>(&file[at + 4]), 4);
        const bool matters = (type[0] & 0x20) == 0 || type == "tRNS";
        if (matters && crc32_z(0, &file[at + 4], 4 + length) != number_at(at + 8 + length))
            return "a chunk's checksum differs from its bytes";
        if (type == "IEND") break;
        at += around + length;
    }
    return nullptr;
}

// stb_image takes a PNG whose header it does not like for no picture at all.
bool starts_as_png(std::span<const std::uint8_t> file) {
    constexpr std::uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    return file.size() >= sizeof signature && std::equal(std::begin(signature), std::end(signature), file.begin());
}

// Why stb_image gave up, where it says so.  The name of a chunk in it is the file's.
std::string reason() {
    const char* said = stbi_failure_reason();
    const std::string given = said ? printable_name(said) : "no reason given";
    return given == "outofmem" ? "more memory is asked for than the pixels need, or than there is" : given;
}

constexpr const char* what_to_do = "  Fetch or save it again, or leave it out.";

// Asks before decoding.
Size checked_size(std::span<const std::uint8_t> file, const std::string& name) {
    require(!file.empty(), name, ": empty.  A PNG or JPEG picture was expected.");
    require(static_cast<Index>(file.size()) <= largest_file, name, ": ", file.size(), " bytes, at most ", largest_file,
            " were expected.");
    const int length = static_cast<int>(file.size());
    const bool jpeg = file[0] == 0xFF;
    const char* fault = jpeg ? fault_of_jpeg(file) : starts_as_png(file) ? fault_of_png(file) : nullptr;
    require(!fault, name, ": damaged: ", fault, ".", what_to_do);
    int width = 0, height = 0, channels = 0;
    largest_piece = largest_piece_of(0, 0, file.size());
    const bool known = stbi_info_from_memory(file.data(), length, &width, &height, &channels);
    require(known || !starts_as_png(file), name,
            ": damaged, or a PNG of far too many pixels; 64 megapixels are the most.", what_to_do);
    require(known, name, ": not a picture that can be read (", reason(),
            ").  PNG and JPEG can: convert it, or leave it out.");
    const Index count = Index{width} * height;
    require(count <= most_pixels, name, ": ", width, " x ", height,
            " pixels; 64 megapixels are the most.  Make it smaller.");
    require(std::max(width, height) <= longest_side, name, ": ", width, " x ", height, " pixels; ", longest_side,
            " a side are the most.  Make it smaller.");
    const Index most_per_byte = jpeg ? most_pixels_per_byte_of_jpeg : most_pixels_per_byte;
    require(count <= most_per_byte * length, name, ": damaged: ", length, " bytes cannot hold ", width, " x ", height,
            " pixels.", what_to_do);
    return {height, width};
}

}  // namespace

Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name) {
    const Size size = checked_size(file, name);
    const Index count = size.height * size.width;

    // Decode to red, green, blue and opacity.
    int width = 0, height = 0, channels = 0;
    largest_piece = largest_piece_of(size.width, size.height, file.size());
    const std::unique_ptr<stbi_uc, void (*)(void*)> rgba(
        stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, &channels, 4),
        stbi_image_free);
    require(rgba != nullptr, name, ": damaged (", reason(), ").", what_to_do);
    require(size == Size{height, width}, name, ": damaged: its size changes on decoding.", what_to_do);

    // Lay it over black, rounding to nearest.
    Pixels pixels{height, width, Bytes(3 * count)};
    for (Index p = 0; p < count; ++p) {
        const stbi_uc* from = rgba.get() + 4 * p;
        stbi_uc* to = &pixels.bytes[3 * p];
        for (Index c = 0; c < 3; ++c) to[c] = static_cast<stbi_uc>((from[c] * from[3] + 127) / 255);
    }
    return upright(std::move(pixels), exif_orientation(file));
}

Bytes read_picture_file(const std::filesystem::path& path) {
    Bytes file = read_file(path, largest_file);
    checked_size(file, path.string());
    return file;
}

Pixels decode_picture(const std::filesystem::path& path) {
    return decode_picture(read_file(path, largest_file), path.string());
}

Pixels decode_picture(const std::filesystem::path& path, std::uint32_t checksum) {
    const Bytes file = read_file(path, largest_file);
    require(crc32_z(0, file.data(), file.size()) == checksum, path.string(),
            ": it has changed since this program looked at it first.  Results would depend on when: start again.");
    return decode_picture(file, path.string());
}

}  // namespace deepen
