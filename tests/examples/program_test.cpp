#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <new>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/subprocess.h"
#include "examples/common/program.h"
#include "resnet/data/decoders.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

struct Ending {
    int code;
    std::string out, err;
};

// Runs a program named "count" with a flag --depth and a sub-command "again --seed N".
Ending count(std::vector<std::string> words, const std::function<int()>& body) {
    Program program("count", "Counts weights.");
    int depth = 20, seed = 1;
    program.app.add_option("--depth", depth, "weighted layers")->check(CLI::Range(8, 1202));
    program.app.add_subcommand("again", "once more")->add_option("--seed", seed, "of random numbers");
    words.insert(words.begin(), "build/count");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());

    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = program.run(static_cast<int>(arguments.size()), arguments.data(), body);
    std::cout.flush();
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

int done() { return 0; }

template <class Exception>
std::function<int()> throws(const Exception& e) {
    return [e]() -> int { throw e; };
}

TEST(Program, PrintsAndReturnsWhatItsBodyDoes) {
    const Ending o = count({"--depth", "56"}, [] { return std::cout << "853018\n", 3; });
    EXPECT_EQ(o.code, 3);
    EXPECT_EQ(o.out, "853018\n");
    EXPECT_EQ(o.err, "");
}

TEST(Program, ShowsHelpOnStandardOutput) {
    const Ending o = count({"--help"}, []() -> int { throw Error("the body must not run"); });
    EXPECT_EQ(o.code, 0);
    EXPECT_NE(o.out.find("Counts weights."), std::string::npos) << o.out;
    EXPECT_NE(o.out.find("--depth"), std::string::npos) << o.out;
}

TEST(Program, TellsItsVersionAndWhatItWasBuiltOf) {
    const Ending o = count({"--version"}, []() -> int { throw Error("the body must not run"); });
    EXPECT_EQ(o.code, 0);
    EXPECT_EQ(o.out, describe(build_info()) + "\npictures  " + describe_decoders() + "\n");
}

TEST(Program, TellsErrorsByTheirExitCodes) {
    Ending o = count({}, throws(Error("no such file.")));
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err, "count: error: no such file.\n");

    o = count({}, throws(UsageError("--depth 21 is not 6n+2.")));
    EXPECT_EQ(o.code, 2);
    EXPECT_EQ(o.err, "count: error: --depth 21 is not 6n+2.  Try `count --help`.\n");

    o = count({}, throws(std::bad_alloc()));
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err,
              "count: error: there is not enough memory.  Try a smaller --batch-size, or fewer programs at once.\n");

    o = count({}, [] { return std::filesystem::is_directory(std::string(5000, 'a')) ? 1 : 0; });
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err, "count: error: " + std::string(200, 'a') + "...: File name too long.\n");

    o = count({}, throws(InternalError("a sum is off.")));
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err, "count: error: a sum is off.  This fault is ours: please report it.\n");
}

TEST(Program, PrintsWhatCameBeforeAnError) {
    const Ending o = count({}, []() -> int {
        std::cout << "half";
        throw Error("no more.");
    });
    EXPECT_EQ(o.out, "half");
}

TEST(Program, LetsNoForeignBytesSteerTheTerminal) {
    EXPECT_EQ(count({}, throws(Error("found \"\x1b[2J\"."))).err, "count: error: found \"?[2J\".\n");
}

TEST(Program, RefusesWrongFlagsAndNamesTheNearest) {
    Ending o = count({"--detph", "20"}, done);
    EXPECT_EQ(o.code, 2);
    EXPECT_NE(o.err.find("--detph"), std::string::npos) << o.err;
    EXPECT_NE(o.err.find("For --detph, did you mean --depth?  Try `count --help`."), std::string::npos) << o.err;

    o = count({"again", "--sead=3"}, done);
    EXPECT_NE(o.err.find("For --sead, did you mean --seed?"), std::string::npos) << o.err;

    o = count({"agian"}, done);
    EXPECT_NE(o.err.find("For agian, did you mean again?"), std::string::npos) << o.err;

    o = count({"--depth", "7"}, done);
    EXPECT_EQ(o.code, 2);
    EXPECT_NE(o.err.find("count: error: --depth: "), std::string::npos) << o.err;    // the rest is CLI11's words
    EXPECT_NE(o.err.find("Try `count --help`."), std::string::npos) << o.err;
    EXPECT_EQ(o.err.find("did you mean"), std::string::npos) << o.err;
}

TEST(Program, GuessesOnlyWhatIsNear) {
    EXPECT_EQ(nearest("--epoks", {"--depth", "--epochs"}), "--epochs");
    EXPECT_EQ(nearest("--verbose", {"--depth", "--epochs"}), "");
    EXPECT_EQ(nearest("", {}), "");
}

