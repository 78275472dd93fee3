#include "resnet/training/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/autograd.h"
#include "engine/io/hash.h"
#include "layers/weights.h"
#include "resnet/cifar.h"
#include "resnet/data/data_path.h"
#include "tests/scratch.h"

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
    f.data = load_data("synthetic", {.train_count = 32, .test_count = 0});
    const ScheduleOptions falls{.base = 0.05, .kind = ScheduleOptions::Kind::step, .milestones = {150}};
    const History history = f.train({.epochs = 100, .batch = 16, .schedule = falls, .augment = {}});
    ASSERT_EQ(history.size(), 100u);
    EXPECT_EQ(history.back().iteration, 100 * 2);
    EXPECT_GT(history.front().train_error, 0.5);
    EXPECT_LE(history.back().train_error, 1. / 32);
}

TEST(Trainer, TakesAStepForAnIncompleteBatchToo) {
    EXPECT_EQ(steps_per_epoch(50000, 128), 391);
    EXPECT_EQ(steps_per_epoch(96, 16), 6);
    EXPECT_EQ(steps_per_epoch(1, 16), 1);
    Fixture f;
    const History history = f.train({.epochs = 1, .batch = 20});
    EXPECT_EQ(history.back().iteration, steps_per_epoch(96, 20));
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

TEST(Trainer, NamesStepLayerAndFirstOpOfALossThatIsNoNumber) {
    Fixture f;
    for (const bool detect : {false, true}) {
        initialise(*f.net, 1);
        for (NamedTensor& p : named_parameters(*f.net))  // so large a filter that its convolution overflows
            if (p.name == "layer2.0.conv2.weight")
                for (Real& v : p.tensor.data()) v = std::numeric_limits<Real>::max();
        Trainer trainer(*f.net, f.data, f.preprocessing, {.epochs = 1, .batch = 16, .detect_anomaly = detect});
        const std::string message = refusal_of([&] { trainer.run(); });
        expect_mentions(message, "training: iteration 1 (epoch 1, step 1): ");
        if (!detect) expect_mentions(message, "step 1): the loss is ");
        expect_mentions(message, " in layer2.0.conv2 made ");
        expect_mentions(message, "try a tenth of it, or a warm-up");
    }
}

// A net with one more parameter, whose gradient is what a test wants: it adds nothing to the logits.
class WithGradient : public Module {
public:
    WithGradient(Module& net, Real weight, Real gradient)
        : net_(net), weight_(variable(Tensor::full({1}, weight))), gradient_(gradient) {}

    Tensor forward(const Tensor& x) override {
        return record("own", net_(x).clone(), {weight_}, [gradient = gradient_](Gradients& d) {
            d.input(0)[0] += gradient;
        });
    }
    void visit(Visitor& v) override { v.parameter("own", weight_); }
    std::string_view type() const override { return "WithGradient"; }

private:
    Module& net_;
    Tensor weight_;
    Real gradient_;
};

// The loss stays finite; only the gradient is not, or only what the step makes of it.
TEST(Trainer, RefusesAGradientOrAWeightThatAloneIsNoNumber) {
    Fixture f;
    initialise(*f.net, 1);
    f.net->freeze();
    const auto refusal = [&](Real weight, Real gradient, double lr) {
        WithGradient net(*f.net, weight, gradient);
        Trainer trainer(net, f.data, f.preprocessing, {.epochs = 1, .batch = 16, .schedule = {.base = lr}});
        return refusal_of([&] { trainer.run(); });
    };
    constexpr Real most = std::numeric_limits<Real>::max(), nan = std::numeric_limits<Real>::quiet_NaN();
    expect_mentions(refusal(1, nan, 0.1), "training: iteration 1 (epoch 1, step 1): the gradient of own holds nan.");
    expect_mentions(refusal(1, most * 2, 0.1), "the gradient of own holds inf.");
    expect_mentions(refusal(most, -most, 1), "step 1): after the step, own holds inf.");
    EXPECT_EQ(refusal(1, 1, 0.1), nothing_refused);
}

TEST(Trainer, RefusesRunningStatisticsThatAreNoNumbers) {
    Fixture f;
    initialise(*f.net, 1);
    for (NamedTensor& b : named_buffers(*f.net)) {
        if (b.name != "bn1.running_mean") continue;
        b.tensor.data()[0] = std::numeric_limits<Real>::infinity();    // training does not read it
        Trainer trainer(*f.net, f.data, f.preprocessing, {.epochs = 1, .batch = 16});
        expect_mentions(refusal_of([&] { trainer.run(); }), "after the step, bn1.running_mean holds inf.");
    }
}

// One step, after which all weights are finite, but no picture's logits.
TEST(Trainer, RefusesALastTestWhoseLossIsNoNumber) {
    Fixture f;
    const std::string message = refusal_of([&] { f.train({.epochs = 1, .batch = 96, .schedule = {.base = 1e30}}); });
    expect_mentions(message, "training: test after epoch 1: the mean loss is ");
    expect_mentions(message, ", by running statistics of 1 step.  The learning rate 1e+30 is probably too large");
}

TEST(Trainer, WarnsOfATestWhoseLossIsNoNumber) {
    Fixture f;
    std::vector<std::string> said;
    int tests = 0;
    Observer observer;
    observer.say = [&](const std::string& line) { said.push_back(line); };
    observer.evaluating = [&] {                          // running statistics that training does not look at
        for (NamedTensor& b : named_buffers(*f.net))
            if (b.name.ends_with("running_mean"))
                for (Real& v : b.tensor.data()) v = tests == 0 ? std::numeric_limits<Real>::lowest() : 0;
        ++tests;
    };
    const History history = f.train({.epochs = 2, .batch = 16, .schedule = {.base = 0.05}}, observer);
    ASSERT_EQ(history.size(), 2u);
    EXPECT_FALSE(std::isfinite(history[0].test_loss));
    EXPECT_TRUE(std::isfinite(history[1].test_loss));
    ASSERT_EQ(said.size(), 1u);
    expect_mentions(said[0], "test after epoch 1: the mean loss is ");
    expect_mentions(said[0], ", by running statistics of 6 steps.");
}

TEST(Trainer, WarnsOfALossThatExplodes) {
    Fixture f;
    std::vector<std::string> said;
    Observer observer;
    observer.say = [&](const std::string& line) { said.push_back(line); };
    f.train({.epochs = 1, .batch = 16, .schedule = {.base = 30}}, observer);
    ASSERT_EQ(said.size(), 1u);
    expect_mentions(said[0], "a guess would have 2.30259.  The learning rate 30 may be too large");
    said.clear();
    f.train({.epochs = 2, .batch = 16, .schedule = {.base = 0.05}}, observer);
    EXPECT_TRUE(said.empty());
}

TEST(Trainer, GivesTheSameBitsWhileItLooksForAnomalies) {
    Fixture f;
    f.train({.epochs = 1, .batch = 16});
    const std::uint64_t plain = hash_of(state_of(*f.net));
    f.train({.epochs = 1, .batch = 16, .detect_anomaly = true});
    EXPECT_EQ(hash_of(state_of(*f.net)), plain);
}

TEST(Trainer, LeavesNothingBehindWhereverMemoryEnds) {
    Fixture f;
    initialise(*f.net, 1);
    Batch batch{Tensor::ones({4, 32, 32, 3}), {0, 1, 2, 3}};
    Trainer trainer(*f.net, f.data, f.preprocessing, {.batch = 4});
    Evaluation running;
    trainer.step(batch, running);                        // gradients have their storage now
    const std::size_t before = memory::statistics().live_bytes;
    int failures = 0;
    for (bool went_through = false; !went_through; ++failures) {
        memory::fail_after(failures);
        const std::string message = refusal_of([&] { trainer.step(batch, running); });
        memory::fail_after(-1);
        went_through = message == nothing_refused;
        if (!went_through) expect_mentions(message, "out of memory: ");
    }
    EXPECT_GT(failures, 20);
    for (const NamedTensor& p : named_parameters(*f.net))
        EXPECT_EQ(first_not_finite(p.tensor.data()), static_cast<std::size_t>(p.tensor.size())) << p.name;
    EXPECT_LE(memory::statistics().live_bytes, before);
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
