#include "engine/processors.h"

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace deepen {
namespace {

namespace fs = std::filesystem;

int processors() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// The share of time that a group's folder grants, in processors, or `most` where it sets no limit.  Version 2 of
// cgroups has one file, "200000 100000" or "max 100000" in microseconds; version 1 has two, and -1 for no limit.
int share(const fs::path& group, int most) {
    double quota = 0, period = 0;
    std::ifstream both(group / "cpu.max");
    if (!(both >> quota >> period)) {
        quota = period = 0;
        std::ifstream(group / "cpu.cfs_quota_us") >> quota;
        std::ifstream(group / "cpu.cfs_period_us") >> period;
    }
    const bool limited = quota > 0 && period > 0 && quota / period < most;
    return limited ? std::max(1, static_cast<int>(std::ceil(quota / period))) : most;
}

// That of a group and of every group above it: each sets a limit for all below.  A container may see its own group
// as the highest one, under a path that it cannot follow, so folders that are not there are passed over.
int smallest_share(const fs::path& mount, fs::path group, int most) {
    for (;; group = group.parent_path()) {
        most = share(mount / group.relative_path(), most);
        if (!group.has_relative_path()) return most;
    }
}

}  // namespace

int available_processors(const fs::path& root) {
    int count = processors();
    // A line a hierarchy: "0::/user.slice" in version 2, "4:cpu,cpuacct:/docker/1a2b" in version 1.
    std::ifstream groups(root / "proc/self/cgroup");
    for (std::string number, controllers, path;
         std::getline(groups, number, ':') && std::getline(groups, controllers, ':') && std::getline(groups, path);) {
        std::istringstream names(controllers);
        bool of_cpu = controllers.empty();
        for (std::string name; std::getline(names, name, ',');) of_cpu = of_cpu || name == "cpu";
        if (of_cpu) count = smallest_share(root / "sys/fs/cgroup" / controllers, path, count);
    }
    return count;
}

}  // namespace deepen
