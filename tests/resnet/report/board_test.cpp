#include "resnet/report/board.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace deepen {
namespace {

using State = RunStatus::State;

Standing three_nets() {
    return {.runs = {{.name = "plain20-seed1",
                      .state = State::finished,
                      .share = 1,
                      .train_error = 0.2095,
                      .test_error = 0.218,
                      .note = "4f1c2a90b77d3e15"},
                     {.name = "resnet20-seed1",
                      .state = State::running,
                      .epoch = 9,
                      .epochs = 20,
                      .share = 0.419,
                      .train_error = 0.381,
                      .seconds_remaining = 842},
                     {.name = "plain56-seed1", .seconds_remaining = 9600}},
            .seconds_remaining = 10442};
}

// A terminal of so many columns and rows, and a clock that stands still unless told.
struct BoardStage {
    int width = 100, height = 24;
    double time = 1000;
    std::ostringstream out;

    Terminal terminal() {
        return {.interactive = true, .width = [this] { return width; }, .height = [this] { return height; }};
    }
    Board board() {
        return {out, terminal(), [this] { return time; }};
    }
    std::string heard() {
        const std::string all = out.str();
        out.str("");
        return all;
    }
};

TEST(Board, HasALinePerNetAndOneForAll) {
    BoardStage stage;
    EXPECT_EQ(board_lines(three_nets(), stage.terminal()),
              (std::vector<std::string>{
                  "plain20-seed1   finished  training error 20.95 %  test error 21.80 %  weights 4f1c2a90b77d3e15",
                  "resnet20-seed1   41 %  14:02 remaining  epoch 9/20  error 38.1 %  ########------------",
                  "plain56-seed1   waiting   2:40:00", "all             1 of 3 finished  2:54:02 remaining"}));
}

TEST(Board, SaysWhatIsLeftToAnotherProcess) {
    BoardStage stage;
    Standing shared = three_nets();
    shared.runs[1].state = State::elsewhere;
    EXPECT_EQ(board_lines(shared, stage.terminal())[1], "resnet20-seed1  elsewhere  epoch 9/20  error 38.1 %");
}

TEST(Board, FitsAnyWindow) {
    BoardStage stage;
    Standing many = three_nets();
    for (int i = 0; i < 20; ++i) many.runs.push_back(many.runs.back());
    for (stage.width = 100; stage.width >= 2; stage.width -= 7)
        for (stage.height = 30; stage.height >= 4; --stage.height) {
            const std::vector<std::string> lines = board_lines(many, stage.terminal());
            EXPECT_LT(static_cast<int>(lines.size()), stage.height);
            for (const std::string& line : lines) EXPECT_LT(columns(line), stage.width) << line;
        }
}

TEST(Board, ShowsTheRunningNetInALowWindow) {
    BoardStage stage;
    Standing many = three_nets();
    many.runs.insert(many.runs.begin(), 15, many.runs.front());
    many.runs.insert(many.runs.end(), 15, many.runs.back());
    stage.height = 8;
    const std::vector<std::string> lines = board_lines(many, stage.terminal());
    const auto runs = [](const std::string& line) { return line.starts_with("resnet20-seed1   41 %"); };
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), runs));
    EXPECT_EQ(lines[5], "... and 28 more");
    EXPECT_TRUE(lines[6].starts_with("all "));
}

TEST(Board, SaysWhereAWaitingNetWasInterrupted) {
    BoardStage stage;
    const Standing s{.runs = {{.name = "a", .epoch = 3, .epochs = 8}}};
    EXPECT_EQ(board_lines(s, stage.terminal())[0], "a    waiting   after epoch 3/8");
}

TEST(Board, IsRedrawnInPlace) {
    BoardStage stage;
    Board board = stage.board();
    board.show(three_nets());
    const std::string first = stage.heard();
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 4);
    EXPECT_EQ(first.find("\x1b["), first.find("\x1b[K")) << "no cursor is moved before the first drawing";
    board.show(three_nets());
    EXPECT_EQ(stage.heard(), "") << "drawn again at once";
    stage.time += 0.2;
    board.show(three_nets());
    EXPECT_EQ(stage.heard(), "\x1b[4A\r" + first);
    board.show(three_nets(), true);
    EXPECT_EQ(stage.heard(), "\x1b[4A\r" + first);
}

TEST(Board, PutsLinesThatStayAboveIt) {
    BoardStage stage;
    Board board = stage.board();
    board.show(three_nets());
    const std::string first = stage.heard();
    board.print("The loss is 30 \x1b]0;mine\x07");
    EXPECT_EQ(stage.heard(), "\x1b[4A\r\x1b[JThe loss is 30 ?]0;mine?\n" + first);
}

TEST(Board, ClearsWhatALowerWindowLeaves) {
    BoardStage stage;
    Board board = stage.board();
    board.show(three_nets());
    stage.heard();
    stage.height = 4;
    board.show(three_nets(), true);
    EXPECT_TRUE(stage.heard().ends_with("remaining\x1b[K\n\x1b[J"));
}

}  // namespace
}  // namespace deepen
