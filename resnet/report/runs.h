// How do several runs become one experiment?
//
// Runs that differ in nothing but the seed are one net, trained again; a net's figure is then a
// mean and the range it was found in.  Everything that compares nets does so at an epoch that all
// of them have reached: a net trained for longer is not thereby the better one.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "resnet/training/history.h"

namespace deepen {

std::string net_name(const std::string& kind, int depth);        // "plain-20", "resnet-20"

struct Net {
    std::string kind;                                    // "plain" or "residual"
    int depth = 0;
    std::vector<const Run*> runs;                        // by ascending seed; they belong to whom they were given by
    bool finished = true;                                // false: it is a single run that others do not wait for

    std::string name() const { return net_name(kind, depth); }
};

// The nets among `runs`, plain ones first, each kind by ascending depth.  Runs without an epoch are
// left out.  Refuses other kinds, the same net with the same seed twice, and epochs that are not 1, 2, ...
std::vector<Net> nets_of(const std::vector<Run>& runs);
std::vector<Net> nets_of(std::vector<Run>&&) = delete;   // a Net points into the runs

// Epochs that every run of every net has behind it.  0 without nets.
Index last_shared_epoch(const std::vector<Net>& nets);

// Over seeds.  All NaN where there are no values, or one is NaN: a diverged run hides in no average.
struct Spread {
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    double mean = nan, low = nan, high = nan;
};
Spread spread(const std::vector<double>& values);

// Of one column of the histories at an epoch that all of the net's runs have: at(net, 3, &EpochRecord::test_error).
Spread at(const Net& net, Index epoch, double EpochRecord::* what);

}  // namespace deepen
