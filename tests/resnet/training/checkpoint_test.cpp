#include "resnet/training/checkpoint.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/io/hash.h"
#include "layers/weights.h"
#include "resnet/cifar.h"
#include "resnet/data/data_path.h"
#include "tests/engine/threads.h"
#include "tests/failing_calls.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// A net, its trainer, and all that a run of theirs ends with.
struct Training {
    const DataSplits& data;
    Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    std::unique_ptr<CifarNet> net;
    Trainer trainer;

    // Two epochs of six steps, with all that has a state: warm-up, a moving rate, momentum, augmentation.
    Training(const DataSplits& data, Shortcut shortcut)
        : data(data),
          net(fresh(shortcut)),
          trainer(*net, data, preprocessing,
                  {.epochs = 2,
                   .batch = 16,
                   .schedule = {.base = 0.05, .kind = ScheduleOptions::Kind::cosine, .total = 12,
                                .warmup_until_learning = true, .warmup_error = 0.95}}) {}

    static std::unique_ptr<CifarNet> fresh(Shortcut shortcut) {
        auto net = cifar_resnet({.depth = 8, .shortcut = shortcut, .width = 4});
        initialise(*net, 1);
        return net;
    }

    // Trains until so many more steps are done.
    void run(Index steps = 1000) {
        Observer observer;
        observer.step = [&](const StepReport&) { --steps; };
        observer.stop = [&] { return steps == 0; };
        trainer.run(observer);
    }

    // Every bit that could differ, but for the time it took.
    std::string result() {
        std::map<std::string, Tensor> all = state_of(*net);
        for (const NamedTensor& v : trainer.velocities()) all["velocity." + v.name] = v.tensor;
        History history = trainer.state().history;
        for (EpochRecord& record : history) record.seconds = 0;
        return hexadecimal(hash_of(all)) + "\n" + history_text(history);
    }

    void save(const std::filesystem::path& path) {
        write_checkpoint(path, {.tensors = state_of(*net), .metadata = {}}, trainer, "{}");
    }
};

const DataSplits& pictures() {
    static const DataSplits data = load_data("synthetic", {.train_count = 90, .test_count = 20});
    return data;
}

TEST(Checkpoint, GoesOnToTheSameBitsFromEveryStepAndAnyNumberOfThreads) {
    const Scratch scratch;
    for (const Shortcut shortcut : {Shortcut::none, Shortcut::A}) {
        Training whole(pictures(), shortcut);
        whole.run();
        for (Index stop = 1; stop <= 12; ++stop) {
            constexpr int counts[] = {1, 2, 3, 7};
            {
                const WithThreads before(counts[stop % 4]);
                Training first(pictures(), shortcut);
                first.run(stop);
                first.save(scratch / "c");
            }
            const WithThreads after(counts[stop / 4 % 4]);
            Training second(pictures(), shortcut);
            restore(read_checkpoint(scratch / "c"), "c", *second.net, second.trainer);
            second.run();
            EXPECT_EQ(second.result(), whole.result()) << "stopped after step " << stop;
        }
    }
}

TEST(Checkpoint, MayBeOfARunThatStopsInMidEpoch) {
    const Scratch scratch;
    const Training t(pictures(), Shortcut::A);
    const auto run = [&](Index stop) {
        auto net = Training::fresh(Shortcut::A);
        Trainer trainer(*net, pictures(), t.preprocessing, {.epochs = 5, .batch = 16, .max_iterations = 8});
        Observer observer;
        observer.stop = [&] { return stop-- == 1; };
        trainer.run(observer);
        if (trainer.finished()) return trainer.state().history.size();
        write_checkpoint(scratch / "c", {.tensors = state_of(*net), .metadata = {}}, trainer, "{}");
        auto again = Training::fresh(Shortcut::A);
        Trainer later(*again, pictures(), t.preprocessing, {.epochs = 5, .batch = 16, .max_iterations = 8});
        restore(read_checkpoint(scratch / "c"), "c", *again, later);
        later.run();
        EXPECT_TRUE(later.finished());
        return later.state().history.size();
    };
    EXPECT_EQ(run(1000), 2u);
    EXPECT_EQ(run(8), 2u);       // during the last step
    EXPECT_EQ(run(10), 2u);      // during the first test
}

