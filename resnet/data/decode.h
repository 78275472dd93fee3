// How does a PNG or JPEG become pixels?
//
// A library does the decoding (decoders.h); here and in picture_file.h its door is guarded.  A file is taken apart
// first, and only what tells of pixels is passed on.  Its own claim about its size is checked before anything is
// allocated by it: a picture may have 64 megapixels at most, and no more than the file's bytes could possibly hold.
#pragma once

#include <span>

#include "resnet/data/decoders.h"
#include "resnet/data/pixels.h"

namespace deepen {

// A PNG's or JPEG's bytes, upright: a camera's note on how it was held (exif.h) is followed.  Grey becomes three
// equal channels, 16 bits become 8, transparency is laid over black.  Refuses, naming the file by `name`: too many
// pixels, what parse_picture() refuses, and what cannot be decoded, with the decoder's reason.
Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name);
Pixels decode_picture(std::span<const std::uint8_t> file, const std::string& name, const Decoder& decoder);
Pixels decode_picture(const std::filesystem::path& path);   // refuses also files over 256 MiB
Pixels decode_picture(const std::filesystem::path& path, std::uint32_t checksum);   // and another CRC-32 than that

// A file's bytes after all that can be refused without decoding them has been refused.
Bytes read_picture_file(const std::filesystem::path& path);

}  // namespace deepen
