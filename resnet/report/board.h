// How does a person watch several nets at once?
//
// One line per net and one for all of them, redrawn in place at a terminal, at most five times a second:
//
//     plain20-seed1    finished  training error 20.95 %  test error 21.80 %  weights 4f1c2a90b77d3e15
//     resnet20-seed1    41 %  14:02 remaining  epoch 9/20  error 38.1 %  ━━━━━━━━╸
//     plain56-seed1    waiting   2:40:00
//     resnet56-seed1   elsewhere  epoch 3/20  error 61.0 %
//     all              1 of 4 finished  2:54:02 remaining
//
// A line leaves out what a narrow window has no room for; a low window shows the nets around the running one.  To draw
// again, the cursor goes up as many lines as were drawn; it rests at the beginning of the line below them.  Nothing is
// hidden and no setting changed, so there is nothing to restore.  For files there is Progress.
#pragma once

#include <ostream>
#include <string_view>

#include "resnet/report/progress.h"
#include "resnet/report/standing.h"

namespace deepen {

class Board {
public:
    // Draws on `out`, which lies at `terminal`, a place where lines can be redrawn, and outlives this.
    Board(std::ostream& out, Terminal terminal, Clock clock = steady_seconds);

    void show(const Standing& standing, bool now = false);       // not `now`: unless it was drawn just before
    void print(std::string_view line);                           // a line that stays, above the table

private:
    void draw();
    void wipe();

    std::ostream& out_;
    Terminal terminal_;
    Clock clock_;
    Standing standing_;
    double last_draw_ = RunStatus::nan;
    int lines_ = 0;                                      // drawn, above the cursor
};

// The table's lines, for a window of so many columns and rows.
std::vector<std::string> board_lines(const Standing& standing, const Terminal& terminal);

}  // namespace deepen
