#include "resnet/data/picture_file.h"

#include <algorithm>
#include <string_view>

#include "engine/error.h"

namespace deepen {

std::string damaged(const std::string& name, const std::string& fault) {
    return text(name, ": damaged: ", fault, ".  Fetch or save it again, or leave it out.");
}

PictureFile parse_picture(std::span<const std::uint8_t> file, const std::string& name) {
    const auto starts_with = [&](std::string_view begin) {
        return file.size() >= begin.size() && std::equal(begin.begin(), begin.end(), file.begin(), [](char a, auto b) {
                   return static_cast<std::uint8_t>(a) == b;
               });
    };
    if (starts_with("\x89PNG\r\n\x1A\n")) return parse_png(file, name);
    if (starts_with("\xFF\xD8")) return parse_jpeg(file, name);
    throw Error(text(name, ": not a picture that can be read.  PNG and JPEG can: convert it, or leave it out."));
}

}  // namespace deepen
