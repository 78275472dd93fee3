#include "resnet/report/verdict.h"

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

// The learning rate was lowered in the last epoch: errors have settled.
Experiment settled(Experiment runs) {
    for (auto& run : runs) {
        EpochRecord last = run.history.back();
        last.epoch += 1, last.iteration += 391, last.lr /= 100;
        run.history.push_back(last);
    }
    return runs;
}

// --- claim 1: training error of plain nets -------------------------------------------------------------

TEST(Verdict, HoldsWhereTheIntervalIsAboveZero) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {}, {}));
    EXPECT_EQ(v.epoch, 1);
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    // se = sqrt(2/2 + 8/2), df = 25 / 17, t = 6.15
    EXPECT_EQ(v.degradation.finding,
              "plain-56 has 41.0 points more training error than plain-20 (62.0 against 21.0 %; 95 % interval 27.2 to "
              "54.8; 2 seeds each).");
}

TEST(Verdict, DoesNotHoldWhereTheIntervalIsBelowZero) {
    const Verdict v = judge(experiment({30, 30.2}, {20, 20.2}, {}, {}));
    EXPECT_EQ(v.degradation.outcome, Outcome::fails);
    EXPECT_EQ(v.degradation.finding,
              "plain-56 has 10.0 points less training error than plain-20 (20.1 against 30.1 %; 95 % interval -10.6 to "
              "-9.4; 2 seeds each).");
}

TEST(Verdict, CannotTellWhereTheIntervalContainsZero) {
    const Verdict v = judge(experiment({20, 21, 20}, {30, 30, 19}, {}, {}));
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
    EXPECT_EQ(v.degradation.finding,
              "plain-56 has 6.0 points more training error than plain-20 (26.3 against 20.3 %; 95 % interval -9.6 to "
              "21.6; 3 seeds each).  The interval contains zero: train more seeds.");
    EXPECT_EQ(judge(experiment({20, 20, 20.1}, {30, 30, 27}, {}, {})).degradation.outcome, Outcome::holds);
}

TEST(Verdict, CountsTheSeedsOfEachNet) {
    const Verdict v = judge(experiment({20, 21}, {60, 61, 62}, {}, {}));
    EXPECT_NE(v.degradation.finding.find("; 3 and 2 seeds)."), std::string::npos) << v.degradation.finding;
}

TEST(Verdict, OfOneSeedIsMeasuredByWhatPublishedRunsDifferBy) {
    const Verdict v = judge(experiment({38.9}, {74.3}, {37.5}, {51.6}));  // published runs after three epochs
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    EXPECT_EQ(
        v.degradation.finding,
        "plain-56 has 35.4 points more training error than plain-20 (74.3 against 38.9 %; one seed each; published "
        "runs of one net differ by up to 14.8 points at such errors).");
    const Claim near = judge(experiment({20}, {30}, {}, {})).degradation;
    EXPECT_EQ(near.outcome, Outcome::unclear);
    EXPECT_EQ(
        near.finding,
        "plain-56 has 10.0 points more training error than plain-20 (30.0 against 20.0 %; one seed each; published "
        "runs of one net differ by up to 12.9 points at such errors).  So few seeds cannot settle so small a "
        "difference: train more.");
    EXPECT_EQ(judge(experiment({20}, {30}, {20, 21}, {})).degradation.outcome, Outcome::unclear)
        << "other nets' seeds are no help";
    EXPECT_EQ(judge(experiment({20}, {30, 30.1}, {}, {})).degradation.outcome, Outcome::unclear)
        << "nor is a second seed of one of the two";
    EXPECT_EQ(judge(experiment({30}, {10}, {}, {})).degradation.outcome, Outcome::fails);
}

TEST(Verdict, ExpectsSettledErrorsToScatterLess) {
    const Experiment runs = experiment({20}, {31}, {}, {});
    EXPECT_EQ(judge(runs).degradation.outcome, Outcome::unclear);
    EXPECT_EQ(judge(settled(runs)).degradation.outcome, Outcome::holds);
}

