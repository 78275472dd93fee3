// How many processors may this process use?
//
// Fewer than the machine has, where it is kept to some of them (taskset), or to a share of their time: a
// container that may use 2 of 64 processors' time (`docker run --cpus 2`) sees all 64, and with a thread for each it
// would be stopped for most of every tenth of a second.
#pragma once

#include <filesystem>

namespace deepen {

// At least 1.  `root` is where /proc and /sys are; tests put others there.
int available_processors(const std::filesystem::path& root = "/");

}  // namespace deepen
