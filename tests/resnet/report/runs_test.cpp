#include "resnet/report/runs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/error.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Runs, OfOneNetDifferInTheirSeedsOnly) {
    const Experiment runs = invented_experiment();
    const std::vector<Net> nets = nets_of(runs);
    ASSERT_EQ(nets.size(), 4u);
    EXPECT_EQ(nets[0].name(), "plain-20");
    EXPECT_EQ(nets[1].name(), "plain-56");
    EXPECT_EQ(nets[2].name(), "resnet-20");
    EXPECT_EQ(nets[3].name(), "resnet-56");
    for (const Net& net : nets) {
        ASSERT_EQ(net.runs.size(), 2u);
        EXPECT_EQ(net.runs[0]->seed, 1u);
        EXPECT_EQ(net.runs[1]->seed, 2u);
    }
    const Spread s = at(nets[0], 3, &EpochRecord::train_error);
    EXPECT_DOUBLE_EQ(s.mean, 0.41);
    EXPECT_EQ(s.low, 0.40);
    EXPECT_EQ(s.high, 0.42);
}

TEST(Runs, AreComparedWhereAllOfThemHaveBeen) {
    const Experiment runs = {invented_run("plain", 20, 1, {0.6, 0.5, 0.4}), invented_run("plain", 56, 1, {0.9, 0.8}),
                                   invented_run("plain", 110, 1, {})};
    EXPECT_EQ(nets_of(runs).size(), 2u) << "a run without an epoch has nothing to say";
    EXPECT_EQ(last_shared_epoch(nets_of(runs)), 2);
    EXPECT_EQ(last_shared_epoch({}), 0);
}

TEST(Runs, HideNoDivergedSeedInAMean) {
    EXPECT_TRUE(std::isnan(spread({0.5, NAN}).mean));
    EXPECT_TRUE(std::isnan(spread({}).low));
}

TEST(Runs, AreRefusedWhenTheyCannotBeToldApart) {
    const auto message = [](const Experiment& runs) { return refusal_of([&] { nets_of(runs); }); };
    EXPECT_EQ(message({invented_run("dense", 40, 1, {0.5})}),
              "run of a dense-40: expected the kind plain or residual.");
    EXPECT_EQ(message({invented_run("residual", 20, 7, {0.5}), invented_run("residual", 20, 7, {0.6})}),
              "two runs of resnet-20 have the seed 7: they are the same run.  Try another seed for one of them.");
    deepen::Run gap = invented_run("plain", 20, 1, {0.5, 0.4});
    gap.history[1].epoch = 3;
    EXPECT_EQ(message({gap}), "run plain-20, seed 1: expected epoch 2 in row 2 of its history, found 3.");
}

}  // namespace
}  // namespace deepen