// The whole schedule, of one published reproduction: training 0.74, 3.33, 0.40 and 0.04 %, test two points more here.
TEST(Verdict, OfPublishedRunsIsThatResidualNetsOvercomeTheDifficulty) {
    const Verdict v = judge(settled(experiment({0.738}, {3.332}, {0.400}, {0.038})));
    EXPECT_EQ(v.degradation.outcome, Outcome::holds);
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_NE(
        v.remedy.finding.find("resnet-56 has 0.36 points less training error than resnet-20 (0.038 against 0.40 %"),
        std::string::npos)
        << v.remedy.finding;
}

TEST(Verdict, CannotTellEqualNetsApart) {
    const Verdict v = judge(experiment({80.16}, {80.16}, {80.16}, {80.16}));
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
    EXPECT_EQ(
        v.degradation.finding.find("plain-56 has exactly as much training error as plain-20 (80.2 against 80.2 %"), 0u)
        << v.degradation.finding;
    EXPECT_EQ(v.remedy.outcome, Outcome::unclear);
    EXPECT_EQ(v.gain.outcome, Outcome::unclear);
}

TEST(Verdict, TakesEqualErrorsOfAllSeedsForNoProofOfTheirPrecision) {
    const Verdict v = judge(experiment({40, 40}, {41, 41}, {}, {}));
    EXPECT_FALSE(v.training[0].has_interval);
    EXPECT_EQ(v.degradation.outcome, Outcome::unclear);
}

// 100 pictures of which 40 are wrong: twice sqrt(2 * 0.4 * 0.6 / 100) is 13.9 points, more than settled runs differ by.
TEST(Verdict, DoesNotReadMoreOutOfFewPicturesThanCountingAllows) {
    const Experiment runs = settled(experiment({33}, {47}, {}, {}));
    EXPECT_EQ(judge(runs, {.pictures = 50'000}).degradation.outcome, Outcome::holds);
    EXPECT_EQ(judge(runs, {.pictures = 80}).degradation.outcome, Outcome::unclear);
}

TEST(Verdict, CountsOnlyThePicturesOfAnEpochThatWasCutShort) {
    Experiment runs = settled(experiment({33}, {47}, {}, {}));
    for (auto& run : runs) run.history[1].iteration = run.history[0].iteration + 1;
    EXPECT_EQ(judge(runs, {.batch = 80}).degradation.outcome, Outcome::unclear);
}

// --- claim 2: the remedy -------------------------------------------------------------------------------

TEST(Remedy, HoldsWhereTheDeeperResidualNetClearlyHasLessError) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {25, 25.2}, {20, 20.2}));
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_EQ(v.remedy.finding,
              "resnet-56 has 5.0 points less training error than resnet-20 (20.1 against 25.1 %; 95 % interval -5.6 to "
              "-4.4; 2 seeds each).  From 20 to 56 layers, the training error of plain nets changes by 41.0 points and "
              "that of residual nets by -5.0: depth costs plain nets 46.0 points more (95 % interval 32.3 to 59.7; 2 "
              "seeds each).");
    EXPECT_EQ(judge(experiment({}, {}, {25, 25.2}, {20, 20.2})).remedy.outcome, Outcome::holds) << "without plain nets";
}

TEST(Remedy, HoldsWhereDepthClearlyCostsLessThanHalf) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {25, 27}, {26, 27}));
    EXPECT_EQ(v.remedy.outcome, Outcome::holds);
    EXPECT_NE(v.remedy.finding.find("That may be chance, and depth clearly costs residual nets less than half of what "
                                    "it costs plain ones."),
              std::string::npos)
        << v.remedy.finding;
    EXPECT_EQ(judge(experiment({20, 22}, {60, 64}, {15, 17}, {33, 34})).remedy.outcome, Outcome::fails);
    EXPECT_EQ(judge(experiment({20, 22}, {60, 64}, {20, 30}, {38, 44})).remedy.outcome, Outcome::unclear)
        << "16 points are less than half of 41, but not clearly";
    EXPECT_EQ(judge(experiment({21.0}, {68.4}, {18.2}, {22.9})).remedy.outcome, Outcome::holds) << "one seed";
    EXPECT_EQ(judge(experiment({38.9}, {74.3}, {37.5}, {51.6})).remedy.outcome, Outcome::unclear) << "one seed";
}

