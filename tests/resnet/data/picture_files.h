// How are PNG and JPEG files made for tests?
#pragma once

#include "engine/io/files.h"
#include "engine/real.h"

namespace deepen {

// pixels: [height,width,channels], 1 to 4 channels (grey, grey and opacity, RGB, RGB and opacity).
Bytes png(const Bytes& pixels, Index height, Index width, Index channels = 3);
Bytes jpeg(const Bytes& pixels, Index height, Index width, Index channels = 3);

// The same PNG with the checksums that its chunks should have, after a test has changed them; anything else as it is.
Bytes with_checksums(Bytes file);

// One colour all over.
Bytes plain_pixels(Index height, Index width, std::uint8_t r, std::uint8_t g, std::uint8_t b);

}  // namespace deepen
