#include "resnet/data/pictures.h"

#include <algorithm>

#include "engine/error.h"
#include "resnet/data/decode.h"
#include "resnet/data/resize.h"

namespace deepen {

std::span<const std::uint8_t> PictureSet::picture(Index i) const {
    require(i >= 0 && i < count(), "picture ", i, " asked for, the set has ", count(), ".");
    require(static_cast<Index>(pixels.size()) == count() * bytes_per_picture(), "pictures: ", count(), " of ",
            bytes_per_picture(), " bytes should be ", count() * bytes_per_picture(), " bytes, there are ",
            pixels.size(), ".");
    return std::span(pixels).subspan(i * bytes_per_picture(), bytes_per_picture());
}

Pixels PictureSet::original(Index i) const {
    if (in_files() && checksums.empty()) return decode_picture(files.at(i));
    if (in_files()) return decode_picture(files.at(i), checksums.at(i));
    const auto bytes = picture(i);
    return {height, width, Bytes(bytes.begin(), bytes.end())};
}

Pixels PictureSet::fitted(Index i) const {
    return in_files() ? deepen::fitted(original(i), shorter_side, {height, width}) : original(i);
}

PictureSet first_of(const PictureSet& set, Index count) {
    const auto first = [](const auto& values, Index many) {
        return std::remove_cvref_t<decltype(values)>(values.begin(),
                                                     values.begin() + std::min(many, std::ssize(values)));
    };
    PictureSet some{.height = set.height,
                    .width = set.width,
                    .pixels = first(set.pixels, count * set.bytes_per_picture()),
                    .labels = first(set.labels, count),
                    .classes = set.classes,
                    .files = first(set.files, count),
                    .checksums = first(set.checksums, count)};
    some.shorter_side = set.shorter_side;
    some.decoded = set.decoded;
    return some;
}

}  // namespace deepen
