#include "resnet/training/run_folder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "engine/anomaly.h"
#include "engine/build_info.h"
#include "engine/io/folder_lock.h"
#include "engine/memory.h"
#include "resnet/data/data_path.h"
#include "resnet/training/checkpoint.h"
#include "tests/failing_calls.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

// Two epochs of four steps.
Recipe recipe() {
    return {.model = {.name = "resnet8", .width = 2},
            .training = {.epochs = 2, .batch = 16, .schedule = {.base = 0.05}}};
}

struct RunFolder : testing::Test {
    const Scratch scratch;
    const fs::path folder = scratch / "run", last = folder / "checkpoints" / "last.safetensors";
    std::vector<std::string> said;

    Observer observer(Index steps = 1000) {
        Observer o;
        o.step = [this](const StepReport&) { --left_; };
        left_ = steps;
        o.stop = [this] { return left_ == 0; };
        o.say = [this](const std::string& line) { said.push_back(line); };
        return o;
    }
    History train(Index steps = 1000, const CheckpointOptions& options = {}) {
        said.clear();
        return train_into(folder, recipe(), few_pictures(), observer(steps), options);
    }
    std::string refusal(const Recipe& r, const CheckpointOptions& options = {}) {
        return refusal_of([&] { train_into(folder, r, few_pictures(), observer(), options); });
    }

    // Weights and log, but for the time it took: what must not depend on interruptions.
    std::string result() const {
        std::string all = weights_hash(folder);
        for (EpochRecord r : read_history(folder / "log.csv")) all += history_text({(r.seconds = 0, r)});
        return all;
    }
    std::string uninterrupted() const {
        const fs::path other = scratch / "other";
        train_into(other, recipe(), few_pictures());
        std::string all = weights_hash(other);
        for (EpochRecord r : read_history(other / "log.csv")) all += history_text({(r.seconds = 0, r)});
        return all;
    }
    std::set<std::string> names(const fs::path& where) const {
        std::set<std::string> all;
        for (const auto& entry : fs::directory_iterator(where)) all.insert(entry.path().filename().string());
        return all;
    }

private:
    Index left_ = 0;
};

TEST_F(RunFolder, IsRefusedWhereItCannotBeMade) {
    require_can_be_made(folder / "far" / "below");
    EXPECT_FALSE(fs::exists(folder));
    const fs::path file = scratch.write("file", "mine");
    for (const fs::path& where : {file, file / "below"})
        EXPECT_EQ(refusal_of([&] { require_can_be_made(where); }),
                  "the output folder " + where.string() + " cannot be made: Not a directory.  Choose another "
                  "--output-dir.");
}

TEST_F(RunFolder, GoesOnWhereItWasStopped) {
    const std::string whole = uninterrupted();
    EXPECT_EQ(train(3).size(), 0u);
    EXPECT_EQ(train(3).size(), 1u);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0], "Going on from epoch 1, step 3 (iteration 3): " + last.string());
    EXPECT_FALSE(finished_run(folder, recipe(), few_pictures()));
    EXPECT_EQ(train().size(), 2u);
    EXPECT_EQ(result(), whole);
    EXPECT_TRUE(finished_run(folder, recipe(), few_pictures()));
    EXPECT_EQ(names(folder), (std::set<std::string>{"checkpoints", "config.json", "log.csv", "log.jsonl",
                                                    "weights.safetensors"}));
}

// Whoever is killed between checkpoint and log finds the log a row behind or, from an older checkpoint, ahead.
TEST_F(RunFolder, HasEachEpochInItsLogOnce) {
    const std::string whole = uninterrupted();
    train(2);
    fs::copy(last, scratch / "old.safetensors");
    train();
    fs::copy(scratch / "old.safetensors", last, fs::copy_options::overwrite_existing);
    fs::remove(folder / "checkpoints" / "best.safetensors");
    train();
    EXPECT_EQ(result(), whole);
    fs::remove(folder / "log.csv");
    train();
    EXPECT_EQ(result(), whole);
}

TEST_F(RunFolder, KeepsTheLastTheBestAndTheNewestOfTheNumbered) {
    const History history = train(1000, {.every = 2, .keep = 2});
    EXPECT_EQ(names(folder / "checkpoints"),
              (std::set<std::string>{"best.safetensors", "last.safetensors", "iteration-00000006.safetensors",
                                     "iteration-00000008.safetensors"}));
    const Index best = history[0].test_error <= history[1].test_error ? 1 : 2;
    EXPECT_EQ(static_cast<Index>(read_checkpoint(folder / "checkpoints" / "best.safetensors").state.history.size()),
              best);
    EXPECT_EQ(read_checkpoint(folder / "checkpoints" / "iteration-00000006.safetensors").state.step, 2);
    EXPECT_EQ(read_checkpoint(last).state.iteration, 8);
}

