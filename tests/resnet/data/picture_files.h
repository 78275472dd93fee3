// How are PNG and JPEG files made for tests?
#pragma once

#include <string>
#include <vector>

#include "engine/io/files.h"
#include "engine/real.h"

namespace deepen {

// pixels: [height,width,channels], 1 to 4 channels (grey, grey and opacity, RGB, RGB and opacity).
Bytes png(const Bytes& pixels, Index height, Index width, Index channels = 3);
Bytes jpeg(const Bytes& pixels, Index height, Index width, Index channels = 3);

// A PNG of any parts, right or wrong, with checksums.
struct PngChunk {
    std::string type;
    Bytes data;
};
Bytes png_of(const std::vector<PngChunk>& chunks);
// IHDR's 13 bytes: bits of a sample; type of colour, as PNG numbers them.
Bytes png_header(Index height, Index width, int depth, int colour, bool interlaced = false);
Bytes packed(const Bytes& rows);                         // for IDAT

// The same PNG with the checksums that its chunks should have, after a test has changed them; anything else as it is.
Bytes with_checksums(Bytes file);

// One colour all over.
Bytes plain_pixels(Index height, Index width, std::uint8_t r, std::uint8_t g, std::uint8_t b);

}  // namespace deepen
