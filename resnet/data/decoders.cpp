#include "resnet/data/decoders.h"

#include <algorithm>
#include <vector>

#ifdef DEEPEN_LIBSPNG
#include <spng.h>
#endif

#include "engine/error.h"

namespace deepen {

// The Makefile gives libjpeg-turbo's version, which the library itself does not tell.
#define DEEPEN_TEXT_OF(word) #word
#define DEEPEN_TEXT(macro) DEEPEN_TEXT_OF(macro)

std::span<const Decoder> decoders() {
    static const std::vector<Decoder> all{
#ifdef DEEPEN_LIBSPNG
        {"libspng", spng_version_string(), true, false, decode_by_libspng},
#endif
#ifdef DEEPEN_LIBJPEG_TURBO
        {"libjpeg-turbo", DEEPEN_TEXT(DEEPEN_LIBJPEG_TURBO), false, true, decode_by_libjpeg_turbo},
#endif
        {"stb_image", "", true, true, decode_by_stb_image},
    };
    return all;
}

const Decoder& decoder_of(PictureKind kind) {
    for (const Decoder& d : decoders())
        if (d.takes(kind)) return d;
    throw InternalError("internal error, please report it: a kind of picture that nothing decodes");
}

std::string decoder_names() {
    const std::string png = decoder_of(PictureKind::png).name, jpeg = decoder_of(PictureKind::jpeg).name;
    return png == jpeg ? png : text(png, ", ", jpeg);
}

std::string describe_decoders() {
    const auto said = [](PictureKind kind) {
        const Decoder& d = decoder_of(kind);
        return d.version.empty() ? d.name : text(d.name, " ", d.version);
    };
    return text("PNG by ", said(PictureKind::png), ", JPEG by ", said(PictureKind::jpeg));
}

}  // namespace deepen
