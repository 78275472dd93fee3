#include "layers/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"

namespace deepen {

Schedule::Schedule(ScheduleOptions options) : options_(std::move(options)), warm_(!options_.warmup_until_learning) {
    require(std::is_sorted(options_.milestones.begin(), options_.milestones.end()),
            "schedule: milestones must ascend.");
    require(options_.kind != ScheduleOptions::Kind::cosine || options_.total >= 1,
            "schedule: cosine needs the total number of iterations.");
    require(options_.warmup >= 0, "schedule: a warm-up of ", options_.warmup, " iterations; it must be 0 or more.");
}

double Schedule::rate(Index iteration) const {
    if (!warm_) return options_.warmup_rate;
    double rate = options_.base;
    if (iteration < options_.warmup) rate *= static_cast<double>(iteration + 1) / static_cast<double>(options_.warmup);
    if (options_.kind == ScheduleOptions::Kind::step)
        for (Index milestone : options_.milestones)
            if (iteration >= milestone) rate *= options_.factor;
    if (options_.kind == ScheduleOptions::Kind::cosine) {
        const double done = std::min(1.0, static_cast<double>(iteration) / static_cast<double>(options_.total));
        rate *= 0.5 * (1 + std::cos(std::numbers::pi * done));
    }
    return rate;
}

void Schedule::observe(double training_error) {
    if (training_error < options_.warmup_error) warm_ = true;
}

}  // namespace deepen
