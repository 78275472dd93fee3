#include "resnet/training/trainer.h"

#include <gtest/gtest.h>

#include "engine/error.h"
#include "resnet/cifar.h"

namespace deepen {
namespace {

struct Fixture {
    DataSplits data = load_data("synthetic", {.train_count = 96, .test_count = 20});
    Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    std::unique_ptr<CifarNet> net = cifar_resnet({.depth = 8, .width = 4});

    History train(TrainingOptions options, const Observer& observer = {}) {
        initialise(*net, 1);
        return Trainer(*net, data, preprocessing, options).run(observer);
    }
};

TEST(Trainer, LearnsItsPicturesByHeart) {
    Fixture f;
    const History history = f.train({.epochs = 40, .batch = 16, .schedule = {.base = 0.05}, .augment = {}});
    ASSERT_EQ(history.size(), 40u);
    EXPECT_EQ(history.back().iteration, 40 * 6);
    EXPECT_LT(history.back().train_error, 0.5 * history.front().train_error);
}

TEST(Trainer, StopsAfterTheIterationsAskedFor) {
    Fixture f;
    const History history = f.train({.epochs = 100, .batch = 16, .max_iterations = 8});
    ASSERT_EQ(history.size(), 2u);
    EXPECT_EQ(history.back().iteration, 8);
}

TEST(Trainer, StopsWhenTheObserverSaysSo) {
    Fixture f;
    int steps = 0;
    Observer observer;
    observer.step = [&](const StepReport&) { ++steps; };
    observer.stop = [&] { return steps == 9; };
    EXPECT_EQ(f.train({.epochs = 100, .batch = 16}, observer).size(), 1u);
    EXPECT_EQ(steps, 9);
}

// Also where an epoch has fewer pictures than the warm-up wants to see.
TEST(Trainer, EndsThePapersWarmUpOnceTheErrorFalls) {
    Fixture f;
    const History history = f.train(
        {.epochs = 40, .batch = 16, .schedule = {.base = 0.05, .warmup_until_learning = true}, .augment = {}});
    EXPECT_EQ(history.front().lr, 0.01);
    EXPECT_EQ(history.back().lr, 0.05);
}

TEST(Trainer, LeavesFrozenPartsInEvaluationMode) {
    Fixture f;
    initialise(*f.net, 1);
    f.net->train();
    f.net->bn1.evaluate();
    evaluate(*f.net, f.data.test, f.preprocessing, 16);
    EXPECT_FALSE(f.net->bn1.training());
    EXPECT_TRUE(f.net->training());
}

TEST(Trainer, RefusesALossThatIsNoNumberAndSaysWhatToTry) {
    Fixture f;
    try {
        f.train({.epochs = 5, .batch = 16, .schedule = {.base = 1e30}});
        FAIL() << "it went on";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("learning rate 1e+30 is probably too large: try a tenth"),
                  std::string::npos)
            << e.what();
    }
}

TEST(Trainer, RefusesOptionsThatMakeNoSense) {
    Fixture f;
    EXPECT_THROW(f.train({.epochs = 0}), Error);
    EXPECT_THROW(f.train({.batch = 0}), Error);
    EXPECT_THROW(f.train({.max_iterations = -1}), Error);
    f.data.train = {};
    EXPECT_THROW(Trainer(*f.net, f.data, f.preprocessing, {}), Error);
}

}  // namespace
}  // namespace deepen