TEST_F(RunFolder, LeavesADamagedCheckpointOutAndSaysSo) {
    const std::string whole = uninterrupted();
    train(7, {.every = 3});
    fs::resize_file(last, fs::file_size(last) - 1);
    train();
    ASSERT_EQ(said.size(), 2u);
    expect_mentions(said[0], "This checkpoint is left out: " + last.string());
    expect_mentions(said[1], "(iteration 6): " + (folder / "checkpoints" / "iteration-00000006.safetensors").string());
    EXPECT_EQ(result(), whole);
}

TEST_F(RunFolder, WithoutASoundCheckpointIsNotSilentlyBegunAnew) {
    train(3);
    fs::resize_file(last, 100);
    const std::string message = refusal(recipe());
    expect_mentions(message, folder.string() + ": none of its checkpoints can be read.  " + last.string());
    expect_mentions(message, "remove " + (folder / "checkpoints").string() + " to start this run again.");
}

TEST_F(RunFolder, ToResumeHasToHaveACheckpoint) {
    expect_mentions(refusal(recipe(), {.resume = true}), "holds no checkpoint to go on from");
    EXPECT_FALSE(fs::exists(folder)) << "a refusal left a trace";
}

TEST_F(RunFolder, GoesOnFromACheckpointOfAnotherFolder) {
    const std::string whole = uninterrupted();
    train(5);
    fs::rename(last, scratch / "mine.safetensors");
    fs::remove_all(folder);
    train(1000, {.resume = true, .from = scratch / "mine.safetensors"});
    EXPECT_EQ(result(), whole);
}

// --- a finished run ------------------------------------------------------------------------------------

TEST_F(RunFolder, ResumedFromTheEndOfAnotherHoldsItsWeights) {
    const std::string whole = uninterrupted();
    train_into(folder, recipe(), few_pictures(), observer(),
               {.resume = true, .from = scratch / "other" / "checkpoints" / "last.safetensors"});
    EXPECT_EQ(result(), whole);
    EXPECT_TRUE(finished_run(folder, recipe(), few_pictures()));
}

TEST_F(RunFolder, GetsLostWeightsBackFromItsLastCheckpoint) {
    train();
    const std::string whole = result();
    for (const char* lost : {"weights.safetensors", "log.csv"}) {
        fs::remove(folder / lost);
        EXPECT_FALSE(finished_run(folder, recipe(), few_pictures()));
        train();
        EXPECT_EQ(said.size(), 1u) << "more than that it goes on";
        EXPECT_EQ(result(), whole);
        EXPECT_TRUE(finished_run(folder, recipe(), few_pictures()));
    }
}

TEST_F(RunFolder, IsNotTakenForFinishedWithWeightsOfAnother) {
    train();
    Recipe seed2 = recipe();
    seed2.training.seed = 2;
    train_into(scratch / "other", seed2, few_pictures());
    fs::copy(scratch / "other" / "weights.safetensors", folder / "weights.safetensors",
             fs::copy_options::overwrite_existing);
    expect_mentions(refusal_of([&] { finished_run(folder, recipe(), few_pictures()); }),
                    (folder / "weights.safetensors").string() + " does not hold the weights that this run ended with");
}

TEST_F(RunFolder, IsNotTakenForFinishedWithAFlippedBit) {
    train();
    const fs::path weights = folder / "weights.safetensors";
    fs::remove_all(folder / "checkpoints");  // the weights' own checksum is enough
    EXPECT_TRUE(finished_run(folder, recipe(), few_pictures()));
    std::string bytes = read_text_file(weights);
    bytes[bytes.size() - 100] ^= 1;
    scratch.write("run/weights.safetensors", bytes);
    expect_mentions(refusal_of([&] { finished_run(folder, recipe(), few_pictures()); }),
                    weights.string() + " is damaged: its checksum does not match.");
}

TEST_F(RunFolder, IsNotTakenForFinishedWithAnEditedLog) {
    train();
    History history = read_history(folder / "log.csv");
    history.back().train_error = 0;
    write_history(folder / "log.csv", history);
    expect_mentions(refusal_of([&] { finished_run(folder, recipe(), few_pictures()); }),
                    (folder / "log.csv").string() + " is not the log that this run ended with.");
}

