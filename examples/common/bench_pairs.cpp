#include "examples/common/bench_pairs.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/error.h"
#include "resnet/report/progress.h"
#include "resnet/report/statistics.h"

namespace deepen {
namespace {

// The share of the processors' time that others had since this began.
class Theft {
public:
    double share() const {
        const double all = (steady_seconds() - began_) * std::max(1u, std::thread::hardware_concurrency());
        return all > 0 ? (stolen_so_far() - before_) / all : 0;
    }

private:
    static double stolen_so_far() {
        std::ifstream stat("/proc/stat");
        return stolen_seconds(stat);
    }

    double began_ = steady_seconds(), before_ = stolen_so_far();
};

// The fastest and its name, or none.
const Measure* fastest(const std::vector<Measure>& peers, const StepSetting& setting,
                       const std::function<bool()>& stop, std::string& name) {
    const Measure* best = nullptr;
    double least = 0;
    for (const Measure& peer : peers) {
        if (stop()) break;
        const std::optional<Measurement> trial = peer(setting);
        if (trial && (!best || trial->ms < least)) best = &peer, least = trial->ms, name = trial->system;
    }
    return best;
}

}  // namespace

double stolen_seconds(std::istream& stat) {
    std::string name;                                    // cpu user nice system idle iowait irq softirq steal
    double ticks = 0;
    stat >> name;
    for (int column = 0; column < 8; ++column) stat >> ticks;
    return stat ? ticks / double(::sysconf(_SC_CLK_TCK)) : 0;
}

std::vector<Contest> compare(const StepSetting& setting, int pairs, const Measure& ours,
                             const std::vector<std::vector<Measure>>& groups, const std::function<bool()>& stop,
                             const std::function<void()>& done) {
    std::vector<Contest> contests;
    std::vector<const Measure*> rivals;
    for (const std::vector<Measure>& group : groups) {
        Contest c{.setting = setting};
        const Measure* const rival = fastest(group, setting, stop, c.peer_name);
        if (rival) contests.push_back(std::move(c)), rivals.push_back(rival);
    }
    if (contests.empty()) contests.push_back({.setting = setting});

    for (int i = 0; i < pairs && !stop(); ++i) {
        const Theft theft;
        const std::optional<Measurement> mine = ours(setting);
        std::vector<std::optional<Measurement>> theirs;
        for (const Measure* rival : rivals) theirs.push_back(stop() ? std::nullopt : (*rival)(setting));
        if (stop()) break;                               // a signal may have ended any of them before its time
        require(mine.has_value(), "bench: ", setting.name(), " did not end well.");
        for (std::size_t r = 0; r < contests.size(); ++r) {
            Contest& c = contests[r];
            c.ours.push_back(mine->ms);
            c.our_peak = std::max(c.our_peak, mine->peak_mb);
            c.stolen.push_back(theft.share());
            if (rivals.empty()) continue;
            require(theirs[r].has_value(), "bench: ", setting.name(), " did not end well in ", c.peer_name,
                    ", which had measured it before.  Is there memory enough for it?");
            c.peer.push_back(theirs[r]->ms);
            c.peer_peak = std::max(c.peer_peak, theirs[r]->peak_mb);
            c.ratios.push_back(theirs[r]->ms / mine->ms);
        }
        done();
    }
    return contests;
}

std::string contest_head() {
    return format("%-44s %8s %8s %6s   %10s %6s   %5s  %-14s  %6s  %6s", "", "ms", "images/s", "MB", "peer's ms", "MB",
                  "ratio", "from .. to", "memory", "stolen");
}

std::string contest_line(const Contest& c) {
    if (c.ours.empty()) return {};
    std::string line = format("%-44s %8.1f %8.0f %6.0f", c.setting.name().c_str(), median(c.ours),
                              1e3 * c.setting.batch / median(c.ours), c.our_peak);
    if (c.peer.empty())
        line += format("   %10s %6s   %5s  %-14s  %6s", "-", "-", "-", "-", "-");
    else
        line += format("   %10.1f %6.0f   %5.2f  %-14s  %6.2f", median(c.peer), c.peer_peak, median(c.ratios),
                       format("%.2f .. %.2f", *std::min_element(c.ratios.begin(), c.ratios.end()),
                              *std::max_element(c.ratios.begin(), c.ratios.end())).c_str(),
                       c.our_peak / c.peer_peak);
    line += format("  %4.0f %%", 100 * median(c.stolen));
    return c.peer_name.empty() ? line : line + "  " + c.peer_name;
}

nlohmann::ordered_json to_json(const Contest& c) {
    return {{"setting", c.setting.name()}, {"batch", c.setting.batch}, {"ms", c.ours},
            {"peak_mb", c.our_peak},       {"peer", c.peer_name},      {"peer_ms", c.peer},
            {"peer_peak_mb", c.peer_peak}, {"ratios", c.ratios},       {"ratio", median(c.ratios)},
            {"stolen", c.stolen}};
}

}  // namespace deepen
