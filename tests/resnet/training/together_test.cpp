// Training on several ranks, as threads of this process: the weights and the log of one.
#include "resnet/training/together.h"

#include <gtest/gtest.h>

#include <atomic>

#include "engine/io/hash.h"
#include "layers/weights.h"
#include "resnet/cifar.h"
#include "resnet/data/data_path.h"
#include "resnet/training/checkpoint.h"
#include "resnet/training/run_folder.h"
#include "tests/engine/rank_threads.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const DataSplits& uneven() {                             // the last batch of an epoch is too small for three shares
    static const DataSplits data = load_data("synthetic", {.train_count = 150, .test_count = 90});
    return data;
}

struct Trained {
    std::string weights, log;
    bool operator==(const Trained&) const = default;
};

// What does not tell of time.
std::string log_of(History history) {
    for (EpochRecord& e : history) e.seconds = 0;
    return history_text(history);
}

Trained train(const Observer& observer = {}, std::uint64_t seed = 1) {
    const auto net = cifar_resnet({.depth = 8, .width = 4});
    initialise(*net, seed);
    const Preprocessing preprocessing = Preprocessing::per_channel(uneven().train);
    Trainer trainer(*net, uneven(), preprocessing, {.epochs = 2, .batch = 64});
    const History history = trainer.run(observer);
    return {hexadecimal(hash_of(state_of(*net))), log_of(history)};
}

TEST(Together, RanksHaveTheWeightsAndTheLogOfOneProcess) {
    const Trained alone = train();
    for (int count : {2, 3, 5}) {
        RankThreads threads(count);
        threads.run([&](int rank) { EXPECT_EQ(train(), alone) << "rank " << rank << " of " << count; });
    }
}

TEST(Together, AllStopAfterTheStepInWhichOneIsAskedTo) {
    RankThreads threads(3);
    threads.run([](int rank) {
        int steps = 0;
        Observer observer;
        observer.step = [&](const StepReport&) { ++steps; };
        observer.stop = [&] { return rank == 2 && steps == 1; };
        train(observer);
        EXPECT_EQ(steps, 2) << "rank " << rank;
    });
}

TEST(Together, RanksWithoutAShareAreTold) {
    RankThreads threads(5);
    threads.run([](int rank) {
        std::string said;
        Observer observer;
        observer.say = [&](const std::string& line) { said += line + "\n"; };
        train(observer);
        EXPECT_EQ(said, "A batch of 64 feeds 2 of these 5 ranks: sums over it are cut into leaves of 32 pictures.  The "
                        "others only wait; a larger batch may feed more.\n")
            << "rank " << rank;
    });
}

TEST(Together, OnlyRankZeroHasAFolder) {
    const Scratch scratch;
    Recipe recipe{.model = {.name = "resnet8", .width = 4}, .training = {.epochs = 2, .batch = 64}};
    const auto alone = scratch / "alone", shared = scratch / "shared";
    train_into(alone, recipe, uneven());

    // Interrupted on three ranks, finished on two.
    RankThreads three(3);
    three.run([&](int rank) {
        int steps = 0;
        Observer observer;
        observer.step = [&](const StepReport&) { ++steps; };
        observer.stop = [&] { return steps == 4; };
        train_into(rank == 0 ? shared : scratch / "nowhere", recipe, uneven(), observer);
    });
    EXPECT_EQ(state_of_run(shared, recipe, uneven())->iteration, 5) << "all learn of it with the sums of the next";
    RankThreads two(2);
    two.run([&](int rank) { train_into(rank == 0 ? shared : scratch / "nowhere", recipe, uneven()); });
    EXPECT_EQ(weights_hash(shared), weights_hash(alone));
    EXPECT_EQ(log_of(read_history(shared / "log.csv")), log_of(read_history(alone / "log.csv")));
    EXPECT_FALSE(std::filesystem::exists(scratch / "nowhere"));
}

TEST(Together, RanksWithOtherSettingsAreNamed) {
    const Scratch scratch;
    RankThreads threads(2);
    threads.run([&](int rank) {
        const Recipe recipe{.model = {.name = "resnet8", .width = 4}, .training = {.epochs = 2, .batch = 64 + rank}};
        try {
            train_into(scratch / "run", recipe, uneven());
            ADD_FAILURE() << "rank " << rank << " went on";
        } catch (const Error& e) {
            const std::string found = rank == 0 ? "  Rank 1 finds that training.batch is 64 there, 65 here." : "";
            const std::string both = "the ranks differ in settings or data: rank 0 (here) and rank 1 (here).";
            EXPECT_EQ(std::string(e.what()).substr(0, (both + found).size()), both + found);
        }
    });
    EXPECT_FALSE(std::filesystem::exists(scratch / "run"));
}

}  // namespace
}  // namespace deepen
