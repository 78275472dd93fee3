// How large should a step be, and when?
//
// Learning rates by iteration (SGD steps taken so far).  The paper's CIFAR schedule (He et al. 2015,
// section 4.2): 0.1, divided by 10 at 32k and 48k iterations, stop at 64k.  For ResNet-110 it warms
// up: 0.01 until the training error is below 80 %, then 0.1.
#pragma once

#include <string>
#include <vector>

#include "engine/real.h"

namespace deepen {

struct ScheduleOptions {
    enum class Kind { constant, step, cosine };

    double base = 0.1;
    Kind kind = Kind::constant;
    std::vector<Index> milestones;        // step: iterations at which the rate is multiplied by factor
    double factor = 0.1;
    Index total = 0;                      // cosine: falls from base to 0 over so many iterations (SGDR, 2016)
    Index warmup = 0;                     // rises linearly from base/warmup to base over the first so many iterations
    bool warmup_until_learning = false;   // the paper's: warmup_rate until the training error is below warmup_error
    double warmup_rate = 0.01, warmup_error = 0.8;
};

class Schedule {
public:
    explicit Schedule(ScheduleOptions options);

    double rate(Index iteration) const;   // of the step after `iteration` steps
    void observe(double training_error);  // the running training error, for warmup_until_learning

    // What a checkpoint has to keep: everything else follows from the iteration.
    bool warm() const { return warm_; }
    void set_warm(bool warm) { warm_ = warm; }

private:
    ScheduleOptions options_;
    bool warm_;
};

}  // namespace deepen
