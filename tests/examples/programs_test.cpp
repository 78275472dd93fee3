// Do the programs do what they say, and say what is wrong?  (Built by `make`; run from the repository's root.)
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <sstream>

#include <nlohmann/json.hpp>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/files.h"
#include "resnet/training/history.h"
#include "resnet/training/terminal.h"
#include "tests/examples/command.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// A net small enough to be trained in a test.
const std::string tiny = " --width 2 --synthetic-train 64 --synthetic-test 20 -b 16 --epochs 2 ";

std::string train(const std::string& flags) { return "build/train --model resnet8" + tiny + flags; }

// A refusal leaves no trace: no folder where the run would have gone.
std::string refused(const Scratch& scratch, const std::string& flags) {
    return train(flags + " --output-dir " + (scratch / "refused").string()) + "; code=$?; test ! -e " +
           (scratch / "refused").string() + " || echo left a trace; exit $code";
}

// --- what goes right -----------------------------------------------------------------------------

TEST(Train, LeavesConfigLogAndWeights) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string();
    expect(train("--output-dir " + dir), 0, "after 2 epochs; weights in " + dir + "/weights.safetensors");
    EXPECT_EQ(read_history(dir + "/log.csv").size(), 2u);
    EXPECT_TRUE(std::filesystem::exists(dir + "/config.json"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 4) << "something else was left behind";
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

TEST(Train, StoppedByASignalGoesOnToTheSameBits) {
    const Scratch scratch;
    for (const std::string model : {"plain8", "resnet8"}) {
        const std::string command = "build/train --model " + model + long_run + "--output-dir ";
        const Outcome whole = run(command + (scratch / (model + "-whole")).string());
        ASSERT_EQ(whole.code, 0) << whole.output;
        const std::string dir = (scratch / model).string();
        const auto stopped = [&](const std::string& signal, int code) {
            // The first checkpoint is awaited: a signal before it ends a run that has nothing to go on from.
            expect("(" + command + dir + " --checkpoint-every 5 & pid=$!; until [ -e " + dir +
                       "/checkpoints/last.safetensors ]; do sleep 0.01; done; kill -" + signal + " $pid; wait $pid)",
                   code, "stopped; " + dir + " holds");
        };
        stopped("TERM", 143);
        expect(command + dir + " --resume --max-iterations 3", 1, "training.max_iterations is 0 there, 3 here");
        const Outcome resumed = run(command + dir + " --resume");
        EXPECT_EQ(resumed.code, 0) << resumed.output;
        expect_mentions(resumed.output, "Going on from epoch ");
        EXPECT_EQ(lines_with("weights hash", resumed.output), lines_with("weights hash", whole.output));
        EXPECT_NE(lines_with("weights hash", whole.output), "");
    }
}

TEST(Train, EndsWithAHintWhenNumbersOverflow) {
    const Scratch scratch;
    for (const char* flag : {"", " --detect-anomaly"})
        expect(train("--lr 1e6" + std::string(flag) + " --output-dir " + (scratch / "run").string()), 1,
               "The learning rate 1e+06 is probably too large: try a tenth of it, or a warm-up");
}

TEST(Train, ThatIsKilledAnywhereGoesOnToTheSameBits) { expect("sh tests/kill_test.sh 10", 0, "10 kills, "); }

// A disk that is really full: a small one of our own, where the system lets us have one.
TEST(Train, SaysThatTheDiskIsFullAndKeepsWhatIsThere) {
    if (run("unshare -rm mount -t tmpfs tmpfs /mnt").code != 0) GTEST_SKIP() << "no file system can be mounted here";
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    const Outcome o = run("unshare -rm sh -c 'mount -t tmpfs -o size=200k tmpfs " + dir + " && " +
                          train("--checkpoint-every 1 --checkpoint-keep 0 --output-dir " + dir + "/run") +
                          "; echo code $?; ls -A " + dir + "/run/checkpoints; rm " + dir + "/run/checkpoints/iter*; " +
                          train("--output-dir " + dir + "/run") + "'");
    expect_mentions(o.output, "No space left on device (write).");
    expect_mentions(o.output, "code 1");
    expect_mentions(o.output, "Going on from epoch ");
    expect_mentions(o.output, "after 2 epochs");
    EXPECT_EQ(o.output.find(".tmp"), o.output.npos) << o.output;
}

TEST(Train, ProfilesByOp) {
    const Scratch scratch;
    expect(train("--profile --output-dir " + scratch.folder().string()), 0, "backward  conv2d");
}

TEST(Evaluate, CountsWhatTrainCounted) {
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    expect(train("--output-dir " + dir), 0, "after 2 epochs");
    const EpochRecord last = read_history(dir + "/log.csv").back();
    char errors[80], loss[80];
    std::snprintf(errors, sizeof errors, "errors %ld of 20 (", std::lround(last.test_error * 20));
    std::snprintf(loss, sizeof loss, "mean loss %.5f\n", last.test_loss);
    const Outcome o =
        run("build/evaluate --weights " + dir + "/weights.safetensors --synthetic-train 64 --synthetic-test 20");
    EXPECT_EQ(o.code, 0);
    expect_mentions(o.output, errors);
    expect_mentions(o.output, loss);
    expect_mentions(o.output, "synthetic, test split: 20 pictures of 10 classes\n");
}

TEST(Degradation, ComparesReportsAndDoesNotTrainTwice) {
    const Scratch scratch;
    const std::string dir = scratch.folder().string();
    const std::string command = "build/degradation --depths 8,14" + tiny + "--output-dir " + dir;
    expect(command, 0, "report: " + dir + "/report.html");
    for (const char* file : {"curves.csv", "curves.svg", "same-depth.svg", "report.html"})
        EXPECT_TRUE(std::filesystem::exists(dir + "/" + file)) << file;
    expect(command, 0, "[4/4] resnet14: shortcut A, 2924 parameters, seed 1\n      finished before: training error");
    expect(command + " --lr 0.05", 1,
           "holds a run with other settings or other data: training.schedule.lr is 0.1 there, 0.05 here");
}

TEST(Degradation, ReportsWhatEarlierCommandsFinishedInTheFolder) {
    const Scratch scratch;
    const std::string dir = (scratch / "a copy").string(),
                      command = "build/degradation" + tiny + "--output-dir '" + dir + "'";
    expect(command + " --depths 8,14 --kinds plain", 0, "Not tested: this needs a plain and a residual net");
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

// Three epochs of a few steps: what newcomers take for a result.
TEST(Degradation, FindsNothingWhereNothingWasLearned) {
    const Scratch scratch;
    expect("build/degradation --depths 8,14 --kinds plain --lr 0.0001 --output-dir " + scratch.folder().string() + tiny,
           0, "A deeper plain net trains worse than a shallower one.  [nothing was learned]");
}

TEST(Degradation, GoesOnInTheMidstOfANet) {
    const Scratch scratch;
    const std::string command = "build/degradation --depths 8,14" + long_run + "--output-dir ";
    const Outcome whole = run(command + (scratch / "whole").string());
    ASSERT_EQ(whole.code, 0) << whole.output;
    const std::string dir = (scratch / "run").string();
    expect("(" + command + dir + " --checkpoint-every 5 & pid=$!; until [ -e " + dir +
               "/resnet8-seed1/checkpoints/last.safetensors ]; do sleep 0.01; done; kill -TERM $pid; wait $pid)",
           143, "1 of 4 runs are finished; give the same command again to resume.");
    const Outcome resumed = run(command + dir);
    expect_mentions(resumed.output, "Going on from epoch ");
    expect_mentions(resumed.output, "finished before");
    EXPECT_EQ(lines_with("weights hash", resumed.output), lines_with("weights hash", whole.output));
}

TEST(Programs, HaveHelpThatFitsEightyColumns) {
    for (const char* program : {"train", "degradation", "evaluate", "classify", "summary", "bench"}) {
        const Outcome o = run("build/" + std::string(program) + " --help");
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
    expect("build/summary", 2, "MODEL is required");
    expect("build/summary alexnet", 2, "model 'alexnet' is not known.");
    expect("build/summary resnet36", 2, "Models are resnet18, resnet34, resnet50");
    expect("build/summary resnet20 --depth 56", 2, "--depth: 'resnet20' says its depth itself.");
    expect("build/summary plain34 --shortcut B", 2, "has no shortcuts");
    expect("build/summary resnet18 --bottleneck-stride 1x1", 2, "has no bottlenecks");
    expect("build/summary resnet18 --format png", 2, "--format");
    expect("build/summary vgg16 --input-size 16", 1, "does not fit into x");
}

TEST(Programs, ExplainThemselves) {
    for (const char* program : {"train", "evaluate", "degradation"})
        expect("build/" + std::string(program) + " --help", 0, "--data-path");
    expect("build/summary --help", 0, "preact-resnetN likewise");
    expect("build/lesson6_resnet50 --help", 0, "FOLDER/train holds a folder of pictures for each class");
}

TEST(Bench, RefusesAFileForWhatIsOnlyPrinted) {
    for (const char* flag : {"--layers", "--accuracy"})
        expect("build/bench " + std::string(flag) + " --json pairs.json", 2, "excludes");
    expect("build/bench --layers --accuracy", 2, "excludes");
}

TEST(Bench, StartsItselfWhateverItsFolderIsCalled) {
    const Scratch scratch;
    const std::string folder = (scratch / "o'brien'; touch PWNED; '").string();
    std::filesystem::create_directory(folder);
    std::filesystem::copy_file("build/bench", folder + "/bench");
    expect("cd \"" + folder + "\" && ./bench --models resnet20 --modes infer --threads 1 -b 1 --steps 1 --pairs 1", 0,
           "resnet20 inference, batch 1, 1 thread");
    EXPECT_EQ(run("ls \"" + folder + "\"").output, "bench\n");
}

// --- what goes wrong: flags ------------------------------------------------------------------------

TEST(Flags, ThatMakeNoSenseExitWithTwo) {
    expect("build/train --epokhs 3", 2, "--epokhs");
    expect("build/train --epochs many", 2, "--epochs");
    expect("build/train --epochs 0", 2, "--epochs");
    expect("build/train --epochs -3", 2, "--epochs");
    expect("build/train --epochs 99999999999999999999", 2, "--epochs");
    expect("build/train -b 1", 2, "--batch-size");
    expect("build/train --lr -1", 2, "--lr");
    expect("build/train --lr nan", 2, "--lr");
    expect("build/train --lr 0", 2, "--lr: a number from 1e-12 to 1e+06 is expected, not 0");
    expect("build/train --weight-decay 1e-400", 2, "1e-400 is too close to 0");
    expect("build/train --epochs 010", 2, "--epochs: numbers are written without leading zeros, not as 010");
    expect("build/degradation --depths 8,-8", 2, "--depths");
    expect("build/evaluate --weights w --mean nan,0,0", 2, "--mean: a number from 0 to 1 is expected, not nan");
    expect("build/train --weights \"\"", 2, "an argument is empty, after --weights.  Is it a shell variable");
    expect("build/summary ''", 2, "an argument is empty.");
    expect("build/evaluate --nonsense", 2, "--nonsense is not expected.");
    expect("build/train --momentum 1", 2, "--momentum");
    expect("build/train --threads -1", 2, "--threads");
    expect("build/train --width 0", 2, "--width");
    expect("build/train --seed x", 2, "--seed");
    expect("build/train --seed -1", 2, "--seed");
    expect("build/train --shortcut D", 2, "--shortcut");
    expect("build/train --model plain8 --shortcut B" + tiny, 2,
           "model 'plain8' has no shortcuts, but shortcut B was asked for");
    expect("build/degradation --kinds plain --shortcut B" + tiny, 2, "--kinds asks for plain ones alone");
    expect("build/train --image-size 16" + tiny, 2, "--image-size is for folders of pictures");
    expect("build/train --checkpoint-every -1", 2, "--checkpoint-every");
    expect("build/train --checkpoint-minutes x", 2, "--checkpoint-minutes");
    expect("build/train --model resnet21", 2, "6n+2 layers");
    expect("build/train --model vgg", 2, "is not known.  Try resnet or plain");
    expect("build/train --lr-scheduler multistep" + tiny, 2, "needs --lr-milestones");
    expect("build/train --lr-milestones 3" + tiny, 2, "are for --lr-scheduler multistep");
    expect("build/train --nesterov --momentum 0" + tiny, 2, "--nesterov needs a --momentum");
    expect("build/degradation --depths 20,21", 2, "6n+2 layers");
    expect("build/train --lr-scheduler multistep --lr-milestones 2,1" + tiny, 2, "must ascend");
    expect("build/train --schedule paper --lr 1" + tiny, 2, "--schedule paper sets --");
    expect("build/train --iterations 0", 2, "--iterations");
    expect("build/train --warmup-until-learning --lr 0.001" + tiny, 2, "above the --lr asked for");
    expect("build/degradation --seeds 1,1", 2, "--seeds names 1 twice");
    expect("build/degradation --kinds round", 2, "--kinds");
    expect("build/evaluate --data-path synthetic", 2, "--weights is required");
}

// --- what goes wrong: files ------------------------------------------------------------------------

TEST(DataPath, ThatCannotBeReadExitsWithOneAndSaysWhy) {
    const Scratch scratch;
    expect(refused(scratch, "--data-path " + (scratch / "nowhere").string()), 1, "is not there");
    std::filesystem::create_directory(scratch / "empty");
    expect(refused(scratch, "--data-path " + (scratch / "empty").string()), 1, "holds nothing that is read here");
    expect(refused(scratch, "--data-path " + scratch.write("cut.tar.gz", "\x1f\x8b\x08").string()), 1, "cut.tar.gz");
    expect(refused(scratch, "--data-path " + scratch.write("cut.bin", std::string(3072, '\0')).string()), 1, "3073");
    expect(refused(scratch, "--data-path " + scratch.write("label.bin", std::string(3073, '\x0b')).string()), 1,
           "label 11");
    expect(refused(scratch, "--data-path " + scratch.write("only-test.bin", std::string(3073, '\0')).string()), 1,
           "there are no training pictures here, only 1 to test on");
}

TEST(Weights, ThatDoNotFitExitWithOneAndSayWhy) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string(), weights = dir + "/weights.safetensors";
    expect(train("--output-dir " + dir), 0, "after 2 epochs");
    const std::string evaluate = "build/evaluate --data-path synthetic --weights ";
    expect(evaluate + (scratch / "none").string(), 1, "No such file");
    expect(evaluate + scratch.write("short", "abc").string(), 1, "short");
    expect(
        "head -c 4000 " + weights + " > " + (scratch / "half").string() + "; " + evaluate + (scratch / "half").string(),
        1, "half");
    expect(evaluate + weights + " --model resnet14", 1,
           "these weights are of a net with model resnet8, but model resnet14 was asked for");
    expect(evaluate + weights + " --model plain8", 1, "of a net with model resnet8");
    expect(evaluate + weights + " --model alexnet", 2, "model 'alexnet' is not known");
    expect(evaluate + weights + " --partial --model resnet14", 0,
           "weights.safetensors fits.  Missing: layer1.1.conv1.weight,");
    expect(evaluate + weights + " --mean 0,0,0", 2, "--mean and --std go together");
    expect("build/evaluate --weights " + weights + " --data-path " +
               scratch.write("label.bin", std::string(3073, '\x0b')).string(),
           1, "label 11");
}

TEST(Weights, OfAnotherNumberOfClassesAreRefused) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string();
    expect(train("--output-dir " + dir), 0, "after 2 epochs");
    const Bytes picture = png(plain_pixels(40, 40, 1, 2, 3), 40, 40);
    for (const char* split : {"train", "test"})
        for (const char* name : {"cat", "dog"})
            scratch.write(std::string("two/") + split + "/" + name + "/1.png", picture);
    expect(
        "build/evaluate --weights " + dir + "/weights.safetensors --data-path " + (scratch / "two").string(), 1,
        "(cat, dog) are not those of the net in " + dir + "/weights.safetensors (disc, ring, crescent, square, ... ");
}

TEST(Weights, ThatAreDamagedAreNotTakenForATrainedNet) {
    const Scratch scratch;
    const std::string dir = scratch.folder().string(), weights = dir + "/weights.safetensors";
    expect(train("--output-dir " + dir), 0, "after 2 epochs");
    expect("head -c 100 " + weights + " > " + dir + "/w; mv " + dir + "/w " + weights + "; " +
               train("--output-dir " + dir),
           1, "weights.safetensors");
}

// What the picture size was is kept with the weights.
TEST(Evaluate, ScalesPicturesAsInTraining) {
    const Scratch scratch;
    const std::string data = (scratch / "two").string(), dir = (scratch / "run").string();
    for (const char* split : {"train", "test"})
        for (const char* name : {"cat", "dog"})
            for (const char* file : {"1.png", "2.png"})
                scratch.write(std::string("two/") + split + "/" + name + "/" + file,
                              png(plain_pixels(40, 40, *name, *file, 3), 40, 40));
    expect("build/train --model resnet8 --width 2 -b 2 --epochs 1 --image-size 16 --data-path " + data +
               " --output-dir " + dir,
           0, "after 1 epoch");
    const std::string evaluate = "build/evaluate --weights " + dir + "/weights.safetensors --data-path " + data;
    EXPECT_EQ(run(evaluate).output, run(evaluate + " --image-size 16").output);
    EXPECT_NE(run(evaluate).output, run(evaluate + " --image-size 40").output);
}

TEST(Train, RefusesToLearnOneClass) {
    const Scratch scratch;
    for (const char* file : {"1.png", "2.png"})
        scratch.write(std::string("one/train/cat/") + file, png(plain_pixels(40, 40, *file, 2, 3), 40, 40));
    expect(refused(scratch, "--data-path " + (scratch / "one").string()), 1, "all pictures are of one class, cat.");
}

// Nets of ImageNet bring 32 pixels down to one, and one number has no variance.
TEST(Train, RefusesToLeaveOnePictureOverBeforeItsFirstStep) {
    const Scratch scratch;
    const std::string dir = (scratch / "run").string(), rest = " --width 2 --synthetic-test 10 --epochs 1 -b 10";
    const std::string net = "build/train --model resnet18 --output-dir " + dir + rest + " --synthetic-train ";
    expect(net + "21", 1, "21 training pictures in batches of 10 leave one over");
    EXPECT_FALSE(std::filesystem::exists(scratch / "run"));
    expect(net + "22", 0, "after 1 epoch");
    expect("build/train --model resnet8 --synthetic-train 21 --output-dir " + dir + "-8" + rest, 0, "after 1 epoch");
}

// A set without test pictures has no test error, rather than a perfect one.
TEST(Train, SaysNothingOfATestThatWasNotMade) {
    const Scratch scratch;
    for (const char* name : {"cat", "dog"})
        for (const char* file : {"1.png", "2.png"})
            scratch.write(std::string("two/train/") + name + "/" + file,
                          png(plain_pixels(40, 40, *name, *file, 3), 40, 40));
    const Outcome o = run("build/train --model resnet8 --width 2 -b 2 --epochs 1 --data-path " +
                          (scratch / "two").string() + " --output-dir " + (scratch / "run").string());
    EXPECT_EQ(o.code, 0) << o.output;
    EXPECT_EQ(o.output.find("test error"), std::string::npos) << o.output;
    EXPECT_TRUE(std::isnan(read_history((scratch / "run" / "log.csv").string()).back().test_error));
}

TEST(OutputDir, ThatCannotBeWrittenExitsWithOneAndSaysWhy) {
    const Scratch scratch;
    const std::string file = scratch.write("file", "x").string();
    expect(train("--output-dir " + file + "/run"), 1, "cannot be made: Not a directory");
    expect(train("--output-dir " + file), 1, "cannot be made");
    expect(train("--output-dir /proc/deepen"), 1, "cannot be made");
    expect(train("--resume --output-dir " + (scratch / "none").string()), 1, "holds no checkpoint to go on from");
    expect(train("--resume " + file + " --output-dir " + (scratch / "none").string()), 1, file + ": ");
    expect("(build/evaluate --help > /dev/full)", 1, "cannot write the output: No space left on device");
}

}  // namespace
}  // namespace deepen
