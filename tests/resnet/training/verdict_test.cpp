#include "resnet/training/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/resnet/training/invented.h"

namespace deepen {
namespace {

// Runs of one epoch: for each of plain-20, plain-56, resnet-20, resnet-56 its errors by seed, in percent.
Experiment experiment(const std::vector<double>& plain20, const std::vector<double>& plain56,
                            const std::vector<double>& resnet20, const std::vector<double>& resnet56) {
    Experiment runs;
    const auto add = [&](const std::string& kind, int depth, const std::vector<double>& errors) {
        for (std::size_t i = 0; i < errors.size(); ++i)
            runs.push_back(invented_run(kind, depth, i + 1, {errors[i] / 100}));
    };
    add("plain", 20, plain20), add("plain", 56, plain56), add("residual", 20, resnet20), add("residual", 56, resnet56);
    return runs;
}

TEST(Verdict, HoldsWhereAllSeedsAgree) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {21, 23}, {20, 20}));
    EXPECT_EQ(v.epoch, 1);
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    EXPECT_EQ(v.degradation.finding,
              "Holds on 2 of 2 seeds: plain-56 has on average 41.0 points more training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(v.remedy.finding,
              "Holds on 2 of 2 seeds: resnet-56 has on average 42.0 points less training error than plain-56, "
              "and 2.0 points less than resnet-20.");
}

TEST(Verdict, SaysHowManySeedsAgree) {
    const Verdict v = judge(experiment({20, 20, 20}, {30, 30, 19}, {15, 15, 15}, {14, 14, 25}));
    EXPECT_EQ(v.degradation.outcome, Outcome::in_part);
    EXPECT_EQ(v.degradation.finding,
              "Holds on 2 of 3 seeds: plain-56 has on average 6.3 points more training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part);
    EXPECT_EQ(v.remedy.finding, "Holds in part: resnet-56 has on average 8.7 points less training error than plain-56 "
                                "(less on 2 of 3 seeds), and 2.7 points more than resnet-20 (more on 1 of 3).");
}

TEST(Verdict, CallsAShortcutThatMendsOnlySomeOfItAPart) {
    const Verdict v = judge(experiment({38.9}, {74.3}, {37.5}, {51.6}));   // published runs after three epochs
    EXPECT_EQ(v.degradation.finding,
              "Holds on the one seed tried: plain-56 has 35.4 points more training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part);
    EXPECT_EQ(v.remedy.finding, "Holds in part: resnet-56 has 22.7 points less training error than plain-56 "
                                "(less on 1 of 1 seed), and 14.1 points more than resnet-20 (more on 1 of 1).");
}

TEST(Verdict, AdmitsWhatDoesNotHold) {
    const Verdict v = judge(experiment({30, 30}, {20, 20}, {20, 20}, {22, 22}));
    EXPECT_EQ(v.degradation.outcome, Outcome::fails);
    EXPECT_EQ(
        v.degradation.finding,
        "Does not hold on any of 2 seeds: plain-56 has on average 10.0 points less training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::fails);
    EXPECT_EQ(v.remedy.finding,
              "Does not hold on any of 2 seeds: resnet-56 has on average 2.0 points more training error than "
              "plain-56, and 2.0 points more than resnet-20.");
}

TEST(Verdict, TakesATieForNoDegradation) {
    const Verdict v = judge(experiment({25}, {25}, {25}, {25}));
    EXPECT_EQ(v.degradation.outcome, Outcome::fails);
    EXPECT_EQ(v.degradation.finding,
              "Does not hold on the one seed tried: plain-56 has no more and no less training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::fails) << "a tie with the plain net mends nothing";
    EXPECT_EQ(judge(experiment({25}, {50}, {25}, {25})).remedy.outcome, Outcome::holds)
        << "as good as the shallower one is enough";
}

TEST(Verdict, KeepsSmallDifferencesVisible) {
    EXPECT_NE(judge(experiment({20}, {20.04}, {}, {})).degradation.finding.find("0.04 points more"), std::string::npos);
}

TEST(Verdict, LeavesSeedsWithoutNumbersOutAndSaysSo) {
    const Verdict v = judge(experiment({20, NAN, 20}, {60, 60}, {20, 20, 20}, {18, 18, 18}));
    EXPECT_EQ(v.plain_by_depth.points.size(), 1u);
    EXPECT_EQ(v.plain_by_depth.uncounted, (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(v.degradation.finding,
              "Holds on the one seed tried: plain-56 has 40.0 points more training error than plain-20 "
              "(not counted, for want of numbers from both nets: seed 2, 3).");
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(judge(experiment({NAN}, {60}, {}, {})).degradation.finding,
              "Not tested: no seed gives a training error for both plain-56 and plain-20.");
}

TEST(Verdict, SaysWhatIsMissingForATest) {
    Verdict v = judge(experiment({20}, {}, {}, {}));
    EXPECT_EQ(v.degradation.outcome, Outcome::untested);
    EXPECT_EQ(v.degradation.finding, "Not tested: it takes plain nets of two depths, and the runs have only plain-20.");
    EXPECT_EQ(v.remedy.finding, "Not tested: it takes a plain and a residual net of the same depth.");
    EXPECT_EQ(judge({}).degradation.finding, "Not tested: it takes plain nets of two depths, and the runs have none.");

    v = judge(experiment({20}, {60}, {}, {30}));
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part);
    EXPECT_EQ(v.remedy.finding,
              "Holds on the one seed tried as far as tested: resnet-56 has 30.0 points less training error than "
              "plain-56; for the rest, it takes residual nets of two depths, and the runs have only resnet-56.");
}

TEST(Verdict, ComparesTwinsAtTheDeepestDepthTheyShare) {
    Experiment runs = experiment({20}, {60}, {21}, {19});
    runs.push_back(invented_run("residual", 110, 1, {0.9}));
    const Verdict v = judge(runs);
    EXPECT_EQ(v.by_shortcut.first, "resnet-56");
    EXPECT_EQ(v.by_shortcut.second, "plain-56");
    EXPECT_EQ(v.residual_by_depth.first, "resnet-56");
}

TEST(Verdict, ComparesAtTheLastEpochThatAllRunsReached) {
    const Verdict v = judge({invented_run("plain", 20, 1, {0.5, 0.2, 0.1}), invented_run("plain", 56, 1, {0.6, 0.4})});
    EXPECT_EQ(v.epoch, 2);
    ASSERT_EQ(v.plain_by_depth.seeds(), 1);
    EXPECT_NEAR(v.plain_by_depth.mean(), 20, 1e-12);
}

}  // namespace
}  // namespace deepen
