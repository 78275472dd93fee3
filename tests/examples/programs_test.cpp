// Do the programs do what they say, and say what is wrong?  (Built by `make`; run from the repository's root.)
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <sstream>

#include <nlohmann/json.hpp>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/terminal.h"
#include "resnet/training/history.h"
#include "tests/examples/command.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// --- what goes right -----------------------------------------------------------------------------

TEST(Train, LeavesConfigLogAndWeights) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string();
    expect(train("--output-dir " + dir), 0, "after 2 epochs; weights in " + dir + "/weights.safetensors");
    expect(train("--profile --output-dir " + dir), 0, "--profile had nothing to look at");
    expect(train("--watch responses --output-dir " + dir), 0, "--watch had nothing to look at");
    EXPECT_EQ(read_history(dir + "/log.csv").size(), 2u);
    EXPECT_TRUE(std::filesystem::exists(dir + "/config.json"));
    EXPECT_TRUE(std::filesystem::exists(dir + "/log.jsonl"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 5) << "something else was left behind";
}

// 64 pictures in batches of 16 are four steps an epoch.
TEST(Train, CountsStepsWhereTheLastEpochIsNotWhole) {
    const Scratch scratch;
    for (const auto& [limit, words] : {std::pair("1", " after 1 step, 0.25 epochs; weights in"),
                                       {"6", " after 6 steps, 1.5 epochs; weights in"},
                                       {"4", " after 1 epoch; weights in"}}) {
        const std::string command =
            train("--max-iterations " + std::string(limit) + " --output-dir " + (scratch / limit).string());
        expect(command, 0, words);
        expect(command, 0, words);  // read from its log
    }
    expect("build/train --model resnet8 --width 2 --synthetic-train 20 --synthetic-test 10 -b 10 --iterations 23 "
           "--output-dir " + (scratch / "23").string(), 0, " after 23 steps, 11.5 epochs; weights in");
}

// Twenty steps of nets wide enough for every fast path.
TEST(Train, GivesTheSameWeightsAtAnyNumberOfThreads) {
    const Scratch scratch;
    for (const std::string model : {"plain8", "resnet8"}) {
        const auto folder = [&](const std::string& threads) { return (scratch / (model + "-" + threads)).string(); };
        for (const char* threads : {"1", "2", "3", "7"})
            expect("build/train --width 8 --synthetic-train 320 --synthetic-test 20 -b 16 --epochs 1 --model " + model +
                       " --threads " + threads + " --output-dir " + folder(threads),
                   0, "after 1 epoch");
        for (const char* threads : {"2", "3", "7"})
            expect("cmp " + folder("1") + "/weights.safetensors " + folder(threads) + "/weights.safetensors", 0, "");
    }
}

TEST(Train, WithoutBatchNormAndFromAnyScheme) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string(), flags = "--no-batch-norm --residual-gate 0 --output-dir " + dir;
    const Exit o = run(train(flags));
    ASSERT_EQ(o.code, 0) << o.output;
    expect_mentions(o.output, "resnet8: shortcut A, without batch norm, residual gates from 0, ");
    expect(train(flags), 0, "already trained");
    expect(train("--no-batch-norm --residual-gate 1 --output-dir " + dir), 1, "residual_gate is 0.0 there, 1.0 here");
    expect(train("--output-dir " + dir), 1, "model.batch_norm is false there, not given here");
    expect("build/evaluate --weights " + dir + "/weights.safetensors --synthetic-train 64 --synthetic-test 20", 0,
           "without batch norm, residual gates from 0");
    for (const std::string scheme : {"dirac", "delta_orthogonal", "looks_linear"})
        expect(train("--init " + scheme + " --output-dir " + (scratch / scheme).string()), 0, "after 2 epochs");
    expect("build/train --model plain8 --residual-gate 0", 2, "nothing for a residual gate to scale");
}

TEST(Train, DoesNotTrainAFinishedRunAgain) {
    const Scratch scratch;
    const std::string command = train("--output-dir " + scratch.folder().string());
    expect(command, 0, "after 2 epochs");
    expect(command, 0, "already trained");
}

// Forty steps an epoch, so that a signal comes while it trains.
const std::string long_run = " --width 2 --synthetic-train 640 --synthetic-test 20 -b 16 --epochs 4 ";

std::string lines_with(const std::string& words, const std::string& output) {
    std::string found, line;
    for (std::istringstream lines(output); std::getline(lines, line);)
        if (line.find(words) != line.npos) found += line + "\n";
    return found;
}

