// How is the progress of a run shown?
//
// A RunObserver turns what a Trainer reports into the progress bar, and one line that stays for each
// epoch.  It also passes on Ctrl-C.
#pragma once

#include <functional>
#include <string>

#include "engine/ranks/transport.h"
#include "resnet/report/progress.h"
#include "resnet/training/recipe.h"

namespace deepen {

class RunObserver {
public:
    // `addition` ends the line of each epoch.  Where several runs are shown at once, each line begins with the run's
    // name, and there is no bar.
    RunObserver(const Recipe& recipe, const DataSplits& data,
                std::function<std::string()> addition = [] { return std::string(); }, bool one_of_several = false);

    Observer observer();                                 // refers to this object
    void finish() { progress_.finish(); }                // wipes the bar, before other words
    // "1.08 MB in 62 messages a step of rank 0; 7 % of the time went into waiting for other ranks"
    std::string traffic() const;

private:
    std::string communication() const;
    double waiting() const;                              // the share of time in which this rank waited for others

    const std::string name_;                             // before each line; empty for a single run
    Index epochs_, batch_;
    Index epoch_ = 0;                                    // that the bar shows
    const std::function<std::string()> addition_;
    double began_ = 0;                                   // when the first step was over, as the next line
    ranks::Traffic before_;
    Index steps_ = 0;                                    // since
    Progress progress_;
};

std::string describe(const Recipe& recipe);              // "resnet20: shortcut A, 269722 parameters, seed 1"
// "training error 12.3 %, test error 14.5 % after 10 epochs", or "... after 60 steps, 0.15 epochs"
std::string summary(const History& history, const Recipe& recipe, const DataSplits& data);

}  // namespace deepen
