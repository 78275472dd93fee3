// How are PNG and JPEG files made for tests, and how are pictures looked at as they are?
#pragma once

#include <string>
#include <vector>

#include "engine/io/files.h"
#include "engine/real.h"
#include "resnet/data/pictures.h"

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

// Of which a net sees what is in the file, black 0 and white 1.
inline const Preprocessing bytes_as_they_are{{0, 0, 0}, {Real(1) / 255, Real(1) / 255, Real(1) / 255}};

// One colour all over.
Bytes plain_pixels(Index height, Index width, std::uint8_t r, std::uint8_t g, std::uint8_t b);

}  // namespace deepen