TEST(Signalled, DoesNotAwaitAFileOfAProgramThatIsDead) { expect(signalled("exit 7", "/nowhere/file", "TERM"), 7, ""); }

TEST(Train, StoppedByASignalGoesOnToTheSameBits) {
    const Scratch scratch;
    for (const std::string model : {"plain8", "resnet8"}) {
        const std::string command = "build/train --model " + model + long_run + "--output-dir ";
        const Exit whole = run(command + (scratch / (model + "-whole")).string());
        ASSERT_EQ(whole.code, 0) << whole.output;
        const std::string dir = (scratch / model).string();
        const auto stopped = [&](const std::string& signal, int code) {
            // The first checkpoint is awaited: a signal before it ends a run that has nothing to go on from.
            expect(signalled(command + dir + " --checkpoint-every 5", dir + "/checkpoints/last.safetensors", signal),
                   code, "stopped; " + dir + " holds");
        };
        stopped("TERM", 143);
        expect(command + dir + " --resume --max-iterations 3", 1, "training.max_iterations is 0 there, 3 here");
        const Exit resumed = run(command + dir + " --resume");
        EXPECT_EQ(resumed.code, 0) << resumed.output;
        expect_mentions(resumed.output, "Going on from epoch ");
        EXPECT_EQ(lines_with("weights hash", resumed.output), lines_with("weights hash", whole.output));
        EXPECT_NE(lines_with("weights hash", whole.output), "");
    }
}

TEST(Train, EndsWithAHintWhenNumbersOverflow) {
    const Scratch scratch;
    for (const char* flag : {"", " --detect-anomaly"})
        expect(train("--lr-scheduler constant --lr 1e6" + std::string(flag) + " --output-dir " +
                     (scratch / "run").string()),
               1, "The learning rate 1e+06 is probably too large: try a tenth of it, or a warm-up");
}

TEST(Train, ThatIsKilledAnywhereGoesOnToTheSameBits) { expect("sh tests/kill_test.sh 10", 0, "10 kills, "); }

// A disk that is really full: a small one of our own, where the system lets us have one.
TEST(Train, SaysThatTheDiskIsFullAndKeepsWhatIsThere) {
    if (run("unshare -rm mount -t tmpfs tmpfs /mnt").code != 0) GTEST_SKIP() << "no file system can be mounted here";
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    const Exit o = run("unshare -rm sh -c 'mount -t tmpfs -o size=200k tmpfs " + dir + " && " +
                          train("--checkpoint-every 1 --checkpoint-keep 0 --output-dir " + dir + "/run") +
                          "; echo code $?; ls -A " + dir + "/run/checkpoints; rm " + dir + "/run/checkpoints/iter*; " +
                          train("--output-dir " + dir + "/run") + "'");
    expect_mentions(o.output, "No space left on device (write).");
    expect_mentions(o.output, "code 1");
    expect_mentions(o.output, "Going on from epoch ");
    expect_mentions(o.output, "after 2 epochs");
    EXPECT_EQ(o.output.find(".tmp"), o.output.npos) << o.output;
}

TEST(Train, ProfilesByOpAndHasTheSameBitsOpByOp) {
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    const Exit fused = run(train("--profile --output-dir " + dir + "/a"));
    const Exit apart = run(train("--profile --no-fusion --output-dir " + dir + "/b"));
    expect_mentions(fused.output, "backward  conv2d + ");
    expect_mentions(apart.output, "backward  conv2d  ");
    EXPECT_NE(lines_with("weights hash", fused.output), "");
    EXPECT_EQ(lines_with("weights hash", fused.output), lines_with("weights hash", apart.output));
}

TEST(Evaluate, CountsWhatTrainCounted) {
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    expect(train("--output-dir " + dir), 0, "after 2 epochs");
    const EpochRecord last = read_history(dir + "/log.csv").back();
    char errors[80], loss[80];
    std::snprintf(errors, sizeof errors, "errors %ld of 20 (", std::lround(last.test_error * 20));
    std::snprintf(loss, sizeof loss, "mean loss %.5f\n", last.test_loss);
    const Exit o =
        run("build/evaluate --weights " + dir + "/weights.safetensors --synthetic-train 64 --synthetic-test 20");
    EXPECT_EQ(o.code, 0);
    expect_mentions(o.output, errors);
    expect_mentions(o.output, loss);
    expect_mentions(o.output, "synthetic, test split: 20 pictures of 10 classes\n");
}

