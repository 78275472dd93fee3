#include "resnet/data/example.h"

#include <set>

#include "engine/parallel.h"
#include "resnet/data/data_path.h"
#include "resnet/data/loader.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

constexpr Index size = 12;

// Red grows to the right, green downwards; blue tells the picture.
Bytes gradient(Index height, Index width, int picture) {
    Bytes pixels;
    for (Index y = 0; y < height; ++y)
        for (Index x = 0; x < width; ++x)
            pixels.insert(pixels.end(),
                          {static_cast<std::uint8_t>(250 * x / width), static_cast<std::uint8_t>(250 * y / height),
                           static_cast<std::uint8_t>(10 * picture)});
    return pixels;
}

// Six pictures of different sizes.
DataSplits folder(const Scratch& scratch, bool in_files) {
    for (int i = 0; i < 6; ++i)
        scratch.write("train/" + std::string(i % 2 ? "b/" : "a/") + std::to_string(i) + ".png",
                      png(gradient(20 + 3 * i, 50 - 4 * i, i), 20 + 3 * i, 50 - 4 * i));
    return load_data(scratch.folder(), {.size = size, .shorter_side = 14, .in_files = in_files});
}

std::vector<Real> seen(const PictureSet& set, Augmentation how, Index picture, Index epoch = 1,
                       std::uint64_t seed = 1) {
    std::vector<Real> out(size * size * 3, -1);
    ExampleWriter(set, bytes_as_they_are, how, seed).write(picture, epoch, out.data());
    return out;
}

TEST(Example, WholeIsTheMiddleWhereverThePictureLies) {
    const Scratch scratch;
    const PictureSet in_files = folder(scratch, true).train, in_memory = folder(scratch, false).train;
    for (Index i = 0; i < 6; ++i) {
        EXPECT_EQ(seen(in_files, {}, i), seen(in_memory, {}, i));
        EXPECT_EQ(seen(in_files, {}, i, 1), seen(in_files, {}, i, 2)) << "in every epoch";
        EXPECT_EQ(seen(in_files, {.views = Views::shifted}, i), seen(in_memory, {.views = Views::shifted}, i));
    }
}

TEST(Example, IsAnotherInEveryEpochAndForEverySeedAndTheSameOtherwise) {
    const Scratch scratch;
    const PictureSet set = folder(scratch, true).train;
    const Augmentation all[] = {{.views = Views::shifted},
                                {.views = Views::resized_crop},
                                {.views = Views::scale_jitter},
                                {.views = Views::whole, .colour = 0.4},
                                {.views = Views::whole, .lighting = 0.5},
                                {.views = Views::resized_crop, .colour = 0.4, .lighting = 0.1}};
    for (const Augmentation& how : all) {
        EXPECT_EQ(seen(set, how, 2, 3, 4), seen(set, how, 2, 3, 4));
        std::set<std::vector<Real>> different;
        for (int k = 0; k < 8; ++k) different.insert({seen(set, how, 2, 3 + k, 4), seen(set, how, 2, 3, 4 + k)});
        EXPECT_GE(different.size(), 12u) << name_of(how.views);
    }
}

// A window of the gradient: red rises, or falls in a mirror, about as often; and its range is the window's.
TEST(Example, ShowsPartsOfThePictureHalfOfThemMirrored) {
    const Scratch scratch;
    const PictureSet set = folder(scratch, true).train;
    for (const Views views : {Views::resized_crop, Views::scale_jitter}) {
        int mirrored = 0;
        for (Index epoch = 0; epoch < 400; ++epoch) {
            const std::vector<Real> v = seen(set, {.views = views}, 0, epoch);
            const Real left = v[0], right = v[(size - 1) * 3];
            EXPECT_NE(left, right);
            mirrored += left > right;
            EXPECT_GT(v[(size - 1) * size * 3 + 1], v[1]) << "green grows downwards in any window";
        }
        EXPECT_NEAR(mirrored, 200, 40) << name_of(views);
    }
}

TEST(Example, OfASmallPictureIsMadeLargerWhereTheNetWantsMore) {
    const Scratch scratch;
    scratch.write("train/a/1.png", png(plain_pixels(1, 1, 9, 8, 7), 1, 1));
    const PictureSet set = load_data(scratch.folder(), {.size = size, .in_files = true}).train;
    for (const Views views : {Views::whole, Views::resized_crop, Views::scale_jitter}) {
        const std::vector<Real> v = seen(set, {.views = views}, 0);
        for (std::size_t k = 0; k < v.size(); ++k) EXPECT_NEAR(v[k], 9 - static_cast<int>(k % 3), 1e-4);
    }
}

TEST(Loader, DecodesTheSameBitsAtAnyNumberOfThreadsAndBatchSize) {
    const Scratch scratch;
    const PictureSet set = folder(scratch, true).train;
    const auto epoch = [&](int count, Index batch = 4) {
        set_threads(count);
        Loader loader(set, bytes_as_they_are,
                      {.batch = batch, .shuffle = true, .augment = {.views = Views::resized_crop, .colour = 0.4}});
        loader.start(1);
        std::vector<Real> all;
        for (Batch b; loader.next(b);) {
            const std::vector<Real> x = b.x.values();
            all.insert(all.end(), x.begin(), x.end());
        }
        return all;
    };
    const int before = threads();
    const auto expected = epoch(1);
    EXPECT_EQ(expected.size(), 6u * size * size * 3);
    for (const int count : {2, 3, 7}) EXPECT_EQ(epoch(count), expected);
    EXPECT_EQ(epoch(3, 5), expected);
    set_threads(before);
}

TEST(Loader, NamesTheFirstPictureOfABatchThatWentBadMeanwhile) {
    const Scratch scratch;
    const PictureSet set = folder(scratch, true).train;
    scratch.write("train/b/1.png", "not any more");
    std::filesystem::remove(scratch / "train/b/5.png");
    const int before = threads();
    for (const int count : {1, 3}) {
        set_threads(count);
        Loader loader(set, bytes_as_they_are, {.batch = 6});
        loader.start(0);
        Batch batch;
        expect_mentions(refusal_of([&] { loader.next(batch); }),
                        "train/b/1.png: it has changed since this program looked at it first");
    }
    set_threads(before);
}

}  // namespace
}  // namespace deepen