TEST(Program, NotesAnInterruptionOfWhatDelaysItAndLetsTheBodyFinish) {
    for (const auto& [signal, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
        ::signal(signal, SIG_DFL);                       // a shell's `&` ignores SIGINT
        bool finished = false;
        const Ending o = count({}, [&, signal = signal] {
            const DelayedInterruption until_saved("saving.");
            EXPECT_FALSE(interrupted());
            ::raise(signal);
            EXPECT_TRUE(interrupted());
            finished = true;
            return 0;
        });
        EXPECT_TRUE(finished);
        EXPECT_EQ(o.code, code);
        EXPECT_EQ(o.err, "count: saving.\ncount: interrupted.\n");
        EXPECT_FALSE(interrupted());
    }
}

TEST(Program, LeavesSignalsAloneThatItsCallerIgnores) {
    ::signal(SIGINT, SIG_IGN);
    const Ending o = count({}, [] { return ::raise(SIGINT); });
    ::signal(SIGINT, SIG_DFL);
    EXPECT_EQ(o.code, 0);
}

// The next ones end a process of their own.
class ProgramDeathTest : public testing::Test {
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    // Exits with what a program named "count" returns, its standard output led to `fd`.
    [[noreturn]] static void exit_with(int fd, const std::function<int()>& body) {
        if (fd >= 0) ::dup2(fd, STDOUT_FILENO);
        for (const int number : {SIGINT, SIGTERM}) ::signal(number, SIG_DFL);    // a shell's `&` ignores SIGINT
        Program program("count", "Counts weights.");
        std::string name = "count";
        char* arguments[] = {name.data()};
        ::_exit(program.run(1, arguments, body));
    }

    static int print_much() {
        for (int i = 0; i < 100000; ++i) std::cout << "269722\n";
        return 0;
    }
};

TEST_F(ProgramDeathTest, LeavesAtOnceWhereNothingDelaysIt) {
    for (const auto& [signal, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)})
        EXPECT_EXIT(exit_with(-1, [signal = signal]() -> int {
            ::raise(signal);
            throw Error("still here");
        }), testing::ExitedWithCode(code), "^count: interrupted\\.\n$");
}

TEST_F(ProgramDeathTest, LeavesAsSoonAsAFileIsWritten) {
    const auto write = []() -> int {
        {
            const DelayedInterruption until_replaced;
            ::raise(SIGTERM);
            std::cerr << "replaced; ";
        }
        throw Error("still here");
    };
    EXPECT_EXIT(exit_with(-1, write), testing::ExitedWithCode(143), "^replaced; count: interrupted\\.\n$");
}

// A parent that ignores SIGCHLD, and a limit on the size of files, are inherited.
TEST_F(ProgramDeathTest, WaitsForItsChildrenAndSurvivesFilesThatAreTooLarge) {
    const auto run_true = [] {
        ::signal(SIGCHLD, SIG_IGN);
        exit_with(-1, [] { return run_program({"true"}).well() ? 7 : 1; });
    };
    EXPECT_EXIT(run_true(), testing::ExitedWithCode(7), "^$");
    const auto write_much = []() -> int {
        const Scratch scratch;
        const rlimit limit{8192, 8192};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        write_file_atomically(scratch / "much", std::string(1 << 16, 'x'));
        return 0;
    };
    EXPECT_EXIT(exit_with(-1, write_much), testing::ExitedWithCode(1), "File too large \\(write\\)\\.");
}

TEST_F(ProgramDeathTest, LeavesAtOnceOnASecondSignal) {
    const auto twice = []() -> int {
        const DelayedInterruption until_saved(nullptr);
        ::raise(SIGINT);
        ::raise(SIGTERM);
        throw Error("still here");
    };
    EXPECT_EXIT(exit_with(-1, twice), testing::ExitedWithCode(143), "^$");
}

TEST_F(ProgramDeathTest, SaysThatADiskIsFull) {
    const int full = ::open("/dev/full", O_WRONLY);
    if (full < 0) GTEST_SKIP() << "this system has no /dev/full";
    EXPECT_EXIT(exit_with(full, print_much), testing::ExitedWithCode(1),
                "count: error: cannot write the output: No space left on device\\.");
    EXPECT_EXIT(exit_with(full, [] { return std::cout << "little", 0; }), testing::ExitedWithCode(1), "No space left");
    const auto fail_too = []() -> int {
        std::cout << "little";
        throw Error("first.");
    };
    EXPECT_EXIT(exit_with(full, fail_too), testing::ExitedWithCode(1), "first\\.");
    ::close(full);
}

TEST_F(ProgramDeathTest, FallsSilentWhenNobodyReads) {
    const auto into_closed_pipe = [] {
        int ends[2];
        if (::pipe(ends) != 0) ::_exit(99);
        ::close(ends[0]);
        exit_with(ends[1], print_much);
    };
    EXPECT_EXIT(into_closed_pipe(), testing::ExitedWithCode(141), "^$");
}

}  // namespace
}  // namespace deepen
