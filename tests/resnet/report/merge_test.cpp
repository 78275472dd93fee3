#include "resnet/report/merge.h"

#include <gtest/gtest.h>

#include "engine/build_info.h"
#include "engine/error.h"
#include "resnet/training/recipe.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

Recipe recipe(const std::string& name, std::uint64_t seed) {
    return {.model = {.name = name, .width = 2},
            .training = {.epochs = 2, .batch = 16, .schedule = {.base = 0.05}, .seed = seed}};
}

struct Merge : testing::Test {
    const Scratch scratch;
    std::vector<std::string> said;

    // A run folder as training leaves it, but for the weights.
    fs::path write(const std::string& folder, const Recipe& r, const std::vector<double>& errors) {
        const fs::path path = scratch / folder;
        fs::create_directories(path);
        write_file_atomically(path / "config.json", r.json(few_pictures()));
        write_history(path / "log.csv", invented_run("plain", 20, 1, errors).history);
        return path;
    }
    std::vector<FoundRun> find(const std::vector<fs::path>& folders) {
        return find_runs(folders, [this](const std::string& line) { said.push_back(line); });
    }
    std::string refusal(const std::vector<fs::path>& folders, bool allow_different = false) {
        std::string message = refusal_of([&] { merge(find(folders), allow_different); });
        for (std::size_t at; (at = message.find(scratch.folder().string() + "/")) != message.npos;)
            message.erase(at, scratch.folder().string().size() + 1);
        return message;
    }
};

TEST_F(Merge, KnowsNetsWithoutBatchNormAndWithGates) {
    Recipe r = recipe("resnet14", 1);
    r.model.batch_norm = false, r.model.residual_gate = 0.5;
    const ModelOptions found = find({write("a", r, {0.8, 0.4})})[0].model;
    EXPECT_EQ(describe(found), "resnet14, shortcut A, without batch norm, residual gates from 0.5");
    write("b", recipe("resnet14", 2), {0.8, 0.4});
    expect_mentions(refusal({scratch / "a", scratch / "b"}), "model.batch_norm is false in the first, not given in");
}

TEST_F(Merge, FindsRunsInFoldersOfRunsAndAnywhere) {
    write("a/plain8-seed1", recipe("plain8", 1), {0.8, 0.5});
    write("a/resnet14-seed1", recipe("resnet14", 1), {0.8, 0.4});
    fs::create_directories(scratch / "a/notes");
    const fs::path alone = write("b/of another name", recipe("resnet14", 2), {0.8, 0.3});
    const std::vector<MergedRuns> merged = merge(find({scratch / "a", alone, scratch / "a/plain8-seed1"}));
    ASSERT_EQ(merged.size(), 1u);
    EXPECT_EQ(merged[0].label, "");
    ASSERT_EQ(merged[0].found.size(), 3u) << "a run that is reached twice is one";
    const FoundRun& last = merged[0].found[2];
    EXPECT_EQ(last.run.kind, "residual");
    EXPECT_EQ(last.run.depth, 14);
    EXPECT_EQ(last.run.seed, 2u);
    EXPECT_EQ(last.run.history.back().train_error, 0.3);
    EXPECT_EQ(last.commit, build_info().commit);
    EXPECT_EQ(last.counting.pictures, 64);
    EXPECT_EQ(last.counting.test_pictures, 20);
    EXPECT_EQ(last.counting.batch, 16);
    EXPECT_DOUBLE_EQ(last.counting.guessing, 0.9);
    EXPECT_EQ(merged[0].finished().size(), 3u);
}

TEST_F(Merge, MarksUnfinishedRunsAndLeavesOutThoseWithoutAnEpoch) {
    Recipe cut = recipe("plain8", 3);
    cut.training.max_iterations = 3;  // an epoch has four
    const std::vector<fs::path> folders = {write("one", recipe("plain8", 1), {0.8}),
                                           write("begun", recipe("plain8", 2), {}), write("cut", cut, {0.7})};
    fs::remove(folders[1] / "log.csv");
    const std::vector<MergedRuns> merged = merge(find(folders), true);
    EXPECT_EQ(said, (std::vector<std::string>{"not in the report: " + folders[1].string() +
                                              ", which has no finished epoch"}));
    ASSERT_EQ(merged.size(), 2u);
    EXPECT_EQ(merged[0].unfinished().size(), 1u);
    EXPECT_EQ(merged[0].unfinished()[0].epochs, 2);
    EXPECT_EQ(merged[1].finished().size(), 1u) << "cut short by --max-iterations, as it was asked to be";
    EXPECT_EQ(refusal({folders[1]}), "there is nothing to report: no run has finished an epoch.");
}

TEST_F(Merge, RefusesOtherSettingsAndNamesThem) {
    Recipe other = recipe("resnet8", 1);
    other.training.batch = 32;
    other.training.schedule.base = 0.1;
    const std::vector<fs::path> folders = {write("a", recipe("plain8", 1), {0.8, 0.5}), write("b", other, {0.8, 0.4})};
    EXPECT_EQ(
        refusal(folders),
        "a and b were trained with different settings: training.batch is 16 in the first, 32 in the second, "
        "training.schedule.lr is 0.05 in the first, 0.1 in the second.  Leave one of them out, or ask for both side "
        "by side with --allow-different.");
    const std::vector<MergedRuns> merged = merge(find(folders), true);
    ASSERT_EQ(merged.size(), 2u);
    EXPECT_EQ(merged[0].label + ": " + merged[0].settings, "A: training.batch 16, training.schedule.lr 0.05");
    EXPECT_EQ(merged[1].label + ": " + merged[1].settings, "B: training.batch 32, training.schedule.lr 0.1");
    EXPECT_EQ(merged[1].counting().batch, 32);
}

