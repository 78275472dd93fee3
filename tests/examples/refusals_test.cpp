// Do the programs say what was wrong, and end with the right status?
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

// A refusal leaves no trace: no folder where the run would have gone.
std::string refused(const Scratch& scratch, const std::string& flags) {
    return train(flags + " --output-dir " + (scratch / "refused").string()) + "; code=$?; test ! -e " +
           (scratch / "refused").string() + " || echo left a trace; exit $code";
}

// --- what goes wrong: flags ------------------------------------------------------------------------

TEST(Flags, ThatMakeNoSenseExitWithTwo) {
    expect("build/train --epokhs 3", 2, "--epokhs");
    expect("build/train --epochs many", 2, "--epochs");
    expect("build/train --epochs 3 --epochs 4", 2, "--epochs is given 2 times.  Give it once.");
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
    expect("build/train --iterations 0", 2, "--iterations: a whole number from 1 to 1000000000 is expected, not 0");
    expect("build/train --iterations 1e4", 2, "a whole number from 1 to 1000000000 is expected, not 1e4");
    expect("build/train --seed -", 2, "--seed: a whole number from 0 to 1000000000000000000 is expected, not -");
    expect("build/train --weight-decay x", 2, "--weight-decay: a number from 0 to 1e+06 is expected, not x");
    expect("build/train --lr-gamma 0.5" + tiny, 2, "--lr-gamma is for --lr-scheduler multistep; the scheduler is");
    expect("build/train --lr-scheduler multistep --lr-milestones 9,12" + tiny, 2,
           "epoch 9, does not come before the end of the run");
    expect("build/train --lr-warmup-epochs 5" + tiny, 2, "--lr-warmup-epochs 5: the run is over before");
    expect("build/train --weights x --init dirac" + tiny, 2, "--init is for first weights that are drawn at random");
    expect("build/train --weights x --zero-last-scale" + tiny, 2, "--zero-last-scale is for first weights that");
    expect("build/train --tensorboard /dev/null" + tiny, 1, "Choose another --tensorboard.");
    expect("build/train --warmup-until-learning --lr 0.001" + tiny, 2, "above the --lr asked for");
    expect("build/degradation --seeds 1,1", 2, "--seeds names 1 twice");
    expect("build/degradation --kinds round", 2, "--kinds");
    expect("build/degradation --report-only", 2, "--report-only");
    expect("build/degradation --report-only ''", 2, "an argument is empty, after --report-only.");
    expect("build/degradation --report-only runs/a --depths 8", 2,
           "--report-only trains nothing, so that --depths has no effect.  Leave one of them out.");
    expect("build/degradation --report-only runs/a --threads 1", 2, "so that --threads has no effect");
    expect("build/degradation --page README.md", 2, "--page is for --report-only.");
    expect("build/degradation --published README.md", 1, "README.md, line 1: expected the names of the columns");
    expect("build/degradation --allow-different", 2, "--allow-different is for --report-only.");
    expect("build/degradation --report-only no/such/folder", 1, "no/such/folder does not exist.");
    expect("build/evaluate --data-path synthetic", 2, "error: --weights is missing.");
}

// --- what goes wrong: files ------------------------------------------------------------------------

TEST(DataPath, ThatCannotBeReadExitsWithOneAndSaysWhy) {
    const Scratch scratch;
    const std::string nowhere = (scratch / "nowhere").string();
    expect(refused(scratch, "--data-path " + nowhere), 1, "--data-path: " + nowhere + " is not there");
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
    const Exit o = run("build/train --model resnet8 --width 2 -b 2 --epochs 1 --data-path " +
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