TEST_F(RunFolder, MovedAwayEndsItsRun) {
    const auto move = [&](bool replace) {
        fs::remove_all(folder), fs::remove_all(scratch / "moved");
        Observer o = observer();
        o.step = [&](const StepReport& step) {
            if (step.iteration != 2) return;
            fs::rename(folder, scratch / "moved");
            if (replace) fs::create_directory(folder);
        };
        return refusal_of([&] { train_into(folder, recipe(), few_pictures(), o); });
    };
    for (const bool replace : {false, true}) {
        expect_mentions(move(replace), folder.string() + " was moved away or removed while this run");
        EXPECT_TRUE(!fs::exists(folder) || fs::is_empty(folder));
    }
}

TEST_F(RunFolder, GoesOnByAnotherCommitButNotWithOtherNamesOfClasses) {
    const std::string ours = recipe().json(few_pictures());
    std::string other = ours;
    other.replace(other.find("\"commit\": \"") + 11, 3, "abc");
    EXPECT_EQ(differences(other, ours), "");
    DataSplits renamed = few_pictures();
    renamed.train.classes[0] = "renamed";
    expect_mentions(differences(ours, recipe().json(renamed)), "data.class_names is ");
    std::string older = ours;  // which said nothing of names
    const std::size_t names = older.find("    \"class_names\"");
    older.erase(names, older.find('\n', names) + 1 - names);
    EXPECT_EQ(differences(older, ours), "");
}

TEST_F(RunFolder, SaysWhichCommitMadeIt) {
    train();
    expect_mentions(read_text_file(folder / "config.json"), "\"commit\": \"" + build_info().commit + "\"");
    EXPECT_EQ(read_safetensors(folder / "weights.safetensors").metadata.at("commit"), build_info().commit);
}

// --- other runs ----------------------------------------------------------------------------------------

TEST_F(RunFolder, SaysInWhatAnotherRunDiffers) {
    train(5);
    Recipe other = recipe();
    other.training.schedule.base = 0.1;
    other.model.name = "plain8";
    const std::string differences =
        "model.name is \"resnet8\" there, \"plain8\" here, model.shortcut is \"A\" there, "
        "\"none\" here, training.schedule.lr is 0.05 there, 0.1 here.";
    expect_mentions(refusal(other),
                    last.string() + ": this checkpoint is of a run with other settings or other data: " + differences);
    expect_mentions(refusal_of([&] { finished_run(folder, other, few_pictures()); }),
                    folder.string() + " holds a run with other settings or other data: " + differences);
    const DataSplits data = load_data("synthetic", {.seed = 2, .train_count = 64, .test_count = 20});
    expect_mentions(refusal_of([&] { finished_run(folder, recipe(), data); }), "other data: data.checksum is \"");
}

TEST_F(RunFolder, OverwritesNothingOfNobodyKnowsWhatRun) {
    for (const char* name : {"weights.safetensors", "log.csv"}) {
        const fs::path file = scratch.write(std::string("run/") + name, "precious");
        expect_mentions(refusal(recipe()), folder.string() + " holds a " + name + " but no config.json");
        EXPECT_EQ(read_text_file(file), "precious");
        fs::remove(file);
    }
    train();
    EXPECT_EQ(result(), uninterrupted());
}

// A checkpoint holds both, so nothing is lost.
TEST_F(RunFolder, WritesADamagedRecipeOrLogAgainOnceItIsRemoved) {
    train(5);
    const auto look = [&] { return finished_run(folder, recipe(), few_pictures()); };
    for (const char* name : {"config.json", "log.csv"})
        for (const char* damage : {"", "{}", "[]", "{\"model\": 1", "1,2"}) {
            const fs::path file = scratch.write(std::string("run/") + name, damage);
            expect_mentions(refusal_of(look), file.string());
            expect_mentions(refusal_of(look), "that trained this run writes it again from " + last.string());
            fs::remove(file);
            EXPECT_EQ(look(), std::nullopt);
            train(1);
        }
    train();
    EXPECT_EQ(result(), uninterrupted());
    scratch.write("run/log.csv", "1,2");
    fs::remove_all(folder / "checkpoints");
    expect_mentions(refusal_of(look), "There is no last checkpoint to write it again from");
}

// What lies in another folder does not say whose this one is.
TEST_F(RunFolder, OverwritesNothingWhereItGoesOnFromElsewhere) {
    train(5);
    const fs::path elsewhere = scratch / "elsewhere.safetensors";
    fs::copy(last, elsewhere);
    fs::remove(folder / "config.json");
    expect_mentions(refusal(recipe(), {.from = elsewhere}), "but no config.json");
}

