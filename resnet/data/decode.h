// How does a PNG or JPEG become pixels?
//
// stb_image does the decoding; this file guards its door.  A file's own claim about its size is checked
// before a decoder allocates by it: the picture may have 64 megapixels at most, and no more than the
// file's bytes could possibly hold.  Three things are looked at here because stb_image does not: whether a JPEG is
// cut short (the rest would silently be grey), whether its Huffman tables fit, and a PNG's checksums.
#pragma once

#include <span>

#include "resnet/data/pixels.h"

namespace deepen {

// A PNG's or JPEG's bytes, upright: a camera's note on how it was held (exif.h) is followed.  Grey becomes three
// equal channels, 16 bits become 8, transparency is laid over black.  Refuses, naming the file by `name`: too many
// pixels, and what cannot be decoded, with stb_image's reason.
Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name);
Pixels decode_picture(const std::filesystem::path& path);   // refuses also files over 256 MiB
Pixels decode_picture(const std::filesystem::path& path, std::uint32_t checksum);   // and another CRC-32 than that

// A file's bytes after all that can be refused without decoding them has been refused.
Bytes read_picture_file(const std::filesystem::path& path);

}  // namespace deepen
