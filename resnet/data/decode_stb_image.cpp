// How does stb_image decode a PNG or JPEG?  It is a library in a header; this is the one file that compiles it.
//
// Only these two formats are compiled: most of stb_image's known bugs are in the others (docs/reliability.md).  It
// takes memory as a file tells it to, so it gets no more here than the picture needs.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/error.h"
#include "resnet/data/decoders.h"

namespace {

// The most that it may take at once while this thread decodes.
thread_local std::size_t largest_piece = 0;

// Zeros, so that pixels which a damaged file never mentions are black and not what memory last held.
void* take(std::size_t size) { return size <= largest_piece ? std::calloc(1, size) : nullptr; }
void* grow(void* piece, std::size_t size) { return size <= largest_piece ? std::realloc(piece, size) : nullptr; }

}  // namespace

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

constexpr std::size_t tables = 1 << 16;  // bytes that stb_image wants for any picture

// Bytes of the largest piece that decoding takes: of a PNG 4 channels of 16 bits; of a JPEG less, though
// in whole blocks; and the file itself, gathered by doubling.
std::size_t largest_piece_of(const PictureFile& file) {
    return tables + 2 * file.bytes.size() +
           8 * static_cast<std::size_t>((file.size.width + 64) * (file.size.height + 64));
}

std::string reason() {
    const char* said = stbi_failure_reason();
    const std::string given = said ? said : "no reason given";
    return given == "outofmem" ? "more memory is asked for than the pixels need, or than there is" : given;
}

}  // namespace

std::string decode_by_stb_image(const PictureFile& file, std::span<std::uint8_t> rgba) {
    int width = 0, height = 0, channels = 0;
    largest_piece = largest_piece_of(file);
    const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
        stbi_load_from_memory(file.bytes.data(), static_cast<int>(file.bytes.size()), &width, &height, &channels, 4),
        stbi_image_free);
    if (!pixels) return reason();
    if (file.size != Size{height, width}) return "its size changes on decoding";
    ensure(rgba.size() == 4 * static_cast<std::size_t>(height) * width, "room for ", rgba.size(), " bytes of pixels");
    std::memcpy(rgba.data(), pixels.get(), rgba.size());
    return {};
}

}  // namespace deepen
