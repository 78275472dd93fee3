#include "resnet/data/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/error.h"

namespace deepen {
namespace {

// The large pixels one small pixel is made of, and their shares, which sum to 1.
struct Footprint {
    Index first = 0;
    std::vector<float> weights;
};

// Along one axis of `length` pixels.
std::vector<Footprint> footprints(Index length, double scale, Index size) {
    const double reach = std::max(scale, 1.0);
    std::vector<Footprint> result(size);
    for (Index i = 0; i < size; ++i) {
        const double centre = 0.5 * length + (i + 0.5 - 0.5 * size) * scale;
        const Index first = std::clamp<Index>(static_cast<Index>(std::floor(centre - reach)), 0, length - 1);
        const Index last = std::clamp<Index>(static_cast<Index>(std::ceil(centre + reach)), 0, length - 1);
        const auto triangle = [&](Index j) { return std::max(0.0, 1 - std::abs(j + 0.5 - centre) / reach); };
        double total = 0;
        for (Index j = first; j <= last; ++j) total += triangle(j);
        result[i].first = first;
        for (Index j = first; j <= last; ++j) result[i].weights.push_back(static_cast<float>(triangle(j) / total));
    }
    return result;
}

}  // namespace

void scale_and_crop(std::span<const std::uint8_t> picture, Index height, Index width, Index size,
                    std::span<std::uint8_t> out) {
    ensure(height >= 1 && width >= 1 && size >= 1, "resize: [", height, ",", width, ",3] to ", size);
    const auto bytes_in = static_cast<Index>(picture.size()), bytes_out = static_cast<Index>(out.size());
    ensure(bytes_in == height * width * 3 && bytes_out == size * size * 3, "resize: ", bytes_in, " bytes in, ",
           bytes_out, " bytes out for [", height, ",", width, ",3] to ", size);
    const double scale = static_cast<double>(std::min(height, width)) / size;

    // Along the rows: [height,width,3] -> [height,size,3].
    const auto across = footprints(width, scale, size);
    std::vector<float> narrow(height * size * 3);
    for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < size; ++x) {
            float* sum = &narrow[(y * size + x) * 3];
            const std::uint8_t* from = &picture[(y * width + across[x].first) * 3];
            for (const float weight : across[x].weights) {
                for (Index c = 0; c < 3; ++c) sum[c] += weight * from[c];
                from += 3;
            }
        }
    }

    // Along the columns: [height,size,3] -> [size,size,3].
    const auto down = footprints(height, scale, size);
    std::vector<float> row(size * 3);
    for (Index y = 0; y < size; ++y) {
        std::fill(row.begin(), row.end(), 0.0f);
        const float* from = &narrow[down[y].first * size * 3];
        for (const float weight : down[y].weights) {
            for (Index k = 0; k < size * 3; ++k) row[k] += weight * from[k];
            from += size * 3;
        }
        for (Index k = 0; k < size * 3; ++k) {
            out[y * size * 3 + k] = static_cast<std::uint8_t>(std::clamp(row[k] + 0.5f, 0.0f, 255.0f));
        }
    }
}

}  // namespace deepen
