#include "resnet/report/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

namespace deepen {
namespace {

// A stage for a Progress: a clock that stands still unless told, and a terminal that remembers.
struct Stage {
    double time = 1000;
    int width = 140;
    std::ostringstream out;

    Clock clock() {
        return [this] { return time; };
    }
    Terminal terminal(bool colour = false, bool unicode = true) {
        return {.interactive = true, .colour = colour, .unicode = unicode, .width = [this] { return width; }};
    }
    // What was written since the last call.
    std::string heard() {
        const std::string all = out.str();
        out.str("");
        return all;
    }
};

const Work twenty_epochs{.name = "epoch", .rounds = 20, .items = 1000};

TEST(Progress, PrintsNothingThatSteersTheTerminal) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.print("w fits in part.  Unexpected: \x1b]0;mine\x07");
    EXPECT_EQ(stage.heard(), "w fits in part.  Unexpected: ?]0;mine?\n");
}

TEST(Progress, ShowsRoundShareRateTimesLossAndError) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.start(3);
    EXPECT_EQ(stage.heard(), "\repoch 3/20                                             0 %\x1b[K");
    stage.time += 1;
    progress.advance(250, 1.23456, 0.381);
    EXPECT_EQ(
        stage.heard(),
        "\repoch 3/20 ━━━━━━━━━━                                 25 %  250 images/s  0:03 this epoch  1:11 remaining"
        "  loss 1.2346  error 38.1 %\x1b[K");
}

TEST(Progress, DrawsAtMostTenTimesASecond) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.start(1);
    int drawn = 0;
    stage.heard();
    for (int i = 0; i < 1000; ++i) {
        stage.time += 0.001;
        progress.advance(1);
        drawn += !stage.heard().empty();
    }
    EXPECT_GE(drawn, 9);
    EXPECT_LE(drawn, 10);
}

TEST(Progress, FitsAnyWindow) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(true), stage.clock());
    progress.start(3);
    for (stage.width = 140; stage.width >= 14; --stage.width) {
        stage.time += 1;
        stage.heard();
        progress.advance(3, 1.23456, 0.381);
        std::string line = stage.heard();
        line = line.substr(1, line.size() - 4);  // without \r and \x1b[K
        EXPECT_LT(columns(line), stage.width) << line;
        EXPECT_NE(line.find("epoch 3/20"), std::string::npos) << line;
    }
}

TEST(Progress, ShowsTheTimeOfTheWholeRunOnEightyColumns) {
    Stage stage;
    stage.width = 80;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.start(3);
    stage.heard();
    stage.time += 1, progress.advance(250, 1.23456, 0.381);
    EXPECT_NE(stage.heard().find("1:11 remaining  loss 1.2346  error 38.1 %"), std::string::npos);
}

TEST(Progress, ForgetsOldRates) {
    Stage stage;
    Progress progress({.items = 100000}, stage.out, stage.terminal(), stage.clock());
    progress.start(1);
    for (int i = 0; i < 60; ++i) stage.time += 1, progress.advance(10);
    for (int i = 0; i < 60; ++i) stage.time += 1, progress.advance(1000);
    const std::string line = stage.heard();
    const std::string last = line.substr(line.rfind('\r'));
    const double rate = std::atof(last.substr(last.find("%") + 1).c_str());
    EXPECT_GT(rate, 950) << last;
    EXPECT_LE(rate, 1000) << last;
}

TEST(Progress, CountsAWholeEpochForThoseToCome) {
    Stage stage;
    Progress progress({.rounds = 3, .items = 100}, stage.out, stage.terminal(), stage.clock());
    progress.start(1);
    stage.time += 10, progress.advance(100);  // and then 50 seconds of testing
    stage.time += 50;
    progress.start(2);
    stage.heard();
    stage.time += 1, progress.advance(10);
    EXPECT_NE(stage.heard().find("0:09 this epoch  1:09 remaining"), std::string::npos);
}

TEST(Progress, GoesOnWhereARunWasResumed) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.start(7, 500);
    EXPECT_NE(stage.heard().find("50 %"), std::string::npos);
    stage.time += 1, progress.advance(100);
    EXPECT_NE(stage.heard().find("60 %  100 images/s  0:04 this epoch"), std::string::npos);
}

TEST(Progress, SaysWhatElseItIsBusyWith) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, stage.terminal(), stage.clock());
    progress.start(1);
    stage.time += 1, progress.advance(1000, 2.0, 0.5);
    stage.heard();
    progress.note("testing");
    EXPECT_NE(stage.heard().find("100 %  testing  loss 2.0000"), std::string::npos);
}

