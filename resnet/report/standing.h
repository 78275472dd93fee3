// Where does an experiment stand?
//
// What the table in the terminal (board.h) and the report (live_report.h) show of each run while others train.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "resnet/training/history.h"

namespace deepen {

struct RunStatus {
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    enum class State { waiting, running, elsewhere, finished };  // elsewhere: left to another process

    std::string name;                                    // "plain56-seed1"
    State state = State::waiting;
    Index epoch = 0, epochs = 0;                         // under way, 1, 2, ..., of how many; 0: not begun
    double share = 0;                                    // done of the whole run, 0 .. 1
    double train_error = nan, test_error = nan;          // of a running net, of its epoch so far; else of its last one
    double seconds_remaining = nan;
    std::string note;                                    // "testing"; of a finished run, its weights' hash
};

struct Standing {
    std::vector<RunStatus> runs;
    double seconds_remaining = RunStatus::nan;           // of all

    Index finished() const {
        Index count = 0;
        for (const RunStatus& run : runs) count += run.state == RunStatus::State::finished;
        return count;
    }
};

}  // namespace deepen
