// How does libjpeg-turbo decode a JPEG?  Compiled where the Makefile has found it (https://libjpeg-turbo.org).
//
// Through its TurboJPEG functions, which return errors; libjpeg's own leave by longjmp.
#ifdef DEEPEN_LIBJPEG_TURBO

#include <turbojpeg.h>

#include <memory>
#include <string_view>

#include "resnet/data/decoders.h"

namespace deepen {
std::string decode_by_libjpeg_turbo(const PictureFile& file, std::span<std::uint8_t> rgba) {
    const std::unique_ptr<void, int (*)(tjhandle)> jpeg(tjInitDecompress(), tjDestroy);
    if (!jpeg) return "more memory is asked for than there is";
    const Bytes& bytes = file.bytes;
    // Cyan, magenta, yellow and black are stored inverted where Adobe's note is, so that 255 is no ink.  What of red
    // the cyan lets through is dimmed by the black as a colour over black is by its opacity: they serve as they are.
    const int format = file.components == 4 ? TJPF_CMYK : TJPF_RGBA;

    // Its size as the library reads it; what it says about sampling is of no interest, nor that it may not know it.
    int width = 0, height = 0, sampling = 0, colours = 0;
    tjDecompressHeader3(jpeg.get(), bytes.data(), bytes.size(), &width, &height, &sampling, &colours);
    if (width == 0) return tjGetErrorStr2(jpeg.get());
    if (file.size != Size{height, width}) return "its size changes on decoding";

    const auto decode = [&](int stop) {
        return tjDecompress2(jpeg.get(), bytes.data(), bytes.size(), rgba.data(), width, 0, height, format,
                             TJFLAG_ACCURATEDCT | stop);
    };
    // A warning means damage, all but one: noise behind the pixels, which cameras and websites have left in many files.
    // It is the first warning and the last, as after it comes the end (FF D9).
    if (decode(TJFLAG_STOPONWARNING) != 0) {
        const std::string fault = tjGetErrorStr2(jpeg.get());
        if (!fault.ends_with("extraneous bytes before marker 0xd9")) return fault;
        decode(0);
    }
    return {};
}

}  // namespace deepen

#endif
