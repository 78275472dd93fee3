// Can several processes work on one experiment?  (Built by `make`; run from the repository's root.)
#include "examples/common/share.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "engine/io/files.h"
#include "engine/io/folder_lock.h"
#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Share, HasEveryRunOnce) {
    for (std::size_t of = 1; of <= 5; ++of)
        for (std::size_t run = 0; run < 12; ++run) {
            int owners = 0;
            for (std::size_t number = 1; number <= of; ++number) owners += Share{number, of}.has(run);
            EXPECT_EQ(owners, 1) << run << " of " << of;
        }
    const Share second = parse_share("2/3");
    EXPECT_TRUE(second.has(1) && second.has(4) && !second.has(0) && !second.has(2));
}

TEST(Share, IsRefusedUnlessItIsOne) {
    for (const char* words : {"", "2", "0/2", "3/2", "1/", "/2", "1/2/3", "1/2 ", " 1/2", "-1/2", "1/-2", "x/y",
                              "1\x1b[2J/2", "99999999999999999999/2"})
        expect_mentions(refusal_of([&] { parse_share(words); }), "is no share of the runs.  Try 1/3, 2/3 and 3/3");
    EXPECT_EQ(refusal_of([&] { parse_share("1\x1b[2J/2"); }).find('\x1b'), std::string::npos);
}

TEST(Share, IsGivenByACommandWithoutWhatPrintsIt) {
    const char* arguments[] = {"degradation", "--plan", "--depths", "8,14",         "--only=1/2",
                               "--commands",  "--only", "2/2",      "--output-dir", "my runs",    "--plan=true"};
    EXPECT_EQ(command_for({3, 8}, "build/degradation", 11, arguments),
              "build/degradation --depths 8,14 --output-dir 'my runs' --only 3/8");
    EXPECT_EQ(command_for({1, 2}, "my code/degradation", 1, arguments), "'my code/degradation' --only 1/2");
    expect("cd build && ./degradation --depths 8 --synthetic-train 20 --synthetic-test 10 -b 10 --plan --commands "
           "--output-dir " + (Scratch() / "run").string(), 0, "\n./degradation --depths 8 ");
}

class SharedExperiment : public testing::Test {
protected:
    std::string into(const std::string& folder, const std::string& flags = "") const {
        return "build/degradation --depths 8 --seeds 1,2 --width 2 --synthetic-train 640 --synthetic-test 20 -b 16 "
               "--epochs 2 --threads 1 --output-dir " + (scratch / folder).string() + " " + flags;
    }

    // The hashes of the weights that a command speaks of.
    static std::set<std::string> hashes(const std::string& output) {
        std::set<std::string> found;
        const std::string words = "weights hash ";
        for (std::size_t at = 0; (at = output.find(words, at)) != output.npos; at += words.size())
            found.insert(output.substr(at + words.size(), 16));
        return found;
    }

    // Of one process, which trains all runs.
    const std::set<std::string>& alone() const {
        static const std::set<std::string> found = hashes(run(into("alone")).output);
        EXPECT_EQ(found.size(), 4);
        return found;
    }

    const Scratch scratch;
    const std::filesystem::path dir = scratch / "shared";
};

TEST_F(SharedExperiment, IsTrainedByShares) {
    const Exit first = run(into("shared", "--only 1/2"));
    EXPECT_EQ(first.code, 0) << first.output;
    expect_mentions(first.output, "Left to other processes: resnet8-seed1, resnet8-seed2.\n");
    EXPECT_FALSE(std::filesystem::exists(dir / "resnet8-seed1"));
    expect_mentions(read_text_file(dir / "runs.csv"), "plain8-seed2");
    const Exit second = run(into("shared", "--only 2/2"));
    EXPECT_EQ(second.code, 0) << second.output;
    EXPECT_EQ(second.output.find("Left to"), std::string::npos) << second.output;
    EXPECT_EQ(hashes(second.output), alone());
    EXPECT_EQ(run("wc -l < " + (dir / "curves.csv").string()).output, "9\n");  // 4 runs of 2 epochs
}

TEST_F(SharedExperiment, IsPlannedAsACommandPerRun) {
    const Exit plan = run(into("shared", "--plan --commands 2> " + (scratch / "plan").string()));
    EXPECT_EQ(plan.code, 0) << plan.output;
    expect_mentions(read_text_file(scratch / "plan"), "\n  resnet8-seed2 ");
    std::istringstream lines(plan.output);
    int count = 0;
    std::string last;
    for (std::string line; std::getline(lines, line); ++count) expect(last = line, 0, "weights hash ");
    EXPECT_EQ(count, 4);
    EXPECT_EQ(hashes(run(last).output), alone());
    EXPECT_EQ(run(into("shared", "--plan --commands 2> /dev/null")).output, "");
}

TEST_F(SharedExperiment, LeavesOutWhatAnotherProcessTrains) {
    std::filesystem::create_directories(dir / "plain8-seed1");
    const FolderLock other(dir / "plain8-seed1");
    const Exit o = run(into("shared"));
    EXPECT_EQ(o.code, 0) << o.output;
    expect_mentions(o.output,
                    "[1/4] plain8: no shortcuts, 1356 parameters, seed 1\n      left to the process that trains it\n");
    expect_mentions(o.output, "Left to other processes: plain8-seed1.\n");
    EXPECT_EQ(hashes(o.output).size(), 3);
}

TEST_F(SharedExperiment, TakesOverWhatAnotherProcessGaveUp) {
    std::filesystem::create_directories(dir / "plain8-seed1");
    std::optional<FolderLock> other(std::in_place, dir / "plain8-seed1");
    std::thread gives_up([&] {
        for (int i = 0; i < 10000 && !std::filesystem::exists(dir / "resnet8-seed1" / "log.csv"); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        other.reset();
    });
    const Exit o = run(into("shared"));
    gives_up.join();
    expect_mentions(o.output, "left to the process that trains it");
    EXPECT_EQ(o.output.find("Left to other processes"), std::string::npos) << o.output;
    EXPECT_EQ(hashes(o.output), alone());
}

// Four processes at once.  Whoever ends last, or comes later, finds all runs finished, with the bits of one process.
TEST_F(SharedExperiment, IsTrainedByAnyNumberOfProcesses) {
    const std::string command = into("shared", "> /dev/null");
    expect("for i in 1 2 3 4; do " + command + " & all=\"$all $!\"; done; for p in $all; do wait $p || exit 1; done", 0,
           "");
    const Exit later = run(into("shared"));
    EXPECT_EQ(later.output.find("epoch 1/2"), std::string::npos) << later.output;
    EXPECT_EQ(hashes(later.output), alone());
}

TEST_F(SharedExperiment, IsFinishedByAnotherProcessWhereOneIsKilled) {
    expect(signalled(into("shared") + " > /dev/null", (dir / "plain8-seed1" / "log.csv").string(), "KILL"), 137, "");
    const Exit o = run(into("shared"));
    EXPECT_EQ(o.output.find("Left to"), std::string::npos) << o.output;
    EXPECT_EQ(hashes(o.output), alone());
}

TEST(SharedExperimentFlags, AreRefusedWhereTheyMakeNoSense) {
    expect("build/degradation --only 3/2", 2, "--only: 3/2 is no share of the runs.");
    expect("build/degradation --commands", 2, "--commands requires --plan");
}

}  // namespace
}  // namespace deepen
