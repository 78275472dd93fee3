#include "tests/resnet/data/picture_files.h"

#include <zlib.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace deepen {
namespace {

void append(void* bytes, void* data, int size) {
    const auto* begin = static_cast<std::uint8_t*>(data);
    static_cast<Bytes*>(bytes)->insert(static_cast<Bytes*>(bytes)->end(), begin, begin + size);
}

void append_number(Bytes& bytes, std::size_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

}  // namespace

Bytes png(const Bytes& pixels, Index height, Index width, Index channels) {
    Bytes file;
    stbi_write_png_to_func(append, &file, width, height, channels, pixels.data(), width * channels);
    return file;
}

Bytes jpeg(const Bytes& pixels, Index height, Index width, Index channels) {
    Bytes file;
    stbi_write_jpg_to_func(append, &file, width, height, channels, pixels.data(), 95);
    return file;
}

Bytes png_of(const std::vector<PngChunk>& chunks) {
    Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    for (const auto& [type, data] : chunks) {
        append_number(file, data.size());
        file.insert(file.end(), type.begin(), type.end());
        file.insert(file.end(), data.begin(), data.end());
        file.resize(file.size() + 4);
    }
    return with_checksums(file);
}

Bytes png_header(Index height, Index width, int depth, int colour, bool interlaced) {
    Bytes header;
    append_number(header, width);
    append_number(header, height);
    for (const int value : {depth, colour, 0, 0, int{interlaced}}) header.push_back(static_cast<std::uint8_t>(value));
    return header;
}

Bytes packed(const Bytes& rows) {
    uLongf size = compressBound(rows.size());
    Bytes all(size);
    compress(all.data(), &size, rows.data(), rows.size());
    all.resize(size);
    return all;
}

Bytes with_checksums(Bytes file) {
    if (file.size() < 8 || file[1] != 'P') return file;
    for (std::size_t at = 8; at + 12 <= file.size();) {
        const std::size_t length = file[at] << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
        if (length > file.size() - at - 12) break;
        const auto crc = static_cast<std::uint32_t>(crc32_z(0, &file[at + 4], 4 + length));
        for (int k = 0; k < 4; ++k) file[at + 8 + length + k] = static_cast<std::uint8_t>(crc >> (24 - 8 * k));
        at += 12 + length;
    }
    return file;
}

Bytes plain_pixels(Index height, Index width, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    Bytes pixels;
    for (Index p = 0; p < height * width; ++p) pixels.insert(pixels.end(), {r, g, b});
    return pixels;
}

}  // namespace deepen
