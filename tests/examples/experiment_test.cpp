// Can an experiment be planned and watched?  (Built by `make`; run from the repository's root.)
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/io/files.h"
#include "resnet/training/run_folder.h"
#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Nets small enough to be trained in a test: 40 steps per epoch, so that a signal comes while they train.
const std::string flags = " --depths 8 --width 2 --synthetic-train 640 --synthetic-test 20 -b 16 --epochs 4 ";

std::string into(const std::string& folder) { return "build/degradation" + flags + "--output-dir " + folder; }

// Where nothing has to happen in the midst of a run.
std::string one_epoch(std::string command) { return command.replace(command.find("--epochs 4"), 10, "--epochs 1"); }

const std::string reloads = "http-equiv=\"refresh\"";

class Experiments : public testing::Test {
protected:
    void SetUp() override {
        if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    }
    std::string report() const { return read_text_file(dir + "/report.html"); }

    const Scratch scratch;
    const std::string dir = (scratch / "experiment").string();
};

TEST_F(Experiments, CanBePlannedWithoutTrainingOrWritingAnything) {
    const Exit o = run(into(dir) + " --plan");
    EXPECT_EQ(o.code, 0) << o.output;
    expect_mentions(o.output, "plan, from 3 training steps and 3 test batches of each net, timed just now on ");
    for (const char* line :
         {"\n  plain8-seed1  ", "\n  resnet8-seed1 ", "  160 steps of ", ", 4 tests of ", "\n  total "})
        expect_mentions(o.output, line);
    EXPECT_FALSE(std::filesystem::exists(dir));
}

TEST_F(Experiments, BeginWithAPlanThatDoesNotCountWhatIsFinished) {
    expect(into(dir) + " --kinds plain", 0, "plan, from 3 training steps");
    expect(into(dir) + " --plan", 0, "\n  plain8-seed1   finished before\n");
    const Exit nothing_left = run(into(dir) + " --kinds plain --plan");
    EXPECT_EQ(nothing_left.code, 0);
    expect_mentions(nothing_left.output, "plan: every run is finished already; nothing is left to train\n");
    EXPECT_EQ(nothing_left.output.find("faster here"), std::string::npos) << nothing_left.output;
    expect(into(dir) + " --lr 0.05 --plan", 1, "holds a run with other settings");
}

TEST_F(Experiments, TrainToTheBitsThatTrainGives) {
    const Exit one = run("build/train --model resnet8 --width 2 --synthetic-train 640 --synthetic-test 20 -b 16 "
                            "--epochs 4 --lr-scheduler constant --wd 1e-4 --output-dir " + (scratch / "one").string());
    const std::size_t at = one.output.find("weights hash ");
    ASSERT_NE(at, one.output.npos) << one.output;
    expect(into(dir), 0, one.output.substr(at, 29));
}

// What a program says of a run's weights, by the run's name.
std::string hash_of(const std::string& output, const std::string& run) {
    const std::size_t at = output.find(run + "  weights hash ");
    return at == output.npos ? "none in: " + output : output.substr(at + run.size() + 15, 16);
}

TEST_F(Experiments, OfSeveralNetsAtATimeHaveTheBitsOfOneAfterTheOther) {
    const std::string nets = " --seeds 1,2 ", other = (scratch / "one by one").string();
    expect(one_epoch(into("'" + other + "'")) + nets, 0, "report: ");
    const Exit o = run(one_epoch(into(dir)) + nets + "--jobs 2 --threads 2");
    EXPECT_EQ(o.code, 0) << o.output;
    expect_mentions(o.output, "timed just now on 2 threads, 2 nets side by side:");
    expect_mentions(o.output, "one net at a time (--jobs 1): ");
    expect_mentions(o.output, "resnet8-seed2  epoch 1/1  loss ");
    for (const char* net : {"plain8-seed1", "resnet8-seed1", "plain8-seed2", "resnet8-seed2"})
        EXPECT_EQ(hash_of(o.output, net), weights_hash(other + "/" + net)) << net;
}

TEST_F(Experiments, OfSeveralNetsAtATimeGoOnWhereTheyWereInterrupted) {
    const std::string jobs = " --jobs 2 --threads 2";
    expect(signalled(into(dir) + jobs, dir + "/report.html", "TERM"), 143,
           " runs are finished; give the same command again to resume.");
    EXPECT_TRUE(has(report(), "It was interrupted at "));
    expect(into(dir) + jobs, 0, "report: ");
    const std::string other = (scratch / "undisturbed").string();
    expect(into(other), 0, "report: ");
    for (const char* net : {"plain8-seed1", "resnet8-seed1"})
        EXPECT_EQ(weights_hash(dir + "/" + net), weights_hash(other + "/" + net)) << net;
}

// The second net fails at once; the first stops at a checkpoint, from which it can go on.
TEST_F(Experiments, OfSeveralNetsAtATimeStopWhereOneFails) {
    std::filesystem::create_directories(dir + "/resnet8-seed1");
    write_file_atomically(dir + "/resnet8-seed1/weights.safetensors", "mine");
    expect(into(dir) + " --jobs 2 --threads 2", 1, "but no config.json");
    EXPECT_FALSE(std::filesystem::exists(dir + "/resnet8-seed1/checkpoints"));
    std::filesystem::remove_all(dir + "/resnet8-seed1");
    expect(into(dir) + " --jobs 2 --threads 2", 0, "report: ");
}

