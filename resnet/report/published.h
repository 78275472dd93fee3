// How do curves that others published get into our figures?
//
// As CSV.  The first line names the columns, in any order; what is not named here is not read:
//
//     epoch or iteration            0, 1, ... or 1, 2, ..., a row for the end of each epoch; or ever more iterations
//     train_error or train_err      as fractions: 0.0875 is 8.75 %.  One of the two errors may be absent;
//     test_error or test_err            nan stands for a value that is not known
//     kind, depth, seed             plain or residual; layers; where a file has several curves.  Without them the
//                                   file's name says which net it is, or its folder's: plain20.csv,
//                                   resnet56-seed1/log.csv
//
// So a run's log.csv and an experiment's curves.csv can be read as well.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "resnet/training/history.h"

namespace deepen {

// A run for each curve, its epochs counted from 1; iterations are 0 where the file has none.
// Refuses what is no such file, naming file, line and what was expected there.
std::vector<Run> read_published(const std::filesystem::path& path);
std::vector<Run> parse_published(std::string_view bytes, const std::filesystem::path& path);

// Curves without iterations count them as the first of our runs does.
std::vector<Run> on_our_scale(std::vector<Run> published, const std::vector<Run>& ours);

}  // namespace deepen
