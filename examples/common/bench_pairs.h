// How are two systems compared on a machine that is never quiet?
//
// In turn (A B A B ...), each time in processes of their own, and by the median of the ratios pair by pair: what
// disturbs the machine for a while disturbs both.  On a rented machine the disturbance can be seen: Linux counts the
// time for which a processor was ready and the host ran something else ("steal", proc(5)).  A row that lost much of
// it says little, and shows that it did.
//
// Peers are grouped: all that compute in float32, all in bfloat16.  Of each group the fastest is measured, in the same
// turn (A B C A B C ...), and gets a row of its own.
#pragma once

#include <functional>
#include <istream>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "examples/common/bench_step.h"

namespace deepen {

using Measure = std::function<std::optional<Measurement>(const StepSetting&)>;

struct Contest {
    StepSetting setting;
    std::vector<double> ours, peer, ratios;              // of each pair: milliseconds a step; the peer's over ours
    std::vector<double> stolen;                          // of each pair: share of all processors' time, 0 .. 1
    double our_peak = 0, peer_peak = 0;                  // MB
    std::string peer_name;                               // empty: there was none
};

// Measures `pairs` times ours and then the fastest of each group of peers, which a trial of each finds beforehand; a
// peer whose trial gives nothing is left out.  Returns a contest per group with a peer, or one of ours alone.  `stop`
// is asked between measurements: when it says so, only the whole turns so far count, perhaps none.  `done` is called
// after each turn.  Throws Error where ours, or a peer that passed its trial, gives nothing.
std::vector<Contest> compare(const StepSetting& setting, int pairs, const Measure& ours,
                             const std::vector<std::vector<Measure>>& groups, const std::function<bool()>& stop,
                             const std::function<void()>& done);

// A table: its head, and a row's line.  No pairs, no line.
std::string contest_head();
std::string contest_line(const Contest& c);
nlohmann::ordered_json to_json(const Contest& c);

// Seconds that all processors together have lost to others since the machine started, as /proc/stat says (proc(5));
// 0 where it does not.
double stolen_seconds(std::istream& stat);

}  // namespace deepen
