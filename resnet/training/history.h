// How are a run's epochs logged?
//
// One row per epoch, as CSV that a spreadsheet, gnuplot or pandas reads as it is:
//     epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds
// Errors are fractions (0.0875 is 8.75 %).  Training loss and error are averaged over the epoch as
// it was trained on (augmented pictures, changing weights).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/real.h"

namespace deepen {

struct EpochRecord {
    Index epoch = 0;                                     // 1, 2, ...
    Index iteration = 0;                                 // SGD steps taken since the start of the run
    double lr = 0;                                       // at the epoch's end
    double train_loss = 0, train_error = 0;
    double test_loss = std::numeric_limits<double>::quiet_NaN();    // NaN: there were no test pictures
    double test_error = std::numeric_limits<double>::quiet_NaN();
    double seconds = 0;                                  // of this epoch, evaluation included
};

using History = std::vector<EpochRecord>;

inline constexpr std::size_t longest_log = 64 << 20;     // bytes: half a million epochs

// Refuses a file that is not such a log, naming file, line and what was expected there.
History read_history(const std::filesystem::path& path);
History parse_history(std::string_view bytes, const std::filesystem::path& path);

// The whole log anew, replaced atomically.
std::string history_text(const History& history);
void write_history(const std::filesystem::path& path, const History& history);

// The same for programs that read JSON: one object a line, whose names are the header's.  What is no number is null.
std::string history_json_lines(const History& history);

// One trained net among those an experiment compares.
struct Run {
    std::string kind;                                    // "plain" or "residual"
    int depth = 0;
    std::uint64_t seed = 0;
    History history;
    Index epochs = 0;  // of the whole run; 0: as many as its history has

    bool finished() const { return static_cast<Index>(history.size()) >= epochs; }
};

}  // namespace deepen
