// How are the mean and the deviation of the training pictures computed?
//
// Sums of bytes are taken as whole numbers: exact, so in any order, and on any number of threads, the
// same.  Only the last division is done in floating point.
//
//     mean = sum b / n / 255        deviation^2 = (sum b^2 / n - (sum b / n)^2) / 255^2
#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/parallel.h"
#include "resnet/data/pictures.h"

namespace deepen {
namespace {

constexpr Index chunks = 128;             // however many pictures there are, and at most so many a chunk:
constexpr Index most = 512;

// Adds over pictures: `add(picture, sums)` does so for one of them, into `width` sums.
template <class Add>
std::vector<std::uint64_t> sum_over_pictures(const PictureSet& set, Index width, Add add) {
    require(set.count() > 0, "preprocessing: there are no training pictures to take a mean of.");
    const Index grain = std::clamp<Index>(set.count() / chunks, 1, most);
    std::vector<std::vector<std::uint64_t>> partial((set.count() + grain - 1) / grain);
    parallel_ranges(set.count(), grain, [&](Index begin, Index end) {
        std::vector<std::uint64_t>& sums = partial[begin / grain];
        sums.resize(width);
        for (Index i = begin; i < end; ++i) {
            if (set.in_files()) add(set.fitted(i).bytes, sums.data());
            else add(set.picture(i), sums.data());
        }
    });
    std::vector<std::uint64_t> total(width);
    for (const auto& sums : partial) {
        for (Index k = 0; k < width; ++k) total[k] += sums[k];
    }
    return total;
}

}  // namespace

Preprocessing Preprocessing::per_channel(const PictureSet& train) {
    // Three sums, then three sums of squares.
    const auto sums = sum_over_pictures(train, 6, [](std::span<const std::uint8_t> picture, std::uint64_t* sums) {
        std::uint64_t part[6] = {};
        for (std::size_t p = 0; p < picture.size(); p += 3) {
            for (int c = 0; c < 3; ++c) {
                const std::uint32_t byte = picture[p + c];
                part[c] += byte;
                part[3 + c] += byte * byte;
            }
        }
        for (int k = 0; k < 6; ++k) sums[k] += part[k];
    });
    const double n = static_cast<double>(train.count() * train.height * train.width);
    Preprocessing result;
    for (int c = 0; c < 3; ++c) {
        const double mean = static_cast<double>(sums[c]) / n;
        const double variance = static_cast<double>(sums[3 + c]) / n - mean * mean;
        result.mean.push_back(static_cast<Real>(mean / 255));
        result.deviation.push_back(variance > 0 ? static_cast<Real>(std::sqrt(variance) / 255) : Real(1));
    }
    return result;
}

Preprocessing Preprocessing::imagenet() {
    return {{Real(0.485), Real(0.456), Real(0.406)}, {Real(0.229), Real(0.224), Real(0.225)}};
}

Preprocessing Preprocessing::per_pixel(const PictureSet& train) {
    const Index width = train.bytes_per_picture();
    const auto sums =
        sum_over_pictures(train, width, [width](std::span<const std::uint8_t> picture, std::uint64_t* sums) {
            for (Index k = 0; k < width; ++k) sums[k] += picture[k];
        });
    const double n = static_cast<double>(train.count());
    Preprocessing result;
    for (const std::uint64_t sum : sums) result.mean.push_back(static_cast<Real>(static_cast<double>(sum) / n / 255));
    result.deviation.assign(3, Real(1));
    return result;
}

}  // namespace deepen
