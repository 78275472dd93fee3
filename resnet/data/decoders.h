// Which library turns a picture's bytes into pixels?
//
// libspng for PNG and libjpeg-turbo for JPEG where Deepen was built with them: both are packaged, and fuzzed by
// others.  stb_image for both else; it is always compiled in.  Pixels of a PNG are the same whoever decodes it.
// Those of a JPEG differ by rounding, so a run notes who decoded its pictures (recipe.h), and `--version` says it.
//
// A decoder gets what parse_picture() has left of a file (picture_file.h).  It may still be damaged: compressed data is
// for the decoder to judge.
#pragma once

#include <span>
#include <string>

#include "resnet/data/picture_file.h"

namespace deepen {

struct Decoder {
    std::string name;                                    // "libspng", "libjpeg-turbo", "stb_image"
    std::string version;                                 // "0.7.3"; empty if it does not say
    bool png, jpeg;                                      // what it decodes

    // Fills `rgba`, [height,width,4]: red, green, blue, opacity.  Returns what is wrong with the file, or nothing.
    // Takes no more memory than pixels of that size need.  Safe on several threads at once.
    std::string (*decode)(const PictureFile& file, std::span<std::uint8_t> rgba);

    bool takes(PictureKind kind) const { return kind == PictureKind::png ? png : jpeg; }
};

std::span<const Decoder> decoders();                     // compiled in; the first that takes a kind gets it
const Decoder& decoder_of(PictureKind kind);

std::string decoder_names();                             // "libspng, libjpeg-turbo": of PNG, of JPEG
std::string describe_decoders();                         // "PNG by libspng 0.7.3, JPEG by libjpeg-turbo 2.1.5"

// The libraries, a file for each.
std::string decode_by_stb_image(const PictureFile& file, std::span<std::uint8_t> rgba);
std::string decode_by_libspng(const PictureFile& file, std::span<std::uint8_t> rgba);         // PNG
std::string decode_by_libjpeg_turbo(const PictureFile& file, std::span<std::uint8_t> rgba);   // JPEG

}  // namespace deepen