TEST(Progress, LeavesACleanLine) {
    Stage stage;
    {
        Progress progress(twenty_epochs, stage.out, stage.terminal(true), stage.clock());
        progress.start(1);
        stage.heard();
        progress.print("epoch 1 done");
        EXPECT_EQ(stage.heard().rfind("\r\x1b[Kepoch 1 done\n\r", 0), 0u);
        progress.finish();
        EXPECT_EQ(stage.heard(), "\r\x1b[K");
        progress.start(2);
        stage.time += 1, progress.advance(5);
        stage.heard();
    }
    EXPECT_EQ(stage.heard(), "\r\x1b[K");
}

TEST(Progress, KeepsToAsciiAndToBlackAndWhiteWhereAsked) {
    Stage stage;
    Progress plain(twenty_epochs, stage.out, stage.terminal(false, false), stage.clock());
    plain.start(1, 250);
    EXPECT_EQ(stage.heard(), "\repoch 1/20 ##########------------------------------   25 %\x1b[K");
    Progress coloured(twenty_epochs, stage.out, stage.terminal(true, true), stage.clock());
    coloured.start(1, 250);
    const std::string line = stage.heard();
    EXPECT_NE(line.find("\x1b[32m━━━━━━━━━━\x1b[0m\x1b[2m━"), std::string::npos) << line;
}

TEST(Progress, WritesPlainLinesIntoALogEveryTenSeconds) {
    Stage stage;
    Progress progress(twenty_epochs, stage.out, {}, stage.clock());
    progress.start(1);
    for (int i = 0; i < 95; ++i) stage.time += 0.1, progress.advance(1, 2.0, 0.5);
    EXPECT_EQ(stage.heard(), "");
    for (int i = 0; i < 10; ++i) stage.time += 0.1, progress.advance(1, 2.0, 0.5);
    EXPECT_EQ(stage.heard(),
              "epoch 1/20   10 %  10.0 images/s  1:30 this epoch  33:10 remaining  loss 2.0000  error 50.0 %\n");
    progress.print("epoch  1/20  done");
    progress.finish();
    EXPECT_EQ(stage.heard(), "epoch  1/20  done\n");
}

TEST(Progress, NeedsNoTotal) {
    Stage stage;
    Progress progress({.name = "unpack", .unit = "files"}, stage.out, stage.terminal(), stage.clock());
    progress.start(1);
    stage.time += 2, progress.advance(1);
    EXPECT_EQ(stage.heard().substr(10), "\runpack  0.50 files/s\x1b[K");
}

TEST(EpochLine, LeavesOutWhatWasNotMeasured) {
    EpochRecord e{3, 1173, 0.1, 1.2345, 0.381, 1.1, 0.36, 103};
    EXPECT_EQ(epoch_line(e, 20), "epoch  3/20  loss 1.2345  error 38.1 %  test error 36.0 %  lr 0.1  1:43");
    e.test_error = NAN;
    EXPECT_EQ(epoch_line(e, 20), "epoch  3/20  loss 1.2345  error 38.1 %  lr 0.1  1:43");
}

TEST(Terminal, WrapsWordsAndKeepsLineEnds) {
    EXPECT_EQ(wrap("one two  three\nfour", 8), "one two\nthree\nfour");
    EXPECT_EQ(wrap("one  two", 80), "one  two");
    EXPECT_EQ(wrap("unbreakable it is", 4), "unbreakable\nit\nis");
    EXPECT_EQ(wrap("é é é é", 3), "é é\né é");
    EXPECT_EQ(wrap("", 10), "");
    EXPECT_EQ(wrap("a list:\n- one two\n- three\nfour five", 7), "a list:\n- one\n  two\n- three\nfour\nfive");
}

TEST(Terminal, CountsCharactersNotBytesNorColours) {
    EXPECT_EQ(columns("━╸ab"), 4);
    EXPECT_EQ(columns("\x1b[32mab\x1b[0m"), 2);
}

TEST(Terminal, TellsDurationsLikeAClock) {
    EXPECT_EQ(duration(0.4), "0:00");
    EXPECT_EQ(duration(59.6), "1:00");
    EXPECT_EQ(duration(754), "12:34");
    EXPECT_EQ(duration(7384), "2:03:04");
    EXPECT_EQ(duration(NAN), "?");
}

TEST(Terminal, IsNoneWhereAFileIs) {
    std::FILE* file = std::tmpfile();
    const Terminal t = terminal_at(fileno(file));
    EXPECT_FALSE(t.interactive);
    EXPECT_FALSE(t.colour);
    ::setenv("COLUMNS", "63", 1);
    EXPECT_EQ(t.width(), 63);
    ::unsetenv("COLUMNS");
    EXPECT_EQ(t.width(), 80);
    ::setenv("LINES", "17", 1);
    EXPECT_EQ(t.height(), 17);
    ::unsetenv("LINES");
    EXPECT_EQ(t.height(), 24);
    std::fclose(file);
}

}  // namespace
}  // namespace deepen