struct CheckpointFile : testing::Test {
    void SetUp() override {
        Training t(pictures(), Shortcut::A);
        t.run(3);
        t.save(path);
    }
    std::string refusal() const { return refusal_of([&] { read_checkpoint(path); }); }

    // The file with one word of its metadata changed, and a checksum as it stands or none.
    void say(const std::string& key, const std::string& value) const {
        TensorFile file = read_safetensors(path);
        file.metadata[key] = value;
        write_safetensors(path, file, Stored::exact);
    }

    const Scratch scratch;
    const std::filesystem::path path = scratch / "c.safetensors";
};

TEST_F(CheckpointFile, IsRefusedWithAnyOneByteOfItsDataChanged) {
    const Bytes whole = read_file(path);
    EXPECT_EQ(refusal(), nothing_refused);
    for (std::size_t i = 0; i < whole.size(); i += 1 + whole.size() / 97) {
        Bytes damaged = whole;
        damaged[i] ^= 0x10;
        scratch.write("c.safetensors", damaged);
        const std::string message = refusal();
        EXPECT_EQ(message.find(path.string()), 0u) << "byte " << i << ": " << message;
    }
    scratch.write("c.safetensors", Bytes(whole.begin(), whole.end() - 1));
    EXPECT_NE(refusal(), nothing_refused);
}

TEST_F(CheckpointFile, IsRefusedWhenItsWordsAreChanged) {
    say("progress", "{}");
    EXPECT_EQ(refusal(), path.string() + ": this checkpoint is damaged: its checksum does not fit.");
}

TEST_F(CheckpointFile, OfAnotherFormatOrPrecisionIsRefused) {
    say("real", "half");
    expect_mentions(refusal(), "was calculated in half, this program calculates in ");
    say("checkpoint", "2");
    EXPECT_EQ(refusal(), path.string() +
                             ": this checkpoint is of format 2; this program reads format 1.  Go on with the "
                             "program that wrote it.");
}

TEST_F(CheckpointFile, IsNotTakenFromWeightsAlone) {
    const Training t(pictures(), Shortcut::A);
    write_safetensors(path, {.tensors = state_of(*t.net), .metadata = {}});
    expect_mentions(refusal(), "is no checkpoint: it holds weights, but not where their training stood");
}

TEST_F(CheckpointFile, OfAnotherNetIsRefused) {
    auto other = cifar_resnet({.depth = 14, .width = 4});
    const Training t(pictures(), Shortcut::A);
    Trainer trainer(*other, pictures(), t.preprocessing, {});
    expect_mentions(refusal_of([&] { restore(read_checkpoint(path), "c", *other, trainer); }),
                    "c: these weights do not fit the net.  Missing: ");
}

TEST_F(CheckpointFile, IsTheOldOneOrTheNewOneWhicheverCallOfASaveFails) {
    Training t(pictures(), Shortcut::A);
    t.run(3);
    t.save(path);
    t.run(1);
    bool through = false;
    int silent = 0;
    for (int n = 0; !through; ++n) {
        const int reason = n % 2 ? EIO : ENOSPC;
        std::string message, call;
        {
            const FailingCalls failing(n, reason, std::size_t{1} << 30);
            message = refusal_of([&] { t.save(path); });
            call = failing.failed();
        }
        through = call.empty();
        const Index loaded = read_checkpoint(path).state.iteration;
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch.folder()), {}), 1)
            << "a file was left over";
        if (message == nothing_refused) {  // all went well, but perhaps for the last close() of the folder
            EXPECT_EQ(loaded, 4);
            EXPECT_TRUE(through || call == "close") << call;
            silent += !through;
            continue;
        }
        expect_mentions(message, text("cannot write ", path, ": ", std::strerror(reason), " (", call));
        EXPECT_EQ(loaded, message.find("of its folder") == message.npos ? 3 : 4) << message;
    }
    EXPECT_EQ(silent, 1) << "close() of the file itself must be heeded";
}

TEST_F(CheckpointFile, IsReadAsAWeightFileToo) {
    const Training t(pictures(), Shortcut::A);
    load_state(*t.net, read_safetensors(path).tensors, "c");
    EXPECT_NE(hash_of(state_of(*t.net)), hash_of(state_of(*Training::fresh(Shortcut::A))));
}

}  // namespace
}  // namespace deepen