TEST(Degradation, ComparesReportsAndDoesNotTrainTwice) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    const std::string command = "build/degradation --depths 8,14" + tiny + "--output-dir " + dir;
    expect(command, 0, "report: " + dir + "/report.html");
    for (const char* file : {"curves.csv", "curves.svg", "figure6.pdf", "same-depth.png", "report.html"})
        EXPECT_TRUE(std::filesystem::exists(dir + "/" + file)) << file;
    const std::string rows = read_text_file(dir + "/runs.csv");
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 5);
    EXPECT_NE(rows.find("\n,residual,14,1,yes,2,"), rows.npos) << rows;
    EXPECT_NE(rows.find(text("\"", build_info().commit, "\",\"", dir, "/resnet14-seed1\"\n")), rows.npos) << rows;
    expect(command, 0, "[4/4] resnet14: shortcut A, 2924 parameters, seed 1\n      finished before: training error");
    expect(command + " --lr 0.05", 1,
           "holds a run with other settings or other data: training.schedule.lr is 0.1 there, 0.05 here");
}

TEST(Degradation, LetsNoFoldersNameSteerTheTerminal) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const Exit o = run("build/degradation --depths 8" + tiny + "--output-dir \"$(printf '" +
                          (scratch / "\\033]0;mine\\007").string() + "')\"");
    EXPECT_EQ(o.code, 0) << o.output;
    expect_mentions(o.output, "?]0;mine?/report.html");
    EXPECT_EQ(o.output.find_first_of("\x1b\x07"), o.output.npos);
}

TEST(Degradation, ReportsWhatEarlierCommandsFinishedInTheFolder) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const std::string dir = (scratch / "a copy").string(),
                      command = "build/degradation" + tiny + "--output-dir '" + dir + "'";
    expect(command + " --depths 8,14 --kinds plain", 0, "Not tested: this needs residual nets of two depths");
    expect(command + " --depths 8", 0, "also in the report: plain14-seed1, which was finished before\n");
    const std::string report = read_text_file(dir + "/report.html");
    for (const char* net : {"plain-8", "plain-14", "resnet-8"})
        EXPECT_NE(report.find(text("<th scope=\"row\">", net)), report.npos) << net;
    EXPECT_NE(report.find("--output-dir '" + dir + "' --depths 8</code>"), report.npos)
        << "the command cannot be pasted";
    EXPECT_NE(report.find("<dt>commit</dt><dd><code>" + build_info().commit), report.npos);
    expect("rm -r '" + dir + "/plain8-seed1' '" + dir + "/resnet8-seed1'; " + command + " --depths 8 --lr 0.05", 0,
           "not in the report: " + dir + "/plain14-seed1 holds a run with other settings");
}

TEST(Degradation, ReportsOnRunsFromAnywhereWithoutTraining) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const std::string a = (scratch / "a").string(), b = (scratch / "b").string(), out = (scratch / "out").string();
    ASSERT_EQ(run("build/degradation --depths 8,14 --kinds plain" + tiny + "--output-dir " + a).code, 0);
    const std::string as_degradation = " --lr-scheduler constant --wd 1e-4" + tiny;   // has them by default
    ASSERT_EQ(run("build/train --model resnet8" + as_degradation + "--output-dir " + b).code, 0);
    for (const std::string& weights : {a + "/plain8-seed1", b})
        std::filesystem::remove(weights + "/weights.safetensors");
    const std::string command = "build/degradation --report-only " + a + " " + b + " --output-dir " + out;
    expect(command, 0, "Claim 2: residual nets of the same depth do not degrade.\nNot tested: this needs");
    for (const char* file : {"report.html", "curves.svg", "figure6.svg", "same-depth.pdf", "curves.csv", "runs.csv"})
        EXPECT_TRUE(std::filesystem::exists(out + "/" + file)) << file;
    const std::string report = read_text_file(out + "/report.html");
    for (const char* net : {"plain-8", "plain-14", "resnet-8"})
        EXPECT_NE(report.find(text("<th scope=\"row\">", net)), report.npos) << net;
    EXPECT_NE(report.find("<code>" + b + " (commit " + build_info().commit), report.npos);

    const std::string c = (scratch / "c").string();
    ASSERT_EQ(run("build/train --model plain8 --seed 2 --lr 0.05" + as_degradation + "--output-dir " + c).code, 0);
    const auto cut = [](std::string log) { return log.substr(0, log.find("\n2,") + 1); };
    std::filesystem::copy(a + "/plain14-seed1", scratch / "cut", std::filesystem::copy_options::recursive);
    scratch.write("cut/log.csv", cut(read_text_file(scratch / "cut/log.csv")));
    std::filesystem::remove_all(a + "/plain14-seed1");
    expect("build/degradation --report-only " + a + " " + (scratch / "cut").string() + " --output-dir " + out, 0,
           "Not finished: plain-14 from seed 1 (1 of 2 epochs).");

    const std::string with_c =
        "build/degradation --report-only " + a + " " + c + " --output-dir " + (scratch / "two").string();
    expect(with_c + "; code=$?; test ! -e " + (scratch / "two").string() + " || echo left a trace; exit $code", 1,
           "training.schedule.lr is 0.1 in the first, 0.05 in the second");
    expect(with_c + " --allow-different", 0, "Recipe B: training.schedule.lr 0.05");
    for (const char* file : {"curves-A.svg", "figure6-B.png", "curves-A.csv", "curves-B.csv", "runs.csv"})
        EXPECT_TRUE(std::filesystem::exists(scratch / "two" / file)) << file;
}

