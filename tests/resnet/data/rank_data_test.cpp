// Do ranks without pictures get those of rank 0?
#include "resnet/data/rank_data.h"

#include <gtest/gtest.h>

#include <atomic>

#include "engine/error.h"
#include "resnet/data/data_path.h"
#include "tests/engine/rank_threads.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

struct RankData : testing::Test {
    DataSplits data = load_data("synthetic", {.train_count = 6000, .test_count = 70});   // 18 MB: two messages

    // What rank `rank` of three gets, or is told, if only some have the pictures.
    DataSplits loaded(const std::vector<bool>& has, int rank) {
        return load_on_ranks(
            [&]() -> DataSplits {
                require(has[static_cast<std::size_t>(rank)], "no pictures on rank ", rank, ".");
                return data;
            },
            [&](int without) { told += without; });
    }
    std::atomic<int> told = 0;
};

void expect_same(const PictureSet& a, const PictureSet& b) {
    EXPECT_EQ(a.height, b.height);
    EXPECT_EQ(a.width, b.width);
    EXPECT_EQ(a.pixels, b.pixels);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.classes, b.classes);
}

TEST_F(RankData, IsRankZerosWhereAnotherHasNone) {
    using Has = std::vector<bool>;
    for (const Has& has : {Has{true, true, true}, Has{true, false, true}, Has{true, false, false}}) {
        told = 0;
        RankThreads ranks(3);
        ranks.run([&](int rank) {
            const DataSplits got = loaded(has, rank);
            expect_same(got.train, data.train);
            expect_same(got.test, data.test);
        });
        EXPECT_EQ(told, 3 * std::count(has.begin(), has.end(), false));
    }
}

TEST_F(RankData, IsLoadedByAProcessThatIsAlone) {
    expect_same(loaded({true}, 0).train, data.train);
    EXPECT_EQ(refusal_of([&] { loaded({false}, 0); }), "no pictures on rank 0.");
}

// Each says why, as rank 0 does not wait for the others.
TEST_F(RankData, IsRefusedOnEveryRankWhereItCannotBeSent) {
    RankThreads(3).run([&](int rank) {
        const std::string message = refusal_of([&] { loaded({false, true, false}, rank); });
        EXPECT_EQ(message, rank == 1 ? "rank 0 cannot read the pictures." : text("no pictures on rank ", rank, "."));
    });
    data.train.decoded = true;
    RankThreads(3).run([&](int rank) {
        const std::string message = refusal_of([&] { loaded({true, true, false}, rank); });
        expect_mentions(message, "1 of 3 ranks cannot read the pictures");
        expect_mentions(message, "Copy the folder to each machine");
        EXPECT_EQ(has(message, "no pictures on rank 2"), rank == 2);
    });
    EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace deepen
