#include "resnet/data/colour.h"

#include <algorithm>
#include <cmath>

namespace deepen {
namespace {

using Kind = ColourChange::Kind;

// Over ImageNet, colours from 0 to 1: a row for red, green and blue; a column for each direction.
constexpr double variances[3] = {0.2175, 0.0188, 0.0045};
constexpr double directions[3][3] = {
    {-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}};

float clipped(float v) { return std::clamp(v, 0.0f, 255.0f); }
float grey_value(const float* pixel) { return 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2]; }

// v' = f v + (1 - f) towards(pixel)
template <class Towards>
void blend(std::vector<float>& v, float factor, Towards towards) {
    for (std::size_t p = 0; p < v.size(); p += 3) {
        const float other = (1 - factor) * towards(&v[p]);
        for (int c = 0; c < 3; ++c) v[p + c] = clipped(factor * v[p + c] + other);
    }
}

float mean_grey(const std::vector<float>& v) {
    double sum = 0;
    for (std::size_t p = 0; p < v.size(); p += 3) sum += grey_value(&v[p]);
    return static_cast<float>(sum / (static_cast<double>(v.size()) / 3));
}

}  // namespace

ColourChange random_colour_change(Random& random, double jitter, double lighting) {
    ColourChange change;
    if (jitter > 0) {
        constexpr Kind kinds[3] = {Kind::brightness, Kind::contrast, Kind::saturation};
        for (const Index k : random.permutation(3))
            change.steps.push_back({kinds[k], random.uniform(std::max(0.0, 1 - jitter), 1 + jitter)});
    }
    if (lighting > 0) {
        for (int d = 0; d < 3; ++d) {
            const double along = 255 * lighting * random.normal() * variances[d];
            for (int c = 0; c < 3; ++c) change.offset[c] += along * directions[c][d];
        }
    }
    return change;
}

void apply(const ColourChange& change, Pixels& picture) {
    std::vector<float> v(picture.bytes.begin(), picture.bytes.end());
    for (const auto& [kind, f] : change.steps) {
        const auto factor = static_cast<float>(f);
        if (kind == Kind::brightness) blend(v, factor, [](const float*) { return 0.0f; });
        if (kind == Kind::contrast) blend(v, factor, [mean = mean_grey(v)](const float*) { return mean; });
        if (kind == Kind::saturation) blend(v, factor, grey_value);
    }
    for (std::size_t k = 0; k < v.size(); ++k)
        picture.bytes[k] =
            static_cast<std::uint8_t>(std::lrint(clipped(v[k] + static_cast<float>(change.offset[k % 3]))));
}

}  // namespace deepen
