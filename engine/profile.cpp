#include "engine/profile.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <map>
#include <sstream>
#include <string_view>
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
    const char* phase = "forward";
    std::vector<const char*> fused;                                // with the op that ends next
    std::map<std::pair<std::string, std::string>, Entry> entries;  // by phase and op
    Index multiply_adds = 0;
};

Profile& current() {
    static thread_local Profile instance;                          // other threads are not profiled
    return instance;
}

// "conv2d + batch_norm + relu", each name once.
std::string joined(std::vector<const char*> ops, const std::vector<const char*>& more) {
    ops.insert(ops.end(), more.begin(), more.end());
    std::string text;
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const auto same = [&](const char* op) { return std::string_view(op) == ops[i]; };
        if (std::none_of(ops.begin(), ops.begin() + i, same)) text += (i ? " + " : "") + std::string(ops[i]);
    }
    return text;
}

void book(Profile& p, const std::string& what, Clock::duration time) {
    Entry& e = p.entries[{p.phase, what}];
    e.seconds += std::chrono::duration<double>(time).count();
    ++e.calls;
}

}  // namespace

void start() { current() = {.on = true, .last = Clock::now(), .fused = {}, .entries = {}, .multiply_adds = 0}; }

void enter(const char* phase) { current().phase = phase; }

void lap(const char* what) {
    Profile& p = current();
    if (!p.on) return;
    const Clock::time_point now = Clock::now();
    book(p, joined({what}, p.fused), now - p.last);
    p.fused.clear();
    p.last = now;
}

void lap(const char* phase, const char* what) {
    enter(phase);
    lap(what);
}

void fused(const std::vector<const char*>& ops) {
    Profile& p = current();
    if (p.on) p.fused.insert(p.fused.end(), ops.begin(), ops.end());
}

// The op outside goes on from where it was interrupted: its time must not hold the part's.
Part::Part(const std::vector<const char*>& ops) : on_(current().on), ops_(on_ ? ops : std::vector<const char*>()) {
    if (!on_) return;
    outside_.swap(current().fused);
    begin_ = Clock::now(), last_ = current().last;
}

Part::~Part() {
    if (!on_) return;
    Profile& p = current();
    const auto mine = Clock::now() - begin_ - (p.last - last_);    // less the parts of this part
    book(p, joined(ops_, p.fused), mine);
    p.last += mine;
    p.fused.swap(outside_);
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

    int width = 20;
    for (const auto& [name, e] : rows) width = std::max(width, int(name.second.size()));
    std::ostringstream text;
    text << std::fixed << std::left << std::setw(10) << "phase" << std::setw(width) << "op"
         << "        ms   share     calls\n";
    for (const auto& [name, e] : rows)
        text << std::left << std::setw(10) << name.first << std::setw(width) << name.second << std::right
             << std::setprecision(1) << std::setw(10) << 1e3 * e.seconds << std::setw(7)
             << 100 * e.seconds / std::max(total, 1e-12) << " %" << std::setw(10) << e.calls << '\n';
    return text.str();
}

}  // namespace deepen::profile
