#include "resnet/data/random_window.h"

#include <algorithm>
#include <cmath>

#include "resnet/data/resize.h"

namespace deepen {
namespace {

constexpr double smallest_share = 0.08, flattest = 3.0 / 4, widest = 4.0 / 3;
constexpr int attempts = 10;

Window anywhere(Random& random, Size picture, Size part) {
    const Index top = random.below(picture.height - part.height + 1);
    return {top, random.below(picture.width - part.width + 1), part.height, part.width};
}

}  // namespace

Window random_resized_crop(Random& random, Size picture) {
    const auto height = static_cast<double>(picture.height), width = static_cast<double>(picture.width);
    for (int i = 0; i < attempts; ++i) {
        const double area = random.uniform(smallest_share, 1) * height * width;
        const double proportion = std::exp(random.uniform(std::log(flattest), std::log(widest)));
        const Size drawn{std::lrint(std::sqrt(area / proportion)), std::lrint(std::sqrt(area * proportion))};
        if (drawn.height >= 1 && drawn.width >= 1 && drawn.height <= picture.height && drawn.width <= picture.width)
            return anywhere(random, picture, drawn);
    }
    const double proportion = std::clamp(width / height, flattest, widest);
    return middle(picture, {std::clamp<Index>(std::lrint(width / proportion), 1, picture.height),
                            std::clamp<Index>(std::lrint(height * proportion), 1, picture.width)});
}

ScaledPart random_scale(Random& random, Size picture, Size part) {
    const Index size = std::max(part.height, part.width);
    const Index least = size * 256 / 224, most = size * 480 / 224;
    const Size scaled = with_shorter_side(picture, least + random.below(most - least + 1));
    return {scaled, anywhere(random, scaled, part)};
}

}  // namespace deepen
