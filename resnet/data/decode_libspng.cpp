// How does libspng decode a PNG?  Compiled where the Makefile has found it (https://libspng.org).
#ifdef DEEPEN_LIBSPNG

#include <spng.h>

#include <memory>

#include "resnet/data/decoders.h"

namespace deepen {

std::string decode_by_libspng(const PictureFile& file, std::span<std::uint8_t> rgba) {
    constexpr std::size_t largest_chunk = 1024;  // of those that it keeps: a palette has 768 bytes at most
    const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> png(spng_ctx_new(0), spng_ctx_free);
    if (!png) return "more memory is asked for than there is";

    // It stops at its limits, at the first error, and at a wrong checksum of chunks or of compressed data.
    const auto width = static_cast<std::uint32_t>(file.size.width),
               height = static_cast<std::uint32_t>(file.size.height);
    int error = spng_set_image_limits(png.get(), width, height);
    if (!error) error = spng_set_chunk_limits(png.get(), largest_chunk, largest_chunk);
    if (!error) error = spng_set_crc_action(png.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR);
    if (!error) error = spng_set_png_buffer(png.get(), file.bytes.data(), file.bytes.size());
    spng_ihdr header{};
    if (!error) error = spng_get_ihdr(png.get(), &header);
    if (!error && (header.width != width || header.height != height)) return "its size changes on decoding";

    // Grey becomes colours, the upper 8 bits of 16 are kept, a palette's names become its colours.
    if (!error) error = spng_decode_image(png.get(), rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
    if (!error) error = spng_decode_chunks(png.get());  // to the end
    return error ? spng_strerror(error) : "";
}

}  // namespace deepen

#endif
