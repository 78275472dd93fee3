// What have these runs shown?
//
// Three claims of He et al. 2015, section 4.2, in its words where it has some:
//
//     1  deep plain nets exhibit higher training error when going deeper     training error, deepest minus shallowest
//     2  residual nets of the same depth do not degrade                      training error, and the interaction
//     3  residual nets demonstrate accuracy gains when the depth increases   test error, deepest minus shallowest
//
// Every error is that of the last epoch, never of an epoch that the test set picked.  Runs that are not finished are
// left out.  Each claim ends in one of
//
//     holds, does not hold       the difference is larger than chance, in one direction or the other
//     cannot tell                its 95 % interval (statistics.h) contains zero; or there is one seed, and published
//                                runs of one net differ as much; or a net is still near guessing
//     nothing was learned here   no net of the claim is better than a guess
//     not tested                 the nets that it needs were not trained
//
// Claim 2 says that something is *not* there, which no interval around zero shows.  So it has a margin, as trials of
// non-inferiority do, fixed beforehand: half of what depth costs plain nets.  It holds if the deeper residual net has
// clearly less training error than the shallower one, or if nobody can tell which of them has less and depth clearly
// costs residual nets less than half of what it costs plain ones.  It does not hold if the deeper one has clearly more.
// The plain nets count here only if they have learned something, or had their learning rate lowered.
//
// Where nets of two depths have two seeds or more, nobody judges by those of one seed: a depth that was tried once does
// not take the place of one with an interval.  Whatever the claims leave out is said beside them.
//
// What this does not do: three claims at 95 % each are not one statement at 95 %; there is no correction for that.
#pragma once

#include <string>
#include <vector>

#include "resnet/report/runs.h"
#include "resnet/report/statistics.h"

namespace deepen {

// Thresholds, none of which was chosen after a run of this project's.
namespace threshold {
// One seed says nothing about chance; what others have published does.  Two runs of one net may differ by such a factor
// in their odds, error / (1 - error), which serves errors of 60 % and of 0.1 % alike.  The figures behind them:
//   training error, after the learning rate was lowered   plain-20 0.74 and 1.12 %, resnet-20 0.40 and 0.61 %,
//       resnet-56 0.04 and 0.06 %: factors of 1.52, 1.53, 1.58.  Rounded up.
//   test error, likewise                                  resnet-20 8.75, 8.07 and 8.00 %, resnet-56 7.33, 6.97 and
//       6.92 %, plain-56 12.76 and 12.03 %: at most 1.103.  Rounded up.
//   before it is lowered                                  an error jumps from epoch to epoch.  In the eight published
//       curves of plain and residual nets of 20 to 56 layers, 99 of 100 neighbouring epochs from the sixth on are
//       within factors of 1.95 (training) and 1.72 (test).  Rounded up.
constexpr double training_odds = 1.6, test_odds = 1.15, odds_at_full_rate = 2;
// Claim 2's margin, as a share of what depth costs plain nets: to keep half of an effect is what trials of
// non-inferiority usually ask for.
constexpr double margin = 0.5;
}  // namespace threshold

// What the errors were counted on.  As it stands, CIFAR-10.
struct Counting {
    Index pictures = 50'000;  // for training
    Index batch = 128;
    double guessing = 0.9;  // the error of a guess (evaluation.h)
    Index test_pictures = 10'000;
};

// A sum of nets' errors at the last epoch, each with a factor, in percentage points: one net minus another, or how much
// more depth costs plain nets than residual ones.
struct Difference {
    std::string name;      // "plain-56 minus plain-20"
    std::string untested;  // why there is none; empty if there is
    double points = 0;
    std::vector<double> errors;          // of each net, means over seeds, in percent
    std::vector<std::size_t> seeds;      // behind each
    std::vector<std::string> uncounted;  // "plain-56 from seed 3": its error is NaN
    bool has_interval = false;           // every net has two seeds or more
    Contrast welch;                      // then
    double by_chance = 0;                // else: so far apart are published runs, or counting alone

    bool more() const { return untested.empty() && (has_interval ? welch.interval.low > 0 : points > by_chance); }
    bool less() const { return untested.empty() && (has_interval ? welch.interval.high < 0 : points < -by_chance); }
};

enum class Outcome { holds, fails, unclear, nothing_learned, untested };

struct Claim {
    std::string statement;  // "residual nets of the same depth do not degrade"
    Outcome outcome = Outcome::untested;
    std::string finding;  // sentences with the numbers
};

struct Verdict {
    Index epoch = 0;                                     // at which everything is compared
    Claim degradation, remedy, gain;                     // claims 1, 2 and 3
    // Of training error and of test error: plain by depth, residual by depth, residual minus plain at one depth, and
    // the interaction of depth and shortcut.
    std::vector<Difference> training, test;
    std::vector<std::string> other_depths;               // "plain-32 has 8.1 points more training error than ..."

    std::vector<const Claim*> claims() const& { return {&degradation, &remedy, &gain}; }
};

Verdict judge(const std::vector<Run>& runs, const Counting& counting = {});

// The error below which a net has learned something.  Above, it is a guess, as far as anyone can tell: within three
// standard deviations of what counting gives, or with more than 19 of 20 of a guess's errors.  (The twentieth is for
// what needs no net: that ships are blue, frogs green, and that one class is more frequent than another.)
double learned_below(const Counting& counting, Index pictures);

std::string words(Outcome outcome);  // "holds", "does not hold", "cannot tell", ...

// The claim and what became of it, two paragraphs that every output shows:
std::string heading(int number, const Claim& claim);     // "Claim 2: residual nets of the same depth do not degrade."
std::string answer(const Claim& claim);                  // "Holds: resnet-56 has ..."
std::string about_other_depths(const Verdict& verdict);  // a list, an item a line; empty if there are none
std::string claims_text(const Verdict& verdict);         // all of it, for a terminal

// "34.5 (95 % interval 7.3 to 61.7; 2 seeds each)"; for one seed, what published runs differ by.
std::string in_words(const Difference& difference);

}  // namespace deepen
