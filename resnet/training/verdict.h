// What have these runs shown?
//
// The paper (He et al. 2015, sections 1 and 4.2, Figure 6) makes two claims about training error:
//
//     1  a deeper plain net trains worse than a shallower one (degradation);
//     2  a residual net of the same depth does not.
//
// Both are judged seed by seed, on the training error over the last epoch that all runs reached.
// Claim 1 compares the deepest plain net with the shallowest.  Claim 2 takes the deepest depth that
// was trained both ways and asks for two things: less error than the plain net of that depth, and
// no more than the shallowest residual net.  Where seeds disagree, the verdict says how many agree.
#pragma once

#include <string>
#include <vector>

#include "resnet/training/runs.h"

namespace deepen {

// Training error of one net minus another's, in percentage points, for each seed both were trained with.
struct Comparison {
    std::string first, second;                           // "plain-56", "plain-20"
    std::vector<double> points;
    std::vector<std::uint64_t> uncounted;                // seeds that lack one of the two, or whose error is NaN
    std::string untested;                                // why nothing could be compared; empty if something was

    Index seeds() const { return static_cast<Index>(points.size()); }
    double mean() const;
    Index above() const, below() const;                  // seeds on which `first` has more (less) error; the rest tie
};

enum class Outcome { holds, in_part, fails, untested };

struct Claim {
    std::string statement;                               // the claim itself
    Outcome outcome = Outcome::untested;
    std::string finding;                                 // one sentence with the numbers
};

struct Verdict {
    Index epoch = 0;                                     // at which everything is compared
    Comparison plain_by_depth, residual_by_depth;        // deeper minus shallower
    Comparison by_shortcut;                              // residual minus plain, same depth
    Claim degradation, remedy;
};

Verdict judge(const std::vector<Run>& runs);

std::string words(Outcome outcome);                      // "holds", "holds in part", "does not hold", "not tested"

}  // namespace deepen
