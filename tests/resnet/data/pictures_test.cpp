#include "resnet/data/pictures.h"

#include <cmath>

#include "engine/parallel.h"
#include "resnet/data/data_path.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

PictureSet two_by_one(std::vector<std::uint8_t> pixels) {
    PictureSet set;
    set.height = 1;
    set.width = 2;
    set.labels.assign(pixels.size() / 6, 0);
    set.pixels = std::move(pixels);
    set.classes = {"only"};
    return set;
}

TEST(Pictures, ListWhatWasLookedForWhenNothingFits) {
    const Scratch scratch;
    const std::string nothing = refusal_of([] { load_data("/nowhere/at/all"); });
    expect_mentions(nothing, "/nowhere/at/all is not there");
    for (const char* source :
         {"\"synthetic\"", "\"cifar10\"", "data_batch_1.bin", ".tar.gz", ".bin file", "train/ and test/"}) {
        expect_mentions(nothing, source);
    }
    expect_mentions(refusal_of([&] { load_data(scratch.folder()); }), "holds nothing that is read here");
    expect_mentions(refusal_of([&] { load_data(scratch.write("a.zip", "PK")); }),
                    "a.zip holds nothing that is read here");
}

TEST(Pictures, RefuseToShowWhatTheyDoNotHave) {
    PictureSet set = two_by_one({1, 2, 3, 4, 5, 6});
    EXPECT_EQ(set.picture(0)[5], 6);
    expect_mentions(refusal_of([&] { set.picture(1); }), "picture 1 asked for, the set has 1");
    expect_mentions(refusal_of([&] { set.picture(-1); }), "picture -1 asked for");
    set.pixels.pop_back();
    expect_mentions(refusal_of([&] { set.picture(0); }), "1 of 6 bytes should be 6 bytes, there are 5");
}

TEST(Preprocessing, TakesMeanAndDeviationOfEachChannel) {
    const auto p = Preprocessing::per_channel(two_by_one({0, 10, 7, 255, 20, 7, 0, 30, 7, 255, 40, 7}));
    ASSERT_EQ(p.mean.size(), 3u);
    EXPECT_NEAR(p.mean[0], 0.5, 1e-6);
    EXPECT_NEAR(p.mean[1], 25.0 / 255, 1e-6);
    EXPECT_NEAR(p.mean[2], 7.0 / 255, 1e-6);
    EXPECT_NEAR(p.deviation[0], 0.5, 1e-6);
    EXPECT_NEAR(p.deviation[1], std::sqrt(125.0) / 255, 1e-6);
    EXPECT_EQ(p.deviation[2], 1) << "a channel that never varies";
}

TEST(Preprocessing, TakesTheMeanOfEachPixel) {
    const auto p = Preprocessing::per_pixel(two_by_one({0, 10, 7, 255, 20, 7, 51, 30, 7, 153, 40, 8}));
    const std::vector<double> expected = {25.5, 20, 7, 204, 30, 7.5};
    ASSERT_EQ(p.mean.size(), 6u);
    for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(p.mean[k], expected[k] / 255, 1e-6);
    EXPECT_EQ(p.deviation, (std::vector<Real>{1, 1, 1}));
}

TEST(Preprocessing, DoesNotDependOnThreads) {
    const PictureSet set = load_data("synthetic", {.train_count = 1500, .test_count = 0}).train;
    const int before = threads();
    set_threads(1);
    const auto channels = Preprocessing::per_channel(set), pixels = Preprocessing::per_pixel(set);
    set_threads(3);
    EXPECT_EQ(Preprocessing::per_channel(set).deviation, channels.deviation);
    EXPECT_EQ(Preprocessing::per_channel(set).mean, channels.mean);
    EXPECT_EQ(Preprocessing::per_pixel(set).mean, pixels.mean);
    set_threads(before);
}

TEST(Preprocessing, RefusesAnEmptySet) {
    expect_mentions(refusal_of([] { Preprocessing::per_channel(two_by_one({})); }),
                    "no training pictures to take a mean of");
    expect_mentions(refusal_of([] { Preprocessing::per_pixel(two_by_one({})); }),
                    "no training pictures to take a mean of");
}

}  // namespace
}  // namespace deepen
