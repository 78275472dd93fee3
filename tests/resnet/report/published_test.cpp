#include "resnet/report/published.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "resnet/report/curves.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

std::string refusal(const std::string& bytes, const char* name = "plain20.csv") {
    return refusal_of([&] { parse_published(bytes, name); });
}

TEST(Published, CountsEpochsFromZeroOrOneAndKnowsItsNetByName) {
    for (const char* first : {"0", "1"}) {
        const std::string second = *first == '0' ? "1" : "2";
        const Experiment runs = parse_published(
            text("epoch,train_loss,train_err,test_err\n", first, ",1.5,0.75,0.5\n", second, ",1,0.25,0.125\n"),
            "some/published-curve-plain32.csv");
        ASSERT_EQ(runs.size(), 1u);
        EXPECT_EQ(runs[0].kind, "plain");
        EXPECT_EQ(runs[0].depth, 32);
        ASSERT_EQ(runs[0].history.size(), 2u);
        EXPECT_EQ(runs[0].history[1].epoch, 2);
        EXPECT_EQ(runs[0].history[1].iteration, 0);
        EXPECT_EQ(runs[0].history[1].train_error, 0.25);
        EXPECT_EQ(runs[0].history[1].test_error, 0.125);
    }
}

TEST(Published, ReadsOurLogsAndOurCurves) {
    const Scratch scratch;
    const deepen::Run run = invented_run("residual", 56, 3, {0.5, 0.25});
    std::filesystem::create_directories(scratch / "resnet56-seed3");
    write_history(scratch / "resnet56-seed3/log.csv", run.history);
    const Experiment log = read_published(scratch / "resnet56-seed3/log.csv");
    ASSERT_EQ(log.size(), 1u);
    EXPECT_EQ(log[0].kind, "residual");
    EXPECT_EQ(log[0].depth, 56);
    EXPECT_EQ(log[0].history[1].iteration, 782);

    const Experiment all = parse_published(curves_csv(invented_experiment()), "curves.csv");
    ASSERT_EQ(all.size(), 8u);
    for (const deepen::Run& ours : invented_experiment())
        EXPECT_EQ(std::count_if(all.begin(), all.end(),
                                [&](const deepen::Run& published) {
                                    return ours.kind == published.kind && ours.depth == published.depth &&
                                           ours.seed == published.seed &&
                                           ours.history[2].train_error == published.history[2].train_error;
                                }),
                  1)
            << ours.kind << ours.depth;
}

TEST(Published, MayKnowOneErrorOnlyAndEndLinesAsElsewhere) {
    const Experiment runs = parse_published("test_error,iteration\r\n0.5,100\r\nnan,250", "resnet-110.csv");
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].depth, 110);
    EXPECT_TRUE(std::isnan(runs[0].history[0].train_error));
    EXPECT_EQ(runs[0].history[0].test_error, 0.5);
    EXPECT_EQ(runs[0].history[1].iteration, 250);
    EXPECT_TRUE(std::isnan(runs[0].history[1].test_error));
}

TEST(Published, SaysInWhichLineAFileIsWrong) {
    EXPECT_EQ(refusal("epoch,loss\n1,2\n"),
              "plain20.csv, line 1: expected the names of the columns, among them epoch or iteration, and train_error "
              "or test_error, found \"epoch,loss\".");
    EXPECT_EQ(refusal(""),
              "plain20.csv, line 1: expected the names of the columns, among them epoch or iteration, and "
              "train_error or test_error, found \"\".");
    EXPECT_EQ(refusal("epoch,train_err\n0,0.5\n1\n"),
              "plain20.csv, line 3: expected 2 fields, as the first line has, found \"1\".");
    EXPECT_EQ(refusal("epoch,train_err\n0,61.5\n"),
              "plain20.csv, line 2: expected train_error as a fraction within 0 .. 1, not in percent, or nan, found "
              "\"61.5\".");
    EXPECT_EQ(refusal("epoch,train_err\n0,0.5\n2,0.4\n"), "plain20.csv, line 3: expected epoch 1, found \"2\".");
    EXPECT_EQ(refusal("epoch,train_err\n5,0.5\n"), "plain20.csv, line 2: expected epoch 0 or 1, found \"5\".");
    EXPECT_EQ(refusal("iteration,test_err\n100,0.5\n100,0.4\n"),
              "plain20.csv, line 3: expected iteration as a whole number above 100, found \"100\".");
    EXPECT_EQ(refusal("epoch,train_err\n"), "plain20.csv, line 2: expected a row of numbers, but the file ends.");
    EXPECT_EQ(refusal("epoch,train_err\n0,\x1b[2J\n"),
              "plain20.csv, line 2: expected train_error as a fraction within 0 .. 1, not in percent, or nan, found "
              "\"?[2J\".");
}

TEST(Published, AsksWhichNetItIs) {
    EXPECT_EQ(refusal("epoch,train_err\n0,0.5\n", "theirs.csv"),
              "theirs.csv: which net is this?  Name the file after it, such as plain20.csv or resnet56.csv, or add "
              "columns kind and depth.");
    EXPECT_EQ(refusal("epoch,train_err,depth\n0,0.5,20\n"),
              "plain20.csv, line 1: expected both kind and depth, or neither, found \"epoch,train_err,depth\".");
    EXPECT_EQ(refusal("epoch,train_err,kind,depth\n0,0.5,dense,20\n"),
              "plain20.csv, line 2: expected kind as plain or residual, found \"dense\".");
    EXPECT_EQ(refusal("epoch,train_err,kind,depth\n0,0.5,plain,1000000\n"),
              "plain20.csv, line 2: expected depth as a number of layers below 100,000, found \"1000000\".");
}

TEST(Published, HasEpochsAsLongAsOursWhereIterationsAreNotGiven) {
    const Experiment ours{invented_run("plain", 20, 1, {0.5})};
    const Experiment scaled = on_our_scale(parse_published("epoch,train_err\n0,0.5\n1,0.4\n", "plain20.csv"), ours);
    EXPECT_EQ(scaled[0].history[1].iteration, 782);
    const Experiment kept = on_our_scale(parse_published("iteration,train_err\n5,0.5\n", "plain20.csv"), ours);
    EXPECT_EQ(kept[0].history[0].iteration, 5);
}

}  // namespace
}  // namespace deepen