TEST(Remedy, DoesNotHoldWhereResidualNetsDegradeToo) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {20, 20.1}, {30, 30.1}));
    EXPECT_EQ(v.remedy.outcome, Outcome::fails);
    EXPECT_NE(v.remedy.finding.find("depth costs plain nets 31.0 points more"), std::string::npos) << v.remedy.finding;
}

TEST(Remedy, CannotTellWhereThePlainNetMayOnlyBeSlow) {
    EXPECT_EQ(judge(experiment({40}, {89}, {40}, {41})).remedy.outcome, Outcome::unclear);
    EXPECT_EQ(judge(settled(experiment({40}, {89}, {40}, {41}))).remedy.outcome, Outcome::holds);
}

TEST(Remedy, IsTestedAtTheDeepestDepthTrainedBothWays) {
    Experiment runs = experiment({20}, {60}, {21}, {19});
    runs.push_back(invented_run("residual", 110, 1, {0.9}));
    const Verdict v = judge(runs);
    EXPECT_EQ(v.training[1].name, "resnet-56 minus resnet-20");
    EXPECT_EQ(v.training[2].name, "resnet-56 minus plain-56");
    EXPECT_EQ(v.training[3].name, "(plain-56 minus plain-20) minus (resnet-56 minus resnet-20)");
    EXPECT_EQ(v.test[1].name, "resnet-110 minus resnet-20") << "that more depth gains more is about all depths";
}

// --- claim 3: test error of residual nets --------------------------------------------------------------

TEST(Gain, IsMeasuredInTestErrorAtTheLastEpoch) {
    Experiment runs = experiment({}, {}, {8.75, 8.6, 8.7}, {7, 6.9, 7.1});
    for (auto& run : runs) run.history[0].test_error -= 0.02;
    Verdict v = judge(runs);
    EXPECT_EQ(v.gain.outcome, Outcome::holds);
    EXPECT_EQ(v.gain.finding.find("resnet-56 has 1.7 points less test error than resnet-20 (7.0 against 8.7 %; 95 % "
                                  "interval -1.9 to -1.5; 3 seeds each)."),
              0u)
        << v.gain.finding;
    // An earlier epoch was better; the test set must not choose it.
    for (auto& run : runs) {
        run.history.push_back(run.history[0]);
        run.history[1].epoch = 2, run.history[1].iteration *= 2;
        run.history[1].test_error = run.depth == 56 ? 0.10 + 0.001 * double(run.seed) : run.history[0].test_error;
    }
    v = judge(runs);
    EXPECT_EQ(v.gain.outcome, Outcome::fails);
    EXPECT_EQ(judge(experiment({}, {}, {8, 9}, {8.5, 8.6})).gain.outcome, Outcome::unclear);
}

// --- more than two depths ------------------------------------------------------------------------------

TEST(Verdict, IsNotOfANetOfOneSeedWhereTwoDepthsHaveMore) {
    Experiment runs =
        settled(experiment({15.5, 15.9, 15.7}, {53.8, 60.4, 55.1}, {12.9, 12.8, 13.0}, {13.0, 13.1, 13.5}));
    const Verdict two = judge(runs);
    for (const char* kind : {"plain", "residual"}) {
        runs.push_back(settled({invented_run(kind, 110, 1, {0.89})}).front());
        runs.push_back(settled({invented_run(kind, 8, 1, {0.25})}).front());
    }
    const Verdict v = judge(runs);
    EXPECT_EQ(v.training[0].name, "plain-56 minus plain-20");
    for (std::size_t i = 0; i < v.claims().size(); ++i) EXPECT_EQ(v.claims()[i]->finding, two.claims()[i]->finding);
    EXPECT_TRUE(two.other_depths.empty());
    ASSERT_EQ(v.other_depths.size(), 6u);                // plain nets' training error, residual nets' training and test
    EXPECT_EQ(v.other_depths[1].find("plain-110 has 73.3 points more training error than plain-20 (89.0 against 15.7 "
                                     "%; 1 and 3 seeds; published runs of one net differ by up to "),
              0u)
        << v.other_depths[1];
    EXPECT_EQ(v.other_depths[4].find("resnet-8 has 12.1 points more test error than resnet-20 ("), 0u)
        << v.other_depths[4];
    EXPECT_TRUE(has(claims_text(v), "\n\nOther depths:\n- " + v.other_depths[0] + "\n- plain-110 has "));
    // With a second seed it is the deepest net.
    runs.push_back(settled({invented_run("plain", 110, 2, {0.87})}).front());
    EXPECT_EQ(judge(runs).training[0].name, "plain-110 minus plain-20");
}

