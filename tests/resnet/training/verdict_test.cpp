#include "resnet/training/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/error.h"
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
              "On average over 2 seeds, plain-56 has 41.0 points more training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(
        v.remedy.finding,
        "On average over 2 seeds, resnet-56 has 42.0 points less training error than plain-56.  It has 2.0 points "
        "less training error than resnet-20; the choice of seed alone makes a difference of up to 4.8 points.");
}

TEST(Verdict, CallsAShortcutThatMendsOnlySomeOfItAPart) {
    const Verdict v = judge(experiment({38.9}, {74.3}, {37.5}, {51.6}));   // published runs after three epochs
    EXPECT_EQ(v.degradation.finding,
              "On the one seed tried, plain-56 has 35.4 points more training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part);
    EXPECT_EQ(v.remedy.finding,
              "On the one seed tried, resnet-56 has 22.7 points less training error than plain-56.  "
              "It has 14.1 points more training error than resnet-20.");
}

TEST(Verdict, AdmitsWhatDoesNotHold) {
    const Verdict v = judge(experiment({30, 30}, {20, 20}, {20, 20}, {22, 22}));
    EXPECT_EQ(v.degradation.outcome, Outcome::fails);
    EXPECT_EQ(v.degradation.finding,
              "On average over 2 seeds, plain-56 has 10.0 points less training error than plain-20.");
    EXPECT_EQ(v.remedy.outcome, Outcome::fails);
    EXPECT_EQ(v.remedy.finding,
              "On average over 2 seeds, resnet-56 has 2.0 points more training error than plain-56.  "
              "It has 2.0 points more training error than resnet-20.");
}

// --- chance ------------------------------------------------------------------------------------------

TEST(Verdict, CannotTellEqualNetsApart) {
    const Verdict v = judge(experiment({80.16}, {80.16}, {80.16}, {80.16}));
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
    EXPECT_EQ(v.degradation.finding,
              "On the one seed tried, plain-56 has exactly as much training error as plain-20; "
              "counting on 50000 pictures alone makes a difference of up to 0.5 points.");
    EXPECT_EQ(v.remedy.outcome, Outcome::unclear) << "a tie with the plain net helps nothing";
    EXPECT_EQ(judge(experiment({25}, {50}, {25}, {25})).remedy.outcome, Outcome::holds)
        << "as good as the shallower one is enough";
}

TEST(Verdict, MakesNothingOfOnePictureIn640) {
    const Counting few{.pictures = 640};
    const double one = 100.0 / 640;
    for (double sign : {-1, 1}) {
        const Verdict v = judge(experiment({40}, {40 + sign * one}, {}, {}), few);
        EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
        EXPECT_NE(v.degradation.finding.find(text("has 0.16 points ", sign > 0 ? "more" : "less")), std::string::npos);
    }
}

// Twice the deviation of a difference, sqrt(2 * 0.4 * 0.6 / n): 0.62 points of 50,000 pictures, 5.5 of 640.
TEST(Verdict, TellsNetsApartFromTwoDeviationsOfCountingOn) {
    const auto outcome = [](double difference, Index pictures) {
        return judge(experiment({40}, {40 + difference}, {}, {}), {.pictures = pictures}).degradation.outcome;
    };
    EXPECT_EQ(outcome(0.5, 50'000), Outcome::unclear);
    EXPECT_EQ(outcome(0.7, 50'000), Outcome::holds);
    EXPECT_EQ(outcome(-0.7, 50'000), Outcome::fails);
    EXPECT_EQ(outcome(5, 640), Outcome::unclear);
    EXPECT_EQ(outcome(6, 640), Outcome::holds);
}

TEST(Verdict, CountsOnlyThePicturesOfAnEpochThatWasCutShort) {
    Experiment runs = experiment({40}, {43}, {}, {});
    EXPECT_EQ(judge(runs).degradation.outcome, Outcome::holds);
    for (auto& run : runs) run.history[0].iteration = 5;
    const Verdict v = judge(runs);
    EXPECT_EQ(v.plain_by_depth.pictures, 640);
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
}

TEST(Verdict, CannotTellWhereSeedsDifferMoreThanNets) {
    const Verdict v = judge(experiment({20, 20, 20}, {30, 30, 19}, {15, 15, 15}, {14, 14, 25}));
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
    EXPECT_EQ(v.degradation.finding,
              "On average over 3 seeds, plain-56 has 6.3 points more training error than plain-20; "
              "the choice of seed alone makes a difference of up to 8.5 points.");
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part) << "resnet-56 may be worse than resnet-20";
    EXPECT_EQ(judge(experiment({20, 20, 20}, {30, 30, 27}, {}, {})).degradation.outcome, Outcome::holds);
}

// Deviations of 1 and 7 of each net's two seeds: s^2 = (2 * 1 + 2 * 7^2) / 2 = 50, t(2) = 4.30, and two means of two.
TEST(Verdict, TakesTheSpreadOfSeedsFromAllNetsTogether) {
    const Comparison c = judge(experiment({20, 22}, {40, 54}, {}, {})).plain_by_depth;
    EXPECT_NEAR(c.by_seeds, 4.30 * std::sqrt(50) * std::sqrt(2. / 2), 1e-9);
    EXPECT_FALSE(c.more());
}

TEST(Verdict, SaysThatNothingWasLearnedNearGuessing) {
    const Verdict v = judge(experiment({88.3, 88.9}, {90.2, 89.6}, {90.9, 89.0}, {88, 91}), {.pictures = 640});
    for (const Claim* claim : {&v.degradation, &v.remedy}) EXPECT_EQ(claim->outcome, Outcome::nothing_learned);
    EXPECT_EQ(v.degradation.finding,
              "plain-56 has a training error of 89.9 %, plain-20 of 88.6 %.  A guess has 90.0 %; below 85.5 %, a net "
              "has learned something.  Train for longer, or with another learning rate.");
    EXPECT_EQ(judge(experiment({88}, {91}, {90}, {89})).degradation.outcome, Outcome::nothing_learned)
        << "with any number of pictures";
}

TEST(Verdict, CallsItDegradationWhereOnlyTheDeeperNetLearnedNothing) {
    const Verdict v = judge(experiment({40}, {90}, {40}, {30}));
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
}

TEST(Verdict, AsksForMoreThanAGuessByClassesAndPictures) {
    EXPECT_NEAR(learned_below({.guessing = 0.9}, 50'000), 0.855, 1e-12);  // 19/20 of a guess's errors
    EXPECT_NEAR(learned_below({.guessing = 0.9}, 100), 0.81, 1e-12);      // three deviations: 3 * 0.03
    EXPECT_NEAR(learned_below({.guessing = 0.5}, 50'000), 0.475, 1e-12);
}

// docs/results/demo, after its last epoch.
TEST(Verdict, OfTheDemoIsThatBothClaimsHold) {
    const Verdict v =
        judge(experiment({42.92, 47.2}, {79.5, 79.62}, {45.94, 48.32}, {37.84, 38.6}), {.pictures = 5000, .batch = 32});
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(
        v.remedy.finding,
        "On average over 2 seeds, resnet-56 has 41.3 points less training error than plain-56.  It has 8.9 points "
        "less training error than resnet-20.");
}

// --- what is not there -------------------------------------------------------------------------------

TEST(Verdict, LeavesSeedsWithoutNumbersOutAndSaysSo) {
    const Verdict v = judge(experiment({20, NAN, 20}, {60, 60}, {20, 20, 20}, {18, 18, 18}));
    EXPECT_EQ(v.plain_by_depth.points.size(), 1u);
    EXPECT_EQ(v.plain_by_depth.uncounted, (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(v.degradation.finding,
              "On the one seed tried, plain-56 has 40.0 points more training error than plain-20.  "
              "Not counted, because one of the nets has no number: seed 2, 3.");
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(judge(experiment({NAN}, {60}, {}, {})).degradation.finding,
              "Not tested: no seed gives a training error for both plain-56 and plain-20.");
}

TEST(Verdict, SaysWhatIsMissingForATest) {
    Verdict v = judge(experiment({20}, {}, {}, {}));
    EXPECT_EQ(v.degradation.outcome, Outcome::untested);
    EXPECT_EQ(v.degradation.finding, "Not tested: this needs plain nets of two depths, and there is only plain-20.");
    EXPECT_EQ(v.remedy.finding, "Not tested: this needs a plain and a residual net of the same depth.");
    EXPECT_EQ(judge({}).degradation.finding, "Not tested: this needs plain nets of two depths, and there are none.");

    v = judge(experiment({20}, {60}, {}, {30}));
    EXPECT_EQ(v.remedy.outcome, Outcome::in_part);
    EXPECT_EQ(
        v.remedy.finding,
        "On the one seed tried, resnet-56 has 30.0 points less training error than plain-56.  Whether depth costs "
        "a residual net anything is not tested: this needs residual nets of two depths, and there is only "
        "resnet-56.");
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
