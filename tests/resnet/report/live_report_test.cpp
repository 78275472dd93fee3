#include "resnet/report/live_report.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/failing_calls.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

using State = RunStatus::State;

const std::string page = "<html>\n<head>\n</head>\n<body>\n<h1>Title</h1>\n<p>Verdict</p>\n</body>\n</html>\n";
const std::string refresh = "<meta http-equiv=\"refresh\" content=\"10\">\n";

Standing standing() {
    return {.runs = {{.name = "plain20-seed1", .state = State::finished},
                     {.name = "plain56-seed1",
                      .state = State::running,
                      .epoch = 3,
                      .epochs = 20,
                      .train_error = 0.7,
                      .test_error = 0.72,
                      .seconds_remaining = 4000},
                     {.name = "resnet56-seed1", .epochs = 20, .seconds_remaining = 5000}},
            .seconds_remaining = 9000};
}

TEST(LiveReport, ReloadsItselfWhileTheExperimentRuns) {
    const std::string running = with_standing(page, standing(), Phase::running, "2026-11-27 14:32:05");
    EXPECT_TRUE(has(running, "<head>\n" + refresh));
    EXPECT_TRUE(has(running, "This experiment is running: <span class=\"outcome\">1 of 3 runs finished</span>"));
    EXPECT_TRUE(has(running, "About 2:30:00 remaining, as of 2026-11-27 14:32:05."));
    EXPECT_LT(running.find("This experiment is running"), running.find("<p>Verdict</p>"));
}

TEST(LiveReport, SaysWhatIsLeftToAnotherProcess) {
    Standing shared = standing();
    shared.runs[1].state = State::elsewhere;
    EXPECT_TRUE(has(with_standing(page, shared, Phase::running, ""),
                    "plain56-seed1</th><td>left to another process</td><td>3 of 20</td><td>70.00&nbsp;%</td>"
                    "<td>72.00&nbsp;%</td><td>&ndash;</td>"));
}

TEST(LiveReport, MarksWhatIsNotFinishedInATable) {
    const std::string running = with_standing(page, standing(), Phase::running, "");
    EXPECT_TRUE(
        has(running, "plain56-seed1</th><td>running</td><td>3 of 20</td><td>70.00&nbsp;%</td><td>72.00&nbsp;%"));
    EXPECT_TRUE(has(running, "resnet56-seed1</th><td>waiting</td><td>&ndash;</td><td>&ndash;</td><td>&ndash;</td>"));
    EXPECT_FALSE(has(running, "plain20-seed1"));
}

TEST(LiveReport, StaysAsItIsWhenTheExperimentHasEnded) {
    EXPECT_EQ(with_standing(page, standing(), Phase::over, ""), page);
    const std::string stopped = with_standing(page, standing(), Phase::interrupted, "2026-11-27 14:32:05");
    EXPECT_FALSE(has(stopped, "http-equiv"));
    EXPECT_TRUE(has(stopped, "It was interrupted at 2026-11-27 14:32:05.  The same command goes on"));
    EXPECT_TRUE(has(stopped, "plain56-seed1</th><td>not finished</td>"));
    const std::string failed = with_standing(page, standing(), Phase::failed, "2026-11-27 14:32:05");
    EXPECT_FALSE(has(failed, "http-equiv"));
    EXPECT_TRUE(has(failed, "It stopped with an error at 2026-11-27 14:32:05."));
}

class DrawnLiveReport : public testing::Test {
protected:
    void SetUp() override {
        if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
    }
    std::string written() const { return read_text_file(path); }

    const Scratch scratch;
    const std::filesystem::path path = scratch / "report.html";
    std::vector<std::string> said;
    LiveReport report{path, {}, [this](const std::string& line) { said.push_back(line); }};
    const Experiment unfinished = [] {
        Experiment runs = {invented_run("plain", 56, 1, {0.9, 0.8})};
        runs[0].epochs = 20;
        return runs;
    }();
};

TEST_F(DrawnLiveReport, SpeaksBeforeAnyNetIsFinished) {
    report.draw({}, unfinished, standing(), Phase::running);
    EXPECT_TRUE(has(written(), refresh));
    EXPECT_TRUE(has(written(), "plain-56*"));
    EXPECT_FALSE(has(written(), "The numbers"));
    report.draw({invented_run("plain", 20, 1, {0.6, 0.5, 0.4})}, unfinished, standing(), Phase::running);
    EXPECT_TRUE(has(written(), "The numbers"));
}

TEST_F(DrawnLiveReport, JudgesFinishedRunsAlone) {
    report.draw({invented_run("plain", 20, 1, {0.6, 0.5, 0.4})}, unfinished, standing(), Phase::running);
    EXPECT_TRUE(has(written(), "compared after 3 epochs"));
    EXPECT_TRUE(has(written(), "<th scope=\"row\">plain-20</th>"));
    EXPECT_FALSE(has(written(), "<th scope=\"row\">plain-56</th>"));
}

TEST_F(DrawnLiveReport, KeepsItsCurvesWhenItIsInterrupted) {
    report.draw({}, unfinished, standing(), Phase::running);
    const Environment none("PATH", scratch.folder().c_str());    // nothing can be drawn any more
    report.show(standing(), Phase::interrupted);
    EXPECT_TRUE(has(written(), "It was interrupted"));
    EXPECT_TRUE(has(written(), "plain-56*"));
    EXPECT_FALSE(has(written(), "http-equiv"));
    EXPECT_TRUE(said.empty());
}

TEST_F(DrawnLiveReport, SaysNothingBeforeTheFirstEpoch) {
    report.draw({}, {{"plain", 20, 1, {}}}, standing(), Phase::running);
    report.show(standing(), Phase::interrupted);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(DrawnLiveReport, IsReplacedAsAWholeAndItsFailureEndsNothing) {
    report.draw({}, unfinished, standing(), Phase::running);
    const std::string before = written();
    {
        const FailingCalls full(3, ENOSPC);
        report.show(standing(), Phase::interrupted);
    }
    EXPECT_EQ(written(), before);
    const Environment none("PATH", scratch.folder().c_str());
    report.draw({}, unfinished, standing(), Phase::running);
    ASSERT_EQ(said.size(), 1u) << "once is enough";
    EXPECT_TRUE(has(said[0], "report.html is not up to date; the training goes on.  ")) << said[0];
}

}  // namespace
}  // namespace deepen
