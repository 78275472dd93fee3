#include "resnet/data/loader.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "engine/parallel.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Picture i is of one colour, i, and has label i.
PictureSet numbered(int count) {
    PictureSet set;
    set.height = set.width = 6;
    for (int i = 0; i < count; ++i) {
        set.labels.push_back(i);
        set.classes.push_back(std::to_string(i));
        set.pixels.insert(set.pixels.end(), set.bytes_per_picture(), static_cast<std::uint8_t>(i));
    }
    return set;
}

struct Seen {
    std::vector<std::vector<int>> labels;
    std::vector<std::vector<Real>> x;
    bool operator==(const Seen&) const = default;
};

Seen rest_of_epoch(Loader& loader) {
    Seen seen;
    for (Batch batch; loader.next(batch);) {
        seen.labels.push_back(batch.labels);
        seen.x.push_back(batch.x.values());
    }
    return seen;
}

Seen epoch(Loader& loader, Index number, Index first_batch = 0) {
    loader.start(number, first_batch);
    return rest_of_epoch(loader);
}

TEST(Loader, DealsPicturesInOrderWithTheirLabels) {
    const PictureSet set = numbered(10);
    Loader loader(set, bytes_as_they_are, {.batch = 4});
    EXPECT_EQ(loader.batches(), 3);
    loader.start(0);
    Batch batch;
    ASSERT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.x.shape(), (Shape{4, 6, 6, 3}));
    EXPECT_EQ(batch.labels, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_NEAR(batch.x.at({2, 5, 5, 2}), 2, 1e-5);
    ASSERT_TRUE(loader.next(batch));
    ASSERT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.x.shape(), (Shape{2, 6, 6, 3}));
    EXPECT_EQ(batch.labels, (std::vector<int>{8, 9}));
    EXPECT_FALSE(loader.next(batch));
    EXPECT_FALSE(loader.next(batch));
}

TEST(Loader, LeavesOutAnIncompleteLastBatchIfAsked) {
    const PictureSet set = numbered(10);
    Loader loader(set, bytes_as_they_are, {.batch = 4, .drop_last = true});
    EXPECT_EQ(loader.batches(), 2);
    EXPECT_EQ(epoch(loader, 0).labels.size(), 2u);
}

TEST(Loader, ShufflesEveryEpochAnewAndShowsEveryPictureOnce) {
    const PictureSet set = numbered(50);
    Loader loader(set, bytes_as_they_are, {.batch = 50, .shuffle = true});
    auto first = epoch(loader, 1).labels.at(0), second = epoch(loader, 2).labels.at(0);
    EXPECT_NE(first, set.labels);
    EXPECT_NE(first, second);
    EXPECT_EQ(epoch(loader, 1).labels.at(0), first);
    Loader other(set, bytes_as_they_are, {.batch = 50, .shuffle = true, .seed = 2});
    EXPECT_NE(epoch(other, 1).labels.at(0), first);
    std::sort(first.begin(), first.end());
    EXPECT_EQ(first, set.labels);
}

TEST(Loader, ContinuesAnEpochWithTheSameBits) {
    const PictureSet set = numbered(40);
    Loader loader(set, bytes_as_they_are, {.batch = 7, .shuffle = true, .augment = {.views = Views::shifted}});
    const Seen whole = epoch(loader, 3);
    ASSERT_EQ(whole.x.size(), 6u);
    for (std::size_t from = 0; from <= 6; ++from) {
        const Seen tail = epoch(loader, 3, from);
        EXPECT_EQ(tail.labels, std::vector(whole.labels.begin() + from, whole.labels.end()));
        EXPECT_EQ(tail.x, std::vector(whole.x.begin() + from, whole.x.end()));
    }
}

TEST(Loader, GivesTheSameBitsAtAnyBatchSize) {
    const PictureSet set = numbered(24);
    const auto all = [&](Index batch) {
        Loader loader(set, bytes_as_they_are, {.batch = batch, .shuffle = true, .augment = {.views = Views::shifted}});
        std::vector<Real> values;
        for (const auto& x : epoch(loader, 1).x) values.insert(values.end(), x.begin(), x.end());
        return values;
    };
    const auto expected = all(24);
    for (const Index batch : {1, 5, 23, 30}) EXPECT_EQ(all(batch), expected) << batch;
}

TEST(Loader, AugmentsAsManyEpochsAsManyWays) {
    const PictureSet set = numbered(9);
    Loader loader(set, bytes_as_they_are, {.batch = 9, .augment = {.views = Views::shifted}});
    const Seen first = epoch(loader, 1);
    EXPECT_EQ(first.labels.at(0), set.labels);
    EXPECT_NE(first.x, epoch(loader, 2).x);
    EXPECT_EQ(first.x, epoch(loader, 1).x);
}

