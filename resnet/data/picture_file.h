// What is in a PNG or JPEG file, and what of it may a decoder see?
//
//     PNG    89 "PNG" 0D 0A 1A 0A | IHDR | PLTE | tRNS | IDAT ... | IEND     a chunk: length, type, data, CRC-32
//     JPEG   FF D8 | FF C0 frame | FF C4 Huffman tables | FF DA scan, its data | ... | FF D9
//
// Decoders are large programs that read what strangers wrote.  So a file is taken apart here first, by code that
// decodes nothing: what is out of order is refused, and only the parts that tell of pixels are passed on.  No decoder
// sees a colour profile, a preview, a note or a comment, nor anything after the end.
//
// Source: W3C "Portable Network Graphics (PNG) Specification", chapters 5 and 11; ITU-T T.81 "Digital compression and
// coding of continuous-tone still images", Annex B; Adobe's Technical Note 5116, section 18, for four components.
#pragma once

#include <span>

#include "resnet/data/pixels.h"

namespace deepen {

enum class PictureKind { png, jpeg };

struct PictureFile {
    PictureKind kind;
    Size size;                                           // as the file states it, at least 1 x 1; not yet limited
    int components;                                      // of a JPEG: 1 grey, 3 colours, 4 for printing (CMYK, YCCK)
    Bytes bytes;                                         // the file, made anew of the parts that matter
};

// Refuses, naming the file by `name`, what is neither, and what is damaged: cut short, parts out of order, checksums
// and tables that do not fit.  Also what hardly anybody writes and decoders disagree about: JPEGs that are neither
// baseline nor progressive, or have four components and no note by Adobe that says what they are.
PictureFile parse_picture(std::span<const std::uint8_t> file, const std::string& name);

// The same of one kind, after its first bytes were looked at.
PictureFile parse_png(std::span<const std::uint8_t> file, const std::string& name);
PictureFile parse_jpeg(std::span<const std::uint8_t> file, const std::string& name);

// A message about a damaged file: what is wrong, and what to do.
std::string damaged(const std::string& name, const std::string& fault);

}  // namespace deepen
