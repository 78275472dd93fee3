#include "resnet/data/augment.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/random.h"

namespace deepen {
namespace {

constexpr std::uint64_t view_streams = 0x76696577;       // "view": apart from every other use of the seed

}  // namespace

View random_view(std::uint64_t seed, Index epoch, Index picture) {
    Random random(seed, stream_of(stream_of(view_streams, epoch), picture));
    View view;
    view.down = random.below(2 * padding + 1) - padding;
    view.right = random.below(2 * padding + 1) - padding;
    view.mirrored = random.chance(0.5);
    return view;
}

Normaliser::Normaliser(const Preprocessing& preprocessing, Index height, Index width) : height_(height), width_(width) {
    const auto means = static_cast<Index>(preprocessing.mean.size());
    const auto deviations = static_cast<Index>(preprocessing.deviation.size());
    const Index values = height * width * 3;
    require((means == 3 || means == values) && deviations == 3, "preprocessing: ", means, " means and ", deviations,
            " deviations; pictures of [", height, ",", width, ",3] want 3 or ", values,
            " means and 3 deviations.  It has to come from pictures of the same size.");
    for (const Real deviation : preprocessing.deviation) {
        require(deviation > 0, "preprocessing: a deviation of ", deviation, "; positive ones were expected.");
    }
    for (Index k = 0; k < width * 3; ++k) scale_.push_back(1 / (255 * preprocessing.deviation[k % 3]));
    for (Index k = 0; k < values; ++k) {
        shift_.push_back(-preprocessing.mean[means == 3 ? k % 3 : k] / preprocessing.deviation[k % 3]);
    }
}

void Normaliser::write(std::span<const std::uint8_t> picture, const View& view, Real* out) const {
    // Columns of the picture that the window shows: left .. right-1, the rest of it being border.
    const Index row = width_ * 3;
    const Index left = std::clamp<Index>(view.right, 0, width_);
    const Index right = std::clamp<Index>(width_ + view.right, 0, width_);
    for (Index y = 0; y < height_; ++y, out += row) {
        const Index from = y + view.down;
        if (from < 0 || from >= height_) {
            std::fill(out, out + row, Real(0));
            continue;
        }
        Real* shown = out + std::clamp<Index>(left - view.right, 0, width_) * 3;
        std::fill(out, shown, Real(0));
        const std::uint8_t* __restrict bytes = &picture[from * row];
        const Real* __restrict shift = &shift_[from * row];
        for (Index k = left * 3; k < right * 3; ++k) *shown++ = bytes[k] * scale_[k] + shift[k];
        std::fill(shown, out + row, Real(0));
        if (view.mirrored) {
            for (Index a = 0, b = row - 3; a < b; a += 3, b -= 3) std::swap_ranges(out + a, out + a + 3, out + b);
        }
    }
}

}  // namespace deepen