TEST(Verdict, TellsDepthsInBetween) {
    Experiment runs = experiment({15.5}, {53.8}, {}, {});
    runs.push_back(invented_run("plain", 32, 1, {0.238}));
    const Verdict v = judge(runs);
    EXPECT_EQ(v.training[0].name, "plain-56 minus plain-20");
    ASSERT_EQ(v.other_depths.size(), 1u);
    EXPECT_EQ(v.other_depths[0].find("plain-32 has 8.3 points more training error than plain-20 ("), 0u);
}

// Claim 2 is of the depths trained both ways; so is what stands beside it.
TEST(Verdict, DoesNotRepeatBesideTheClaimsWhatTheySay) {
    Experiment runs = experiment({20}, {60}, {21}, {19});
    runs.push_back(invented_run("residual", 110, 1, {0.15}));
    const Verdict v = judge(runs);
    ASSERT_EQ(v.other_depths.size(), 2u);
    EXPECT_EQ(v.other_depths[0].find("resnet-110 has 6.0 points less training error than resnet-20 ("), 0u);
    EXPECT_EQ(v.other_depths[1].find("resnet-56 has 2.0 points less test error than resnet-20 ("), 0u);
}

TEST(Verdict, SaysWhichDepthGaveNoNumber) {
    Experiment runs = experiment({15.5}, {53.8}, {}, {});
    runs.push_back(invented_run("plain", 32, 1, {std::nan("")}));
    const Verdict v = judge(runs);
    ASSERT_EQ(v.other_depths.size(), 1u);
    EXPECT_EQ(v.other_depths[0], "No run of plain-32 gives a training error.");
}

// --- near guessing -------------------------------------------------------------------------------------

TEST(Verdict, SaysThatNothingWasLearnedNearGuessing) {
    const Verdict v = judge(experiment({88.3, 88.9}, {90.2, 89.6}, {90.9, 89.0}, {88, 91}), {.pictures = 640});
    for (const Claim* claim : v.claims()) EXPECT_EQ(claim->outcome, Outcome::nothing_learned);
    EXPECT_EQ(
        answer(v.degradation),
        "Nothing was learned here: the training error of plain-56 is 89.9 %, that of plain-20 88.6 %, that of a "
        "guess 90.0 %.  Train for longer, or with another learning rate.");
    EXPECT_EQ(judge(experiment({88}, {91}, {90}, {89})).degradation.outcome, Outcome::nothing_learned)
        << "with any number of pictures";
}

TEST(Verdict, CannotTellSlowFromStuckBeforeTheRateIsLowered) {
    const Experiment runs = experiment({40}, {89}, {40}, {30});
    EXPECT_EQ(judge(runs).degradation.outcome, Outcome::unclear);
    EXPECT_EQ(
        judge(runs).degradation.finding,
        "plain-56 is still near guessing: its training error is 89.0 %, that of a guess 90.0 %.  Only a lower learning "
        "rate will show whether it is stuck or slow.");
    EXPECT_EQ(judge(settled(runs)).degradation.outcome, Outcome::holds);
}