TEST_F(Experiments, NameTheNetThatDivergesAndSayHowToTrainTheOthers) {
    const Exit o = run("build/degradation --depths 8 --width 2 --synthetic-train 64 --synthetic-test 20 -b 16 --lr 1e6 "
                       "--epochs 3 --threads 1 --output-dir " + dir);
    EXPECT_EQ(o.code, 1) << o.output;
    expect_mentions(o.output, "degradation: error: " + dir + "/plain8-seed1: training: ");
    expect_mentions(o.output, "0 of 2 runs are finished; to train the others, leave out what failed, by --depths");
}

// Killed without a chance to say so.
TEST_F(Experiments, ReloadTheirReportWhileTheyRun) {
    expect(signalled(into(dir), dir + "/report.html", "KILL"), 137, "");
    EXPECT_TRUE(has(report(), reloads));
    EXPECT_TRUE(has(report(), "This experiment is running"));
    EXPECT_TRUE(has(report(), "plain-8*"));
    expect(into(dir), 0, "Going on from epoch ");
    EXPECT_FALSE(has(report(), reloads));
    EXPECT_FALSE(has(report(), "This experiment is"));
    EXPECT_FALSE(has(report(), "plain-8*"));
}

TEST_F(Experiments, SayInTheReportThatTheyWereInterrupted) {
    expect(signalled(into(dir), dir + "/report.html", "TERM"), 143,
           " runs are finished; give the same command again to resume.");
    EXPECT_FALSE(has(report(), reloads));
    EXPECT_TRUE(has(report(), "It was interrupted at "));
}

// The folder of the second net holds something foreign.
TEST_F(Experiments, SayInTheReportThatTheyFailed) {
    std::filesystem::create_directories(dir + "/resnet8-seed1");
    write_file_atomically(dir + "/resnet8-seed1/weights.safetensors", "mine");
    expect(into(dir), 1, "but no config.json");
    EXPECT_FALSE(has(report(), reloads));
    EXPECT_TRUE(has(report(), "It stopped with an error at "));
    EXPECT_TRUE(has(report(), "1 of 2 runs finished"));
}

TEST_F(Experiments, AreTrainedWhereNothingCanBeDrawn) {
    std::filesystem::permissions(scratch.write("gnuplot", "#!/bin/sh\nexit 127\n"), std::filesystem::perms::owner_all);
    const Exit o = run("PATH=" + scratch.folder().string() + ":$PATH " + into(dir));
    EXPECT_EQ(o.code, 1) << o.output;
    const std::string words = "report.html is not up to date; the training goes on.";
    EXPECT_EQ(o.output.find(words), o.output.rfind(words)) << "once is enough";
    expect_mentions(o.output, words);
    EXPECT_TRUE(std::filesystem::exists(dir + "/resnet8-seed1/weights.safetensors"));
}

TEST_F(Experiments, HaveALinePerNetAtATerminal) {
    if (run("script -qec true /dev/null < /dev/null").code != 0)
        GTEST_SKIP() << "script, which plays a terminal, is not installed, or there are no pseudo-terminals here";
    const auto at_terminal = [&](const std::string& variables, const std::string& folder) {
        const std::string command = one_epoch(into((scratch / folder).string()));
        return run("TERM=xterm LC_ALL=C.UTF-8 " + variables + " script -qec '" + command + "' /dev/null < /dev/null");
    };
    const Exit colourful = at_terminal("NO_COLOR=", "a");
    EXPECT_EQ(colourful.code, 0) << colourful.output;
    expect_mentions(colourful.output, "\x1b[3A\r");      // two nets and a line for all of them
    expect_mentions(colourful.output, "resnet8-seed1  waiting");
    expect_mentions(colourful.output, "2 of 2 finished");
    expect_mentions(colourful.output, "\x1b[32m");
    const Exit plain = at_terminal("NO_COLOR=1", "b");
    expect_mentions(plain.output, "\x1b[3A\r");
    EXPECT_EQ(plain.output.find("\x1b[32m"), plain.output.npos);
    const Exit file = run(one_epoch(into((scratch / "c").string())));
    EXPECT_EQ(file.output.find('\x1b'), file.output.npos) << file.output;
    expect_mentions(file.output, "[2/2] resnet8: shortcut A, 1356 parameters, seed 1\n      about ");
    expect_mentions(file.output, "  all runs: 0:0");
}

TEST(Plans, RefuseWhatTheyDoNotKnow) {
    expect("build/degradation --plan 3", 2, "The following argument was not expected: 3");
    expect("build/degradation --plann", 2, "did you mean --plan?");
    expect("build/degradation --plan --depths 9", 2, "6n+2");
    expect("build/degradation --jobs 3 --threads 2", 2, "--jobs 3 needs as many threads, for the nets to share, and");
    expect("build/degradation --jobs 0", 2, "--jobs: ");
    expect("build/degradation --plan --output-dir Makefile/runs", 1, "Makefile/runs cannot be made: Not a directory.");
}

}  // namespace
}  // namespace deepen
