#include "resnet/data/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/error.h"

namespace deepen {
namespace {

constexpr int binary_places = 22;         // 8 more for the bytes: sums stay inside 32 bits

// The large pixels one small pixel is made of, and their shares, which sum to about 2^22.
struct Footprint {
    Index first = 0;
    std::vector<std::int32_t> weights;
};

// Along one axis, where `length` pixels become `size`: of `count` small pixels from `begin` on.
std::vector<Footprint> footprints(Index length, Index size, Index begin, Index count) {
    const double scale = static_cast<double>(length) / static_cast<double>(size), reach = std::max(scale, 1.0);
    std::vector<Footprint> result(count);
    for (Index i = 0; i < count; ++i) {
        const double centre = (static_cast<double>(begin + i) + 0.5) * scale;
        const Index first = std::max(static_cast<Index>(centre - reach + 0.5), Index{0});
        const Index end = std::min(static_cast<Index>(centre + reach + 0.5), length);
        std::vector<double> weights;
        double total = 0;
        for (Index j = first; j < end; ++j) {
            weights.push_back(std::max(0.0, 1 - std::abs((static_cast<double>(j) - centre + 0.5) * (1 / reach))));
            total += weights.back();
        }
        result[i].first = first;
        for (const double w : weights)
            result[i].weights.push_back(static_cast<std::int32_t>(0.5 + w / total * (1 << binary_places)));
    }
    return result;
}

std::uint8_t to_byte(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> binary_places, 0, 255));
}

constexpr std::int32_t one_half = 1 << (binary_places - 1);

bool lies_in(const Window& w, Size picture) {
    return w.top >= 0 && w.left >= 0 && w.height >= 1 && w.width >= 1 && w.top + w.height <= picture.height &&
           w.left + w.width <= picture.width;
}

// Along the rows: `count` of the window's rows from `first` on, each a row of small pixels.
Bytes narrowed(const Pixels& picture, const Window& window, Index first, Index count,
               const std::vector<Footprint>& across) {
    Bytes result(count * across.size() * 3);
    std::uint8_t* to = result.data();
    for (Index y = first; y < first + count; ++y) {
        const std::uint8_t* row = &picture.bytes[((window.top + y) * picture.width + window.left) * 3];
        for (const Footprint& footprint : across) {
            std::int32_t sum[3] = {one_half, one_half, one_half};
            const std::uint8_t* from = row + footprint.first * 3;
            for (const std::int32_t weight : footprint.weights) {
                for (Index c = 0; c < 3; ++c) sum[c] += weight * from[c];
                from += 3;
            }
            for (Index c = 0; c < 3; ++c) *to++ = to_byte(sum[c]);
        }
    }
    return result;
}

// What resize.h offers, in one: `part` of what `window` becomes when it is scaled to `size`.
Pixels scaled(const Pixels& picture, const Window& window, Size size, const Window& part) {
    ensure(lies_in(window, picture.size()) && lies_in(part, size), "resize: [", window.height, ",", window.width,
           "] at (", window.top, ",", window.left, ") of [", picture.height, ",", picture.width, "] to [", size.height,
           ",", size.width, "], of it [", part.height, ",", part.width, "] at (", part.top, ",", part.left, ")");
    const auto across = footprints(window.width, size.width, part.left, part.width);
    const auto down = footprints(window.height, size.height, part.top, part.height);
    const Index first = down.front().first;              // of the rows that are needed
    const Index end = down.back().first + static_cast<Index>(down.back().weights.size());
    const Bytes narrow = narrowed(picture, window, first, end - first, across);

    // Along the columns, a row of small pixels at a time.
    const Index row = part.width * 3;
    Pixels result{part.height, part.width, Bytes(part.height * row)};
    std::vector<std::int32_t> sum(row);
    for (Index y = 0; y < part.height; ++y) {
        std::fill(sum.begin(), sum.end(), one_half);
        const std::uint8_t* from = &narrow[(down[y].first - first) * row];
        for (const std::int32_t weight : down[y].weights) {
            for (Index k = 0; k < row; ++k) sum[k] += weight * from[k];
            from += row;
        }
        std::transform(sum.begin(), sum.end(), &result.bytes[y * row], to_byte);
    }
    return result;
}

}  // namespace

Pixels resized(const Pixels& picture, const Window& window, Size size) {
    return scaled(picture, window, size, whole(size));
}

Pixels part_of_resized(const Pixels& picture, Size size, const Window& part) {
    return scaled(picture, whole(picture.size()), size, part);
}

Size with_shorter_side(Size p, Index shorter) {
    return p.height <= p.width ? Size{shorter, p.width * shorter / p.height}
                               : Size{p.height * shorter / p.width, shorter};
}

Pixels fitted(const Pixels& picture, Index shorter, Size part) {
    const Size size = with_shorter_side(picture.size(), shorter);
    return part_of_resized(picture, size, middle(size, part));
}

}  // namespace deepen