TEST(Verdict, AsksForMoreThanAGuessByClassesAndPictures) {
    EXPECT_NEAR(learned_below({.guessing = 0.9}, 50'000), 0.855, 1e-12);  // 19/20 of a guess's errors
    EXPECT_NEAR(learned_below({.guessing = 0.9}, 100), 0.81, 1e-12);      // three deviations: 3 * 0.03
    EXPECT_NEAR(learned_below({.guessing = 0.5}, 50'000), 0.475, 1e-12);
}

// --- what is not there -------------------------------------------------------------------------------

TEST(Verdict, LeavesSeedsWithoutNumbersOutAndSaysSo) {
    const Verdict v = judge(experiment({20, NAN, 20.2}, {60, 60.1}, {}, {}));
    EXPECT_EQ(v.training[0].seeds, (std::vector<std::size_t>{2, 2}));
    EXPECT_NE(v.degradation.finding.find("  Not counted, because its error is not a number: plain-20 from seed 2."),
              std::string::npos)
        << v.degradation.finding;
    EXPECT_EQ(answer(judge(experiment({NAN}, {60}, {}, {})).degradation),
              "Not tested: no run of plain-20 gives a training error.");
}

TEST(Verdict, SaysWhatIsMissingForATest) {
    const Verdict v = judge(experiment({20}, {}, {}, {}));
    EXPECT_EQ(v.degradation.outcome, Outcome::untested);
    EXPECT_EQ(answer(v.degradation), "Not tested: this needs plain nets of two depths, and there is only plain-20.");
    EXPECT_EQ(answer(v.remedy), "Not tested: this needs residual nets of two depths, and there are none.");
    EXPECT_EQ(answer(v.gain), "Not tested: this needs residual nets of two depths, and there are none.");
    EXPECT_EQ(judge({}).degradation.outcome, Outcome::untested);
}

TEST(Verdict, LeavesUnfinishedRunsOut) {
    Experiment runs = experiment({20}, {60}, {}, {});
    runs[1].epochs = 5;
    EXPECT_EQ(answer(judge(runs).degradation),
              "Not tested: this needs plain nets of two depths, and there is only plain-20 that is finished.");
    runs[1].epochs = 1;
    EXPECT_EQ(judge(runs).degradation.outcome, Outcome::holds);
}

TEST(Verdict, ComparesAtTheLastEpochThatAllRunsReached) {
    const Verdict v = judge({invented_run("plain", 20, 1, {0.5, 0.2, 0.1}), invented_run("plain", 56, 1, {0.6, 0.4})});
    EXPECT_EQ(v.epoch, 2);
    EXPECT_NEAR(v.training[0].points, 20, 1e-12);
}

TEST(Verdict, IsWrittenInSentences) {
    const Verdict v = judge(experiment({20, 22}, {60, 64}, {}, {}));
    EXPECT_EQ(heading(1, v.degradation), "Claim 1: deep plain nets exhibit higher training error when going deeper.");
    EXPECT_EQ(heading(2, v.remedy), "Claim 2: residual nets of the same depth do not degrade.");
    EXPECT_EQ(heading(3, v.gain), "Claim 3: residual nets demonstrate accuracy gains when the depth increases.");
    EXPECT_EQ(answer(v.degradation).find("Holds: plain-56 has 41.0 points more"), 0u);
    EXPECT_EQ(answer(judge(experiment({30}, {10}, {}, {})).degradation).find("Does not hold: plain-56"), 0u);
    EXPECT_EQ(answer(judge(experiment({30}, {30}, {}, {})).degradation).find("Cannot tell: plain-56"), 0u);
}

// docs/results/demo, after its last epoch.
TEST(Verdict, OfTheDemoIsThatShortcutsHelp) {
    const Verdict v = judge(experiment({42.92, 47.2}, {79.5, 79.62}, {45.94, 48.32}, {37.84, 38.6}),
                            {.pictures = 5000, .batch = 32, .test_pictures = 1000});
    EXPECT_EQ(v.degradation.outcome, Outcome::holds) << v.degradation.finding;
    EXPECT_EQ(v.remedy.outcome, Outcome::holds) << v.remedy.finding;
    EXPECT_EQ(v.gain.outcome, Outcome::unclear) << v.gain.finding;
}

}  // namespace
}  // namespace deepen
