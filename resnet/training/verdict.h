// What have these runs shown?
//
// The paper (He et al. 2015, sections 1 and 4.2, Figure 6) makes two claims about training error:
//
//     1  a deeper plain net trains worse than a shallower one (degradation);
//     2  a residual net of the same depth does not.
//
// Both are judged by the training error over the last epoch that all runs reached, averaged over seeds.  Claim 1
// compares the deepest plain net with the shallowest.  Claim 2 takes the deepest depth that was trained both ways and
// asks for two things: less error than the plain net of that depth, and no more than the shallowest residual net.
//
// Two nets differ only if chance does not explain it.  Chance has two sources here, and the larger counts:
//
//     counting   an error of p, counted on n pictures, has the standard deviation sqrt(p (1 - p) / n); a difference of
//                two errors has the root of the sum of their squares.  Within twice that: cannot tell.
//     seeds      trained from another seed, a net ends elsewhere.  How far is taken from all nets together, for two
//                seeds of one net say little (pooled variance).  Within Student's 95 % interval of the difference of
//                two means: cannot tell.  With one seed per net it is not known, and the finding says "one seed".
//
// And where neither of two nets has learned anything, their difference says nothing about depth.
#pragma once

#include <string>
#include <vector>

#include "resnet/training/runs.h"

namespace deepen {

// What the errors were counted on.  As it stands, CIFAR-10.
struct Counting {
    Index pictures = 50'000;  // for training
    Index batch = 128;
    double guessing = 0.9;  // the error of a guess (evaluation.h)
};

// Training error of one net minus another's, in percentage points, for each seed both were trained with.
struct Comparison {
    std::string first, second;                           // "plain-56", "plain-20"
    std::vector<double> points;
    std::vector<std::uint64_t> uncounted;                // seeds that lack one of the two, or whose error is NaN
    std::string untested;                                // why nothing could be compared; empty if something was
    double first_error = 0, second_error = 0;  // means over those seeds, as fractions
    Index pictures = 0;                        // that each error was counted on
    double by_counting = 0, by_seeds = 0;      // how many points chance explains

    Index seeds() const { return static_cast<Index>(points.size()); }
    double mean() const;
    double by_chance() const { return by_counting > by_seeds ? by_counting : by_seeds; }
    bool more() const { return mean() > by_chance(); }  // `first` has clearly more error than `second`
    bool less() const { return mean() < -by_chance(); }
};

enum class Outcome { holds, in_part, fails, unclear, nothing_learned, untested };

struct Claim {
    std::string statement;                               // the claim itself
    Outcome outcome = Outcome::untested;
    std::string finding;  // a sentence or two with the numbers
};

struct Verdict {
    Index epoch = 0;                                     // at which everything is compared
    Comparison plain_by_depth, residual_by_depth;        // deeper minus shallower
    Comparison by_shortcut;                              // residual minus plain, same depth
    Claim degradation, remedy;
};

Verdict judge(const std::vector<Run>& runs, const Counting& counting = {});

// The error below which a net has learned something.  Above, it is a guess, as far as anyone can tell: within three
// standard deviations of what counting gives, or with more than 19 of 20 of a guess's errors.  (The twentieth is for
// what needs no net: that ships are blue, frogs green, and that one class is more frequent than another.)
double learned_below(const Counting& counting, Index pictures);

std::string words(Outcome outcome);  // "holds", "holds in part", "does not hold", "cannot tell", ...

}  // namespace deepen