TEST(Loader, EndsWhatIsInProgressWhenRestartedOrDestroyed) {
    const PictureSet set = numbered(60);
    Batch batch;
    for (int taken = 0; taken < 8; ++taken) {
        Loader loader(set, bytes_as_they_are, {.batch = 2});
        loader.start(0);
        for (int i = 0; i < taken; ++i) ASSERT_TRUE(loader.next(batch));
        loader.start(0, 1);
        ASSERT_TRUE(loader.next(batch));
        EXPECT_EQ(batch.labels, (std::vector<int>{2, 3}));
        if (taken % 2) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    Loader never_started(set, bytes_as_they_are, {});
}

TEST(Loader, EndsWhereItsReaderFails) {
    const PictureSet set = numbered(60);
    const auto fail = [&] {
        Loader loader(set, bytes_as_they_are, {.batch = 2});
        loader.start(0);
        Batch batch;
        loader.next(batch);
        throw Error("the reader failed");
    };
    EXPECT_EQ(refusal_of(fail), "the reader failed");
}

// The thread and the team wait for work that never comes.
TEST(LoaderDeathTest, LetsTheProgramEndInMidEpoch) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto leave = [] {
        const PictureSet set = numbered(60);
        Loader loader(set, bytes_as_they_are, {.batch = 2});
        loader.start(0);
        set_threads(3);
        parallel_for(9, [](Index) {});
        Batch batch;
        loader.next(batch);
        std::exit(3);
    };
    EXPECT_EXIT(leave(), testing::ExitedWithCode(3), "");
}

TEST(Loader, RecyclesTheStorageOfItsBatches) {
    const PictureSet set = numbered(64);
    Loader loader(set, bytes_as_they_are, {.batch = 2});
    memory::release_cached();
    const std::size_t before = memory::statistics().live_bytes;
    memory::reset_peak();
    loader.start(0);
    for (Batch batch; loader.next(batch);) {
    }
    // Three wait, one is being made, one is being handed over, one is in use.
    EXPECT_LE(memory::statistics().peak_bytes - before, 6 * (2 * 6 * 6 * 3 * sizeof(Real) + 64));
}

TEST(Loader, RethrowsWhatGoesWrongOnItsThread) {
    PictureSet set = numbered(20);
    Loader loader(set, bytes_as_they_are, {.batch = 4});
    set.pixels.resize(5);
    loader.start(0);
    Batch batch;
    for (int attempt = 0; attempt < 2; ++attempt) {
        expect_mentions(refusal_of([&] { loader.next(batch); }), "20 of 108 bytes should be 2160 bytes, there are 5");
    }
    set.pixels.resize(2160);
    loader.start(0);
    EXPECT_TRUE(loader.next(batch));
}

TEST(Loader, RefusesWhatItCannotDeal) {
    const PictureSet set = numbered(10), empty = numbered(0);
    const auto message = [](const PictureSet& pictures, const Preprocessing& p, LoaderOptions options) {
        return refusal_of([&] { Loader loader(pictures, p, options); });
    };
    expect_mentions(message(empty, bytes_as_they_are, {}), "loader: the set has no pictures");
    expect_mentions(message(set, bytes_as_they_are, {.batch = 0}), "a batch of 0 asked for");
    expect_mentions(message(set, bytes_as_they_are, {.batch = 11, .drop_last = true}),
                    "10 pictures do not fill one batch of 11");
    expect_mentions(message(set, {{0}, {1, 1, 1}}, {}),
                    "1 means and 3 deviations; pictures of [6,6,3] want 3 or 108 means");
    PictureSet torn = set;
    torn.pixels.pop_back();
    expect_mentions(message(torn, bytes_as_they_are, {}), "should be 1080 bytes, there are 1079");
}

TEST(Loader, RefusesToStartWhereThereIsNothing) {
    const PictureSet set = numbered(10);
    Loader loader(set, bytes_as_they_are, {.batch = 4});
    Batch batch;
    expect_mentions(refusal_of([&] { loader.next(batch); }), "next() was called before start(epoch)");
    expect_mentions(refusal_of([&] { loader.start(0, 4); }), "epoch 0, batch 4 asked for; an epoch has batches 0 to 2");
    expect_mentions(refusal_of([&] { loader.start(-1); }), "epoch -1, batch 0 asked for");
    loader.start(0, 3);
    EXPECT_FALSE(loader.next(batch)) << "right behind the last batch an epoch is over";
}

}  // namespace
}  // namespace deepen
