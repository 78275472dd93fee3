// Is the shortcut the only remedy?
//
// If deep plain nets end worse because of how they begin, another beginning should mend them as well.  Proposed were
//
//     warm-up             a rate that rises from zero over the first epochs        Goyal et al. 2017, section 2.2
//     dirac               convolutions that begin as the identity                  layers/initialise.h
//     delta-orthogonal    ... as matrices that keep lengths                        layers/initialise.h
//     looks linear        ... so that relu does not bend the net                   layers/initialise.h
//     gate                for residual nets without batch norm                     layers/layers.h, resnet/block.h
//
// (He et al. 2015 hold 0.01 instead of rising, for 110 layers: layers/schedule.h.)
// Each is trained as the plain net was and nothing else is changed, so a remedy that asks for another rate than the
// plain net's does not get it.  Compared is the training error, as for degradation: a remedy should let the net fit.
//
// A remedy mends if it closes more than half of the gap between plain and residual nets of the same depth:
//
//     d = (plain + residual) / 2 - remedy > 0            each the mean over seeds; Welch's interval of d (statistics.h)
#pragma once

#include "resnet/report/merge.h"
#include "resnet/training/recipe.h"
#include "resnet/why/study.h"

namespace deepen {

struct Remedy {
    const char *name, *kind, *initialiser;
    bool warms_up = false, batch_norm = true, gated = false;
};

inline constexpr Remedy remedies[] = {
    {"plain", "plain", "he_normal"},
    {"warm-up", "plain", "he_normal", true},
    {"dirac", "plain", "dirac"},
    {"delta-orthogonal", "plain", "delta_orthogonal"},
    {"looks linear", "plain", "looks_linear"},
    {"shortcut", "residual", "he_normal"},
    {"gate", "residual", "he_normal", false, false, true},
};
constexpr std::size_t no_remedy = 0, shortcut_remedy = 5;        // their places: what the others are measured by

// The recipe of a plain net with this remedy.  A warm-up takes so many iterations.
Recipe with_remedy(Recipe plain, const Remedy& remedy, Index warmup);

// Which one a run has; -1: one that is not among them, or several at once.
int remedy_of(const FoundRun& run);

// Those that no remedy changed but the shortcut: what the other experiments look into.
std::vector<FoundRun> without_remedies(std::vector<FoundRun> runs);

// Training errors at the last epoch, from 0 to 1, of the deepest nets that were trained both plain and otherwise.
struct Remedied {
    int depth = 0;
    Counting counting;
    std::vector<std::vector<const Run*>> runs;           // by remedy, each from its seeds

    std::vector<double> errors(std::size_t remedy) const;
};
Remedied by_remedy(const std::vector<FoundRun>& runs);

// Whether there is a gap to close, and then each remedy in turn.
std::vector<Claim> judge_remedies(const Remedied& found);

Study remedies_study(const std::vector<FoundRun>& runs);

}  // namespace deepen