// Three epochs of a few steps: what newcomers take for a result.
TEST(Degradation, FindsNothingWhereNothingWasLearned) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    expect("build/degradation --depths 8,14 --kinds plain --lr 0.0001 --output-dir " + scratch.folder().string() + tiny,
           0, "going deeper.\nNothing was learned here: the training error of plain-14 is");
}

TEST(Degradation, GoesOnInTheMidstOfANet) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const std::string command = "build/degradation --depths 8,14" + long_run + "--output-dir ";
    const Exit whole = run(command + (scratch / "whole").string());
    ASSERT_EQ(whole.code, 0) << whole.output;
    const std::string dir = (scratch / "run").string();
    const std::string first_of_resnet8 = dir + "/resnet8-seed1/checkpoints/last.safetensors";
    expect(signalled(command + dir + " --checkpoint-every 5", first_of_resnet8, "TERM"), 143,
           "1 of 4 runs are finished; give the same command again to resume.");
    const Exit resumed = run(command + dir);
    expect_mentions(resumed.output, "Going on from epoch ");
    expect_mentions(resumed.output, "finished before");
    EXPECT_EQ(lines_with("weights hash", resumed.output), lines_with("weights hash", whole.output));
}

// One that does not run stands before a real one.
TEST(Tests, AreSkippedWithWordsWhereGnuplotIsMissing) {
    const Scratch scratch;
    std::filesystem::permissions(scratch.write("gnuplot", "#!/bin/sh\nexit 127\n"), std::filesystem::perms::owner_all);
    const std::string tests = std::filesystem::read_symlink("/proc/self/exe").string();
    expect("GTEST_TOTAL_SHARDS=1 GTEST_SHARD_INDEX=0 PATH=" + scratch.folder().string() + ":$PATH " + tests +
               " --gtest_brief=1 --gtest_filter='Degradation.*:Gnuplot.*:Curves.*:Report.*'",
           0, "gnuplot is not installed");
}

TEST(Programs, HaveHelpThatFitsEightyColumns) {
    for (const char* program : {"train", "degradation", "evaluate", "classify", "summary", "bench"}) {
        const Exit o = run("build/" + std::string(program) + " --help");
        EXPECT_EQ(o.code, 0) << program;
        EXPECT_TRUE(o.output.starts_with("usage: " + std::string(program))) << o.output;
        EXPECT_EQ(o.output.find("\n\n\n"), o.output.npos) << o.output;
        std::istringstream lines(o.output);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80) << program << ": " << line;
    }
    expect("build/train --help", 0, "he_normal.  One of");
}

TEST(Summary, TellsNamesShapesAndCosts) {
    expect("build/summary resnet50", 0, "resnet50, shortcut B, stride in the 3x3 (torchvision's)");
    expect("build/summary resnet50", 0, "parameters: 25,557,032 (102.23 MB)");
    expect("build/summary resnet50 --bottleneck-stride 1x1", 0, "multiply-adds, forward: 3,857,973,248");
    expect("build/summary resnet20 -b 128", 0, "[128,32,32,16]");
    expect("build/summary plain20 --classes 7 --width 4 --input-size 24", 0, "[1,7]");
    expect("build/summary preact-resnet --depth 164", 0, "parameters: 1,703,258");
    expect("build/summary resnet20 --format csv | head -2", 0,
           "conv1,Conv2d,\"3x3, 16\",\"[1,32,32,16]\",432,0,442368,65536,");
    expect("build/summary resnet20 --format dot", 0, "digraph net {");
}

TEST(Summary, InJsonIsReadByOthers) {
    const auto json = nlohmann::json::parse(run("build/summary resnet18 --format json").output);
    EXPECT_EQ(json.at("parameters"), 11689512);
    EXPECT_EQ(json.at("layers").at(0).at("name"), "conv1");
    EXPECT_EQ(json.at("layers").at(0).at("output"), (std::vector<int>{1, 112, 112, 64}));
}

