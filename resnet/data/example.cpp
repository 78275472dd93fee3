#include "resnet/data/example.h"

#include <algorithm>
#include <array>

#include "engine/error.h"
#include "resnet/data/colour.h"
#include "resnet/data/random_window.h"
#include "resnet/data/resize.h"

namespace deepen {
namespace {

constexpr std::uint64_t window_streams = 0x77696E646F77;     // "window": apart from every other use of the seed

// In the order of the enumeration.
constexpr std::array<std::string_view, 4> names_of_views = {"whole", "shifted", "resized_crop", "scale_jitter"};

}  // namespace

std::string_view name_of(Views views) { return names_of_views[static_cast<std::size_t>(views)]; }

Views parse_views(std::string_view name) {
    const auto found = std::find(names_of_views.begin(), names_of_views.end(), name);
    require(found != names_of_views.end(), "views '", name, "' are not known.  There are whole, shifted, resized_crop ",
            "and scale_jitter.");
    return static_cast<Views>(found - names_of_views.begin());
}

ExampleWriter::ExampleWriter(const PictureSet& pictures, const Preprocessing& preprocessing, Augmentation augmentation,
                             std::uint64_t seed)
    : pictures_(pictures),
      normaliser_(preprocessing, pictures.height, pictures.width),
      augmentation_(augmentation),
      seed_(seed) {}

// [H,W,3], before mirrors, shifts and colours.
Pixels ExampleWriter::seen(Index picture, Random& random) const {
    const Size size{pictures_.height, pictures_.width};
    if (augmentation_.views == Views::resized_crop) {
        const Pixels original = pictures_.original(picture);
        return resized(original, random_resized_crop(random, original.size()), size);
    }
    if (augmentation_.views == Views::scale_jitter) {
        const Pixels original = pictures_.original(picture);
        const ScaledPart drawn = random_scale(random, original.size(), size);
        return part_of_resized(original, drawn.scaled, drawn.part);
    }
    return pictures_.fitted(picture);
}

void ExampleWriter::write(Index picture, Index epoch, Real* out) const {
    const bool shifted = augmentation_.views == Views::shifted, windowed = augmentation_.views > Views::shifted;
    const bool coloured = augmentation_.colour > 0 || augmentation_.lighting > 0;
    View view = shifted ? random_view(seed_, epoch, picture) : View{};
    if (!windowed && !coloured && !pictures_.in_files())     // without a copy
        return normaliser_.write(pictures_.picture(picture), view, out);

    Random random(seed_, stream_of(stream_of(window_streams, epoch), picture));
    Pixels pixels = seen(picture, random);
    if (windowed) view.mirrored = random.chance(0.5);
    if (coloured) apply(random_colour_change(random, augmentation_.colour, augmentation_.lighting), pixels);
    normaliser_.write(pixels.bytes, view, out);
}

}  // namespace deepen