// That of a finished run's last epoch is gone: going on from an earlier one would cut its log.
TEST_F(RunFolder, OverwritesNothingWhereOnlyAnEarlierCheckpointSaysWhoseItIs) {
    train();
    ASSERT_TRUE(fs::exists(folder / "checkpoints/best.safetensors"));
    const std::string log = read_text_file(folder / "log.csv");
    fs::remove(folder / "config.json");
    scratch.write("run/checkpoints/last.safetensors", "half");
    expect_mentions(refusal(recipe()), "but no config.json");
    EXPECT_EQ(read_text_file(folder / "log.csv"), log);
}

TEST_F(RunFolder, InUseIsRefused) {
    train(3);
    const FolderLock other(folder);
    expect_mentions(refusal(recipe()), "is in use: another process writes into it");
}

TEST_F(RunFolder, LosesWhatAKilledWriteLeft) {
    train(3);
    scratch.write("run/.deepen-1-1.tmp", std::string("half"));
    scratch.write("run/checkpoints/.deepen-1-2.tmp", std::string("half"));
    train();
    EXPECT_EQ(names(folder).count(".deepen-1-1.tmp") + names(folder / "checkpoints").count(".deepen-1-2.tmp"), 0u);
}

// The first step leads weights out of the numbers, while its loss is finite: nothing of it is kept.
TEST_F(RunFolder, KeepsNoWeightThatIsNoNumber) {
    Recipe r = recipe();
    r.training.schedule.base = 1e300;                    // infinite as a float
    EXPECT_NE(refusal(r, {.every = 1}), nothing_refused);
    EXPECT_TRUE(fs::exists(folder / "config.json"));
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".safetensors") continue;
        for (const auto& [name, t] : read_safetensors(entry.path()).tensors)
            EXPECT_EQ(first_not_finite(t.data()), static_cast<std::size_t>(t.size())) << entry.path() << " " << name;
    }
}

// A system call of a run with several saves fails, here and there; the run goes on to the same bits.
TEST_F(RunFolder, SurvivesEveryFailureOfTheDisk) {
    const std::string whole = uninterrupted();
    int refused = 0;
    for (int n = 0;; n += 23) {
        fs::remove_all(folder);
        train(2);
        std::string message, call;
        {
            const FailingCalls failing(n, ENOSPC, 1 << 20);
            message = refusal_of([&] { train(5); });
            call = failing.failed();
        }
        if (call.empty()) break;
        if (message != nothing_refused) {
            ++refused;
            expect_mentions(message, std::strerror(ENOSPC));
            expect_mentions(message, folder.string());
        }
        for (const fs::path& where : {folder, folder / "checkpoints"})
            for (const std::string& name : names(where)) EXPECT_FALSE(name.ends_with(".tmp")) << call << " " << n;
        EXPECT_GE(read_checkpoint(last).state.iteration, 2) << call << " " << n;
        train();
        EXPECT_EQ(result(), whole) << "when call " << n << " failed, " << call;
    }
    EXPECT_GT(refused, 8);
}

TEST_F(RunFolder, SurvivesMemoryThatEndsAnywhere) {
    const std::string whole = uninterrupted();
    int refused = 0;
    for (int n = 0; n < 1200; n += 101) {
        fs::remove_all(folder);
        train(2);
        memory::fail_after(n);
        const std::string message = refusal_of([&] { train(3); });
        memory::fail_after(-1);
        refused += message != nothing_refused;
        if (message != nothing_refused) expect_mentions(message, "out of memory: ");
        train();
        EXPECT_EQ(result(), whole) << "when storage " << n << " failed";
    }
    EXPECT_GT(refused, 2);
}

TEST(Differences, SurviveWhatIsNoRecipe) {
    const std::string ours = "{\"a\": {\"b\": 1}}";
    EXPECT_EQ(differences(ours, ours), "");
    EXPECT_EQ(differences("{\"a\":{\"b\":1}}", ours), "");
    EXPECT_EQ(differences("{\"a\":{\"b\":2}, \"c\":3}", ours), "a.b is 2 there, 1 here, c is 3 there, not given here");
    for (const std::string& odd :
         {std::string("no json"), std::string("[]"), std::string(100000, '['), std::string(), std::string("{}")})
        EXPECT_EQ(differences(odd, ours), "a.b is not given there, 1 here");
}

}  // namespace
}  // namespace deepen
