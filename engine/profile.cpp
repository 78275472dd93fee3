#include "engine/profile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

namespace deepen::profile {
namespace {

using Clock = std::chrono::steady_clock;

struct Entry {
    double seconds = 0;
    long calls = 0;
};

struct Profile {
    bool on = false;
    Clock::time_point last;
    std::map<std::pair<std::string, std::string>, Entry> entries;  // by phase and op
    Index multiply_adds = 0;
};

Profile& current() {
    static Profile instance;
    return instance;
}

}  // namespace

void start() { current() = {.on = true, .last = Clock::now(), .entries = {}, .multiply_adds = 0}; }

void lap(const char* phase, const char* what) {
    Profile& p = current();
    if (!p.on) return;
    const Clock::time_point now = Clock::now();
    Entry& e = p.entries[{phase, what}];
    e.seconds += std::chrono::duration<double>(now - p.last).count();
    ++e.calls;
    p.last = now;
}

void count(Index multiply_adds) {
    if (current().on) current().multiply_adds += multiply_adds;
}
Index multiply_adds() { return current().multiply_adds; }

std::string table() {
    double total = 0;
    std::vector<std::pair<std::pair<std::string, std::string>, Entry>> rows;
    for (const auto& row : current().entries) rows.push_back(row), total += row.second.seconds;
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });

    std::string text = "phase     op                          ms   share     calls\n";
    for (const auto& [name, e] : rows) {
        char line[120];
        std::snprintf(line, sizeof line, "%-9s %-20s %9.1f  %5.1f %%  %8ld\n", name.first.c_str(), name.second.c_str(),
                      1e3 * e.seconds, 100 * e.seconds / std::max(total, 1e-12), e.calls);
        text += line;
    }
    return text;
}

}  // namespace deepen::profile
