#include "resnet/data/crops.h"

#include "resnet/data/resize.h"

namespace deepen {

std::vector<Pixels> crops_of(const Pixels& picture, Index shorter_side, Index size, Crops crops) {
    if (crops == Crops::centre) return {fitted(picture, shorter_side, {size, size})};
    const Size scaled = with_shorter_side(picture.size(), shorter_side);
    const Index bottom = scaled.height - size, right = scaled.width - size;
    std::vector<Pixels> all;
    for (const Window& part : {Window{0, 0, size, size}, Window{0, right, size, size}, Window{bottom, 0, size, size},
                               Window{bottom, right, size, size}, middle(scaled, {size, size})}) {
        all.push_back(part_of_resized(picture, scaled, part));
        all.push_back(mirrored(all.back()));
    }
    return all;
}

}  // namespace deepen
