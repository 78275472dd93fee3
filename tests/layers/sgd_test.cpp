#include "layers/sgd.h"

#include <gtest/gtest.h>

#include "engine/error.h"
#include "layers/schedule.h"

namespace deepen {
namespace {

// Two steps with gradient 1 from w = 1, computed by hand.
double after_two_steps(SgdOptions options, Shape shape = {1, 1}) {
    Tensor w = variable(Tensor::full(shape, 1));
    Sgd sgd({{"w", w}}, options);
    for (int i = 0; i < 2; ++i) {
        w.set_grad(Tensor::ones(shape));
        sgd.step();
    }
    return w.data()[0];
}

TEST(Sgd, FollowsItsFormulas) {
    EXPECT_NEAR(after_two_steps({.lr = 0.1, .momentum = 0, .weight_decay = 0}), 0.8, 1e-6);
    EXPECT_NEAR(after_two_steps({.lr = 0.1, .momentum = 0.5, .weight_decay = 0}), 1 - 0.1 - 0.15, 1e-6);
    EXPECT_NEAR(after_two_steps({.lr = 0.1, .momentum = 0.5, .weight_decay = 0, .nesterov = true}), 1 - 0.15 - 0.175,
                1e-6);
    // Decay adds w to the gradient: 1 - 0.1 (1 + 1) = 0.8, then 0.8 - 0.1 (1 + 0.8) = 0.62.
    EXPECT_NEAR(after_two_steps({.lr = 0.1, .momentum = 0, .weight_decay = 1}), 0.62, 1e-6);
}

TEST(Sgd, CanLeaveNormAndBiasUndecayed) {
    EXPECT_NEAR(after_two_steps({.lr = 0.1, .momentum = 0, .weight_decay = 1, .decay_norm_and_bias = false}, {1}), 0.8,
                1e-6);
    EXPECT_LT(after_two_steps({.lr = 0.1, .momentum = 0, .weight_decay = 1, .decay_norm_and_bias = true}, {1}), 0.7);
}

TEST(Sgd, LeavesAloneWhatNoGradientReached) {
    Tensor w = variable(Tensor::full({2}, 3));
    Sgd sgd({{"w", w}}, {.weight_decay = 1});
    sgd.step();
    EXPECT_EQ(w.values(), (std::vector<Real>{3, 3}));
}

TEST(Sgd, RefusesAbsurdSettings) {
    EXPECT_THROW(Sgd({}, {.lr = -1}), Error);
    EXPECT_THROW(Sgd({}, {.momentum = 1}), Error);
    EXPECT_THROW(Sgd({}, {.weight_decay = -1}), Error);
    EXPECT_THROW(Sgd({}, {.momentum = 0, .nesterov = true}), Error);
}

TEST(Schedule, DividesByTenAtEachMilestone) {
    const Schedule s({.base = 0.1, .kind = ScheduleOptions::Kind::step, .milestones = {32000, 48000}});
    EXPECT_DOUBLE_EQ(s.rate(0), 0.1);
    EXPECT_DOUBLE_EQ(s.rate(31999), 0.1);
    EXPECT_DOUBLE_EQ(s.rate(32000), 0.01);
    EXPECT_NEAR(s.rate(63999), 0.001, 1e-15);
}

TEST(Schedule, CosineFallsFromBaseToZero) {
    const Schedule s({.base = 0.2, .kind = ScheduleOptions::Kind::cosine, .total = 100});
    EXPECT_DOUBLE_EQ(s.rate(0), 0.2);
    EXPECT_NEAR(s.rate(50), 0.1, 1e-12);
    EXPECT_NEAR(s.rate(100), 0, 1e-12);
}

TEST(Schedule, WarmsUpLinearly) {
    const Schedule s({.base = 0.1, .warmup = 10});
    EXPECT_NEAR(s.rate(0), 0.01, 1e-12);
    EXPECT_NEAR(s.rate(4), 0.05, 1e-12);
    EXPECT_NEAR(s.rate(9), 0.1, 1e-12);
    EXPECT_NEAR(s.rate(10), 0.1, 1e-12);
}

TEST(Schedule, ThePapersWarmUpWaitsForTheTrainingErrorToFall) {
    Schedule s({.base = 0.1, .warmup_until_learning = true});
    EXPECT_DOUBLE_EQ(s.rate(0), 0.01);
    s.observe(0.85);
    EXPECT_DOUBLE_EQ(s.rate(100), 0.01);
    s.observe(0.79);
    EXPECT_DOUBLE_EQ(s.rate(400), 0.1);
    s.observe(0.9);
    EXPECT_DOUBLE_EQ(s.rate(500), 0.1) << "once warm, it stays warm";
}

}  // namespace
}  // namespace deepen
