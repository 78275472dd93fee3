// How does a PNG or JPEG become pixels?
//
// stb_image does the decoding; this file guards its door.  A file's own claim about its size is checked
// before a decoder allocates by it: the picture may have 64 megapixels at most, and no more than the
// file's bytes could possibly hold.  Two things of a JPEG are looked at here because stb_image does not:
// whether it is cut short (the rest would silently be grey), and whether its Huffman tables fit.
#pragma once

#include <span>

#include "resnet/data/bytes.h"

namespace deepen {

struct Pixels {
    Index height = 0, width = 0;
    Bytes bytes;                                         // [height,width,3]
};

// Grey becomes three equal channels, 16 bits become 8, transparency is laid over black.  A camera's
// note on orientation (EXIF) is not followed.  Refuses, naming the file: too many pixels, files over
// 256 MiB, and what cannot be decoded, with stb_image's reason.
Pixels decode_picture(const std::filesystem::path& path);
Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name);

}  // namespace deepen
