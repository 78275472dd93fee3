#include "resnet/data/augment.h"

#include <limits>
#include <set>

#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Byte k of a [5,7,3] picture is k + 1, so that no byte looks like the border.
Bytes counting() {
    Bytes picture(5 * 7 * 3);
    for (std::size_t k = 0; k < picture.size(); ++k) picture[k] = static_cast<std::uint8_t>(k + 1);
    return picture;
}

std::vector<Real> seen(const View& view, const Preprocessing& preprocessing = bytes_as_they_are) {
    std::vector<Real> out(5 * 7 * 3, Real(-1000));
    Normaliser(preprocessing, 5, 7).write(counting(), view, out.data());
    return out;
}

TEST(Augment, ShowsEveryWindowOfThePaddedPictureAndItsMirror) {
    const Bytes picture = counting();
    for (Index down = -4; down <= 4; ++down) {
        for (Index right = -4; right <= 4; ++right) {
            for (const bool mirrored : {false, true}) {
                const std::vector<Real> out = seen({down, right, mirrored});
                for (Index y = 0; y < 5; ++y) {
                    for (Index x = 0; x < 7; ++x) {
                        const Index from_y = y + down, from_x = (mirrored ? 6 - x : x) + right;
                        const bool inside = from_y >= 0 && from_y < 5 && from_x >= 0 && from_x < 7;
                        for (Index c = 0; c < 3; ++c) {
                            const Real expected = inside ? picture[(from_y * 7 + from_x) * 3 + c] : 0;
                            ASSERT_NEAR(out[(y * 7 + x) * 3 + c], expected, 1e-4)
                                << down << " " << right << " " << mirrored;
                        }
                    }
                }
            }
        }
    }
}

TEST(Augment, StaysInsidePicturesSmallerThanTheBorder) {
    const Bytes picture = {1, 2, 3, 4, 5, 6};
    for (Index right = -4; right <= 4; ++right) {
        std::vector<Real> out(8, Real(-1));
        Normaliser(bytes_as_they_are, 1, 2).write(picture, {0, right, false}, out.data() + 1);
        EXPECT_EQ(out.front(), -1);
        EXPECT_EQ(out.back(), -1);
        for (Index k = 0; k < 6; ++k) {
            const Index from = k + 3 * right;
            EXPECT_NEAR(out[1 + k], from >= 0 && from < 6 ? picture[from] : 0, 1e-5);
        }
    }
}

TEST(Augment, NormalisesAPixelByWhereItStoodInThePicture) {
    Preprocessing per_pixel{{}, {1, 1, 1}};
    for (const std::uint8_t byte : counting()) per_pixel.mean.push_back(byte / Real(255));
    for (const Real v : seen({2, -3, true}, per_pixel)) EXPECT_NEAR(v, 0, 1e-6);
}

TEST(Augment, FollowsTheFormula) {
    const Preprocessing p{{Real(0.1), Real(0.2), Real(0.3)}, {Real(0.5), Real(0.25), Real(2)}};
    const std::vector<Real> out = seen({}, p);
    const Bytes picture = counting();
    for (std::size_t k = 0; k < picture.size(); ++k) {
        EXPECT_NEAR(out[k], (picture[k] / 255.0 - p.mean[k % 3]) / p.deviation[k % 3], 1e-6);
    }
}

TEST(Augment, DrawsEveryWindowAboutEquallyOften) {
    std::vector<int> down(9), right(9);
    int mirrored = 0;
    for (Index i = 0; i < 9000; ++i) {
        const View view = random_view(1, i / 100, i % 100);
        ++down.at(view.down + 4);
        ++right.at(view.right + 4);
        mirrored += view.mirrored;
    }
    for (int k = 0; k < 9; ++k) {
        EXPECT_NEAR(down[k], 1000, 120);
        EXPECT_NEAR(right[k], 1000, 120);
    }
    EXPECT_NEAR(mirrored, 4500, 200);
}

TEST(Augment, DrawsAnewForEverySeedEpochAndPicture) {
    const auto all = [](std::uint64_t seed, Index epoch, Index first) {
        std::vector<Index> drawn;
        for (Index i = first; i < first + 20; ++i) {
            const View view = random_view(seed, epoch, i);
            drawn.insert(drawn.end(), {view.down, view.right, view.mirrored});
        }
        return drawn;
    };
    EXPECT_EQ(all(1, 2, 3), all(1, 2, 3));
    EXPECT_EQ((std::set{all(1, 2, 3), all(9, 2, 3), all(1, 9, 3), all(1, 2, 9)}).size(), 4u);
}

TEST(Augment, RefusesPreprocessingThatDoesNotFit) {
    const auto message = [](std::size_t means, std::vector<Real> deviation) {
        return refusal_of([&] { Normaliser({std::vector<Real>(means), deviation}, 5, 7); });
    };
    expect_mentions(message(4, {1, 1, 1}),
                    "4 means and 3 deviations; pictures of [5,7,3] want 3 or 105 means and 3 deviations");
    expect_mentions(message(3072, {1, 1, 1}), "3072 means");
    expect_mentions(message(3, {1}), "3 means and 1 deviations");
    expect_mentions(message(3, {1, 0, 1}), "a deviation of 0; positive ones were expected");
    expect_mentions(message(3, {1, 1, std::numeric_limits<Real>::quiet_NaN()}), "a deviation of nan");
}

}  // namespace
}  // namespace deepen
