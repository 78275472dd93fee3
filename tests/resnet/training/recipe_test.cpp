#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/error.h"
#include "examples/common/training_flags.h"
#include "layers/schedule.h"
#include "resnet/data/decoders.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Pictures that only count.
DataSplits pictures(Index count) {
    DataSplits data;
    data.train.height = data.train.width = 1;
    data.train.pixels.resize(static_cast<std::size_t>(3 * count));
    data.train.labels.resize(static_cast<std::size_t>(count));
    data.train.classes.assign(10, "");
    return data;
}

Recipe recipe(std::vector<std::string> words, const std::string& model = "resnet20", Index count = 50000) {
    CLI::App app;
    TrainingFlags flags;
    flags.add_to(app);
    std::reverse(words.begin(), words.end());            // CLI11 takes the last word first
    app.parse(words);
    return flags.recipe({.name = model}, 1, pictures(count));
}

template <class Call>
void expect_refused(const Call& call, const std::string& part) {
    try {
        call();
        ADD_FAILURE() << "was not refused: " << part;
    } catch (const Error& e) {
        expect_mentions(e.what(), part);
    }
}

// He et al. 2015, section 4.2.
TEST(PaperSchedule, DropsTheRateAt32kAndAt48kAndStopsAt64k) {
    const Recipe r = recipe({"--schedule", "paper", "--iterations", "64000"});
    const Schedule schedule(r.training.schedule);
    EXPECT_EQ(schedule.rate(0), 0.1);
    EXPECT_EQ(schedule.rate(31'999), 0.1);
    EXPECT_NEAR(schedule.rate(32'000), 0.01, 1e-15);
    EXPECT_NEAR(schedule.rate(47'999), 0.01, 1e-15);
    EXPECT_NEAR(schedule.rate(48'000), 0.001, 1e-15);
    EXPECT_EQ(r.training.max_iterations, 64'000);
    EXPECT_EQ(r.training.epochs, 164);                   // 391 steps an epoch; the last one is cut short
    EXPECT_EQ(r.training.batch, 128);
    EXPECT_EQ(r.training.sgd.momentum, 0.9);
    EXPECT_EQ(r.training.sgd.weight_decay, 1e-4);
    EXPECT_FALSE(r.training.sgd.nesterov);
    EXPECT_EQ(r.training.augment.views, Views::shifted);
    EXPECT_TRUE(r.per_pixel_mean);
    EXPECT_EQ(r.initialiser, "he_normal");
}

TEST(PaperSchedule, KeepsItsShapeAtAnyLength) {
    for (const Index iterations : {8000, 1001, 4}) {
        const Recipe r = recipe({"--schedule", "paper", "--iterations", std::to_string(iterations)});
        EXPECT_EQ(r.training.schedule.milestones, (std::vector<Index>{iterations / 2, iterations * 3 / 4}));
        EXPECT_EQ(r.training.max_iterations, iterations);
        EXPECT_EQ(r.training.epochs, (iterations + 390) / 391);
    }
    EXPECT_EQ(recipe({"--schedule", "paper", "--epochs", "2"}).training.max_iterations, 782);
}

TEST(PaperSchedule, WarmsUpNetsOf110LayersAndMore) {
    const auto warms = [](const std::string& model) {
        return recipe({"--schedule", "paper"}, model).training.schedule.warmup_until_learning;
    };
    EXPECT_FALSE(warms("resnet20"));
    EXPECT_FALSE(warms("plain56"));
    EXPECT_TRUE(warms("resnet110"));
    EXPECT_TRUE(warms("plain110"));
    EXPECT_TRUE(warms("preact-resnet164"));
}

TEST(PaperSchedule, IsNotForNetsOfImageNet) {
    expect_refused([] { recipe({"--schedule", "paper"}, "resnet50"); }, "for the nets of CIFAR-10");
}

TEST(PaperSchedule, RefusesFlagsThatItSetsItself) {
    expect_refused([] { recipe({"--schedule", "paper", "--lr", "0.1"}); }, "--schedule paper sets --lr itself");
    expect_refused([] { recipe({"--schedule", "paper", "-b", "64"}); }, "sets --batch-size itself");
    expect_refused([] { recipe({"--schedule", "paper", "--wd", "0"}); }, "sets --weight-decay itself");
}

// Runs from before these settings were there go on, and are merged with runs from after.
TEST(Settings, ThatAreThePapersAreNotNamedWhereOlderRunsLackThem) {
    const auto json = [](const ModelOptions& model) { return Recipe{.model = model}.json(pictures(1)); };
    const std::string usual = json({.name = "resnet20"});
    EXPECT_EQ(usual.find("batch_norm"), usual.npos);
    EXPECT_EQ(usual.find("residual_gate"), usual.npos);
    const std::string other = json({.name = "resnet20", .batch_norm = false, .residual_gate = 0});
    EXPECT_EQ(differences(usual, other),
              "model.batch_norm is not given there, false here, model.residual_gate is not given there, 0.0 here");
    EXPECT_EQ(differences(other, usual),
              "model.batch_norm is false there, not given here, model.residual_gate is 0.0 there, not given here");
    EXPECT_EQ(differences(other, json({.name = "resnet20", .batch_norm = false, .residual_gate = 1})),
              "model.residual_gate is 0.0 there, 1.0 here");
}

TEST(Settings, NameTheDecodersOfPicturesThatWereDecoded) {
    DataSplits data = pictures(1);
    const std::string drawn = Recipe{}.json(data);
    EXPECT_EQ(drawn.find("decoders"), drawn.npos);
    data.train.decoded = true;
    const std::string ours = Recipe{}.json(data), names = "\"decoders\": \"" + decoder_names() + "\"";
    expect_mentions(ours, "\"decoders\": \"" + describe_decoders() + "\"");
    const auto with = [&](const std::string& old, const std::string& other) {
        std::string json = ours;
        return json.replace(json.rfind(old), old.size(), other);
    };
    EXPECT_EQ(differences(with(describe_decoders(), "PNG by another version"), ours), "");
    EXPECT_EQ(differences(with(names, "\"decoders\": \"another\""), ours),
              "data.decoders is \"another\" there, \"" + decoder_names() + "\" here");
    EXPECT_EQ(differences(drawn, ours), "");             // a run from before they were named
    EXPECT_EQ(differences(ours, drawn), "");
}

TEST(Iterations, AreTheLengthOfAnySchedule) {
    const Recipe r = recipe({"--iterations", "1000", "--lr-scheduler", "cosine"});
    EXPECT_EQ(r.training.max_iterations, 1000);
    EXPECT_EQ(r.training.schedule.total, 1000);
    EXPECT_EQ(r.training.epochs, 3);
    expect_refused([] { recipe({"--iterations", "9", "--epochs", "2"}); }, "both say how long to train");
    expect_refused([] { recipe({"--iterations", "9", "--max-iterations", "2"}); }, "Give one");
}

TEST(TrainingFlags, ChooseABatchSizeThatGivesASmallFolderTenStepsPerEpoch) {
    const Scratch scratch;
    const std::string folder = scratch.folder().string();
    const auto batch = [&](Index count, std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"--data-path", folder};
        words.insert(words.end(), more.begin(), more.end());
        return recipe(words, "resnet20", count).training.batch;
    };
    EXPECT_EQ(batch(60), 8) << "no smaller than eight";
    EXPECT_EQ(batch(182), 16);
    EXPECT_EQ(batch(1152), 64) << "nine steps of 128 are too few";
    EXPECT_EQ(batch(1153), 128);
    EXPECT_EQ(batch(182, {"-b", "128"}), 128) << "as asked for";
    EXPECT_EQ(batch(182, {"--schedule", "paper", "--epochs", "2"}), 128) << "the paper's";
    EXPECT_EQ(recipe({}, "resnet20", 182).training.batch, 128) << "synthetic pictures";
}

TEST(TrainingFlags, NameFoldersAfterTheData) {
    TrainingFlags flags;
    for (const auto& [path, name] : std::map<std::string, std::string>{{"synthetic", "synthetic"},
                                                                       {"a/pets", "pets"},
                                                                       {"a/pets/", "pets"},
                                                                       {"a/cifar-10-binary.tar.gz", "cifar-10-binary"},
                                                                       {"..", "data"}}) {
        flags.data_path = path;
        EXPECT_EQ(flags.data_name(), name) << path;
    }
}

}  // namespace
}  // namespace deepen