TEST_F(Merge, TellsShortcutsOfResidualNetsApartAndNotThosePlainNetsLack) {
    Recipe b = recipe("resnet8", 2);
    b.model.shortcut = Shortcut::B;
    const fs::path plain = write("p", recipe("plain8", 1), {0.8, 0.5}), with_b = write("b", b, {0.8, 0.5}),
                   with_a = write("a", recipe("resnet8", 1), {0.8, 0.5});
    EXPECT_EQ(merge(find({plain, with_b})).size(), 1u);
    EXPECT_EQ(
        refusal({plain, with_a, with_b}),
        "a and b were trained with different settings: model.shortcut is \"A\" in the first, \"B\" in the second.  "
        "Leave one of them out, or ask for both side by side with --allow-different.");
}

// The paper's schedule warms up from 110 layers on.
TEST_F(Merge, LetsTheDeepestNetsWarmUp) {
    const auto paper = [](const std::string& name) {
        Recipe r = recipe(name, 1);
        follow_paper(r, 8);
        return r;
    };
    const fs::path shallow = write("s", paper("plain20"), {0.8, 0.5}), deep = write("d", paper("plain110"), {0.8, 0.5});
    EXPECT_EQ(merge(find({shallow, deep})).size(), 1u);
    Recipe cold = paper("resnet110");
    cold.training.schedule.warmup_until_learning = false;
    EXPECT_NE(refusal({shallow, deep, write("c", cold, {0.8, 0.5})}).find("warmup_until_learning is true in the first"),
              std::string::npos);
}

TEST_F(Merge, RefusesTheSameRunTwiceNamingBoth) {
    const std::vector<fs::path> folders = {write("a", recipe("plain8", 1), {0.8, 0.5}),
                                           write("copy of a", recipe("plain8", 1), {0.8, 0.5})};
    EXPECT_EQ(refusal(folders), "a and copy of a are both runs of plain8 from seed 1.  Leave one of them out.");
    EXPECT_EQ(refusal(folders, true), refusal(folders));
}

TEST_F(Merge, RefusesWhatIsNotThereOrCannotBeRead) {
    EXPECT_EQ(refusal({scratch / "nowhere"}), "nowhere does not exist.");
    EXPECT_EQ(refusal({scratch.write("file", "")}),
              "file is not a folder.  Name run folders, which have a config.json and a log.csv, or a folder of such.");
    fs::create_directories(scratch / "empty/inner");
    EXPECT_EQ(refusal({scratch / "empty"}),
              "empty holds no run: neither it nor a folder in it has a config.json and a log.csv.");

    const fs::path run = write("run", recipe("plain8", 1), {0.8, 0.5});
    scratch.write("run/log.csv", "epoch\n");
    EXPECT_EQ(refusal({run}).find("run/log.csv, line 1: expected the header"), 0u);
    for (const auto& [config, complaint] :
         {std::pair("{", "it is no JSON object."), std::pair("[1]", "it is no JSON object."),
          std::pair("{}", "expected a text as model.name."),
          std::pair(R"({"model": {"name": "plain8", "width": -1}})",
                    "expected a whole number of at least 1 as model.width."),
          std::pair(R"({"model": "plain8"})", "expected a text as model.name.")}) {
        scratch.write("run/config.json", config);
        EXPECT_EQ(refusal({run}), text("run/config.json is not the config.json of a run: ", complaint)) << config;
    }
    fs::remove(run / "config.json");
    EXPECT_EQ(refusal({run}),
              "run has a log.csv but no config.json, which says what was trained.  Copy it, too, or leave that folder "
              "out.");
}

TEST_F(Merge, ComparesNetsOfThePapersFamilyAlone) {
    for (const char* name : {"preact-resnet20", "vgg16", "resnet50", "resnet164"}) {
        Recipe r = recipe("resnet8", 1);
        r.model = {.name = name};
        EXPECT_EQ(refusal({write("x", r, {0.5})}),
                  text("x is a run of ", name, ".  Compared are the nets plainN and resnetN of CIFAR-10, N = 6n+2 ",
                       "layers: 20, 32, 44, 56, 110, ...  Leave that folder out."));
    }
}

// On a terminal, U+009B begins a command as ESC [ does.
TEST_F(Merge, LetsNoForeignBytesSteerTheTerminal) {
    const fs::path run = write("x\x1b[2J\xff\n", recipe("plain8", 1), {0.5});
    const std::string csv = runs_csv(merge(find({run})));
    EXPECT_NE(csv.find("/x?[2J??\"\n"), csv.npos) << csv;
    Recipe r = recipe("plain8", 1);
    std::string config = r.json(few_pictures());
    config.replace(config.find("plain8"), 6, "plain\xc2\x9b" "2J");
    write("y", r, {0.5});
    scratch.write("y/config.json", config);
    EXPECT_EQ(refusal({scratch / "y"}).find("y is a run of plain?2J."), 0u) << refusal({scratch / "y"});
}

TEST_F(Merge, ListsRunsAsCsv) {
    const fs::path a = write("a", recipe("plain8", 1), {0.8, 0.5}), b = write("b, \"c\"", recipe("plain8", 2), {0.75});
    EXPECT_EQ(runs_csv(merge(find({a, b}))),
              "recipe,kind,depth,seed,finished,epochs,iterations,train_error,test_error,seconds,commit,folder\n"
              ",plain,8,1,yes,2,782,0.5,0.52,30,\"" +
                  build_info().commit + "\",\"" + a.string() + "\"\n" + ",plain,8,2,no,1,391,0.75,0.77,10,\"" +
                  build_info().commit + "\",\"" + (scratch / "b, \"\"c\"\"").string() + "\"\n");
}

}  // namespace
}  // namespace deepen