TEST(Summary, GoesIntoAFileWhereAsked) {
    const Scratch scratch;
    expect("build/summary resnet20 --format svg --output " + (scratch / "r.svg").string(), 0, "");
    EXPECT_GT(std::filesystem::file_size(scratch / "r.svg"), 1000u);
    expect("build/summary resnet20 --output /proc/nowhere/x", 1, "/proc/nowhere/x");
}

TEST(Summary, RefusesNetsItDoesNotKnow) {
    expect("build/summary", 2, "error: MODEL is missing.");
    expect("build/summary alexnet", 2, "model 'alexnet' is not known.");
    expect("build/summary resnet36", 2, "Models are resnet18, resnet34, resnet50");
    expect("build/summary resnet20 --depth 56", 2, "--depth: 'resnet20' says its depth itself.");
    expect("build/summary plain34 --shortcut B", 2, "has no shortcuts");
    expect("build/summary resnet18 --bottleneck-stride 1x1", 2, "has no bottlenecks");
    expect("build/summary resnet18 --format png", 2, "--format");
    expect("build/summary vgg16 --input-size 16", 1, "does not fit into x");
    // Before memory is taken for it.
    expect("(ulimit -v 4000000; build/summary resnet50 --input-size 4096)", 1, "Try a smaller --input-size");
    expect("(ulimit -v 4000000; build/summary preact-resnet1001 --width 1024)", 1, "Try a smaller --width");
}

TEST(Programs, ExplainThemselves) {
    for (const char* program : {"train", "evaluate", "degradation"})
        expect("build/" + std::string(program) + " --help", 0, "--data-path");
    expect("build/summary --help", 0, "preact-resnetN likewise");
    expect("build/lesson6_resnet50 --help", 0, "FOLDER/train and FOLDER/test hold a folder of pictures for each");
}

TEST(Bench, RefusesAFileForWhatIsOnlyPrinted) {
    for (const char* flag : {"--layers", "--accuracy"})
        expect("build/bench " + std::string(flag) + " --json pairs.json", 2,
               text("--json and ", flag, " do not go together: leave one out."));
    expect("build/bench --layers --accuracy", 2, "--layers and --accuracy do not go together: leave one out.");
}

// Of float32 the faster layout; bfloat16 in a row of its own; what fails is left out.
TEST(Bench, TakesTheBestOfTheNamedPython) {
    const Scratch scratch;
    const std::string python = (scratch / "a python").string(), json = (scratch / "pairs.json").string();
    write_file_atomically(python, R"(#!/bin/sh
case "$*" in
*compiled*) exit 1;;
*nhwc*bf16*) ms=3;;
*bf16*) ms=4;;
*nhwc*) ms=5;;
*) ms=7;;
esac
printf '{"system": "Fake", "ms": %s, "peak_mb": 90}\n' $ms
)");
    std::filesystem::permissions(python, std::filesystem::perms::owner_all);
    const std::string bench = "build/bench --models resnet8 --modes infer --threads 1 -b 1 --steps 1 --pairs 2 ";
    expect(bench + "--json '" + json + "' --peer-python '" + python + "'", 0, "Fake nhwc bf16");
    const auto rows = nlohmann::json::parse(read_file(json));
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0]["peer"], "Fake nhwc");
    EXPECT_EQ(rows[0]["peer_ms"], (std::vector<double>{5, 5}));
    EXPECT_EQ(rows[1]["peer"], "Fake nhwc bf16");
    EXPECT_EQ(rows[1]["peer_ms"], (std::vector<double>{3, 3}));
    expect(bench + "--peer-python /bin/echo", 0, "/bin/echo examples/common/pytorch_step.py resnet8 1 1 1 infer nchw");
    expect(bench + "--peer-python /nowhere/python", 2, "--peer-python: cannot run /nowhere/python: No such file");
}

TEST(Bench, StartsItselfWhateverItsFolderIsCalled) {
    const Scratch scratch;
    const std::string folder = (scratch / "o'brien'; touch PWNED; '").string();
    std::filesystem::create_directory(folder);
    EXPECT_EQ(run("cp build/bench \"" + folder + "\"").code, 0);
    expect("cd \"" + folder + "\" && ./bench --models resnet20 --modes infer --threads 1 -b 1 --steps 1 --pairs 1", 0,
           "resnet20 inference, batch 1, 1 thread");
    EXPECT_EQ(run("ls \"" + folder + "\"").output, "bench\n");
}

}  // namespace
}  // namespace deepen
