// How long will an experiment take?
//
// Nobody should learn after a night that the experiment needs a week.  A few steps of each net, timed before work
// begins, tell:
//
//     a run takes    (pictures still to train on) x (seconds per training picture)
//                  + (tests still to come) x (test pictures) x (seconds per test picture)
//
// Runs that differ in nothing but the seed take equally long, so each kind and depth is timed once.  What is finished
// counts for nothing, and of an unfinished run only what is left.  Checkpoints and reports are not counted: they take
// seconds.  Several nets may be trained side by side; then they are timed side by side, and each picture counts for its
// share of the machine.
//
// While the experiment runs, a Forecast keeps the time remaining true: what was planned for one second and took two
// doubles what is left of the plan.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "resnet/report/progress.h"
#include "resnet/training/run_folder.h"

namespace deepen {

// What one picture costs, in seconds.
struct PictureCost {
    double train = 0, test = 0;
};

struct Timing {
    int steps = 3;                                       // and as many batches of test pictures
    Clock clock = steady_seconds;
};

// Trains for `steps` steps and tests on as many batches, after one of each that is not counted, and takes the median of
// each.  The learning rate is 0, so that nothing diverges.  Writes nothing, and leaves nothing behind.
PictureCost time_net(const Recipe& recipe, const DataSplits& data, const Timing& timing = {});

// A run, and what is left of it.
struct PlannedRun {
    std::string name, net;                               // "plain56-seed2", "plain56"
    bool finished = false;
    bool elsewhere = false;                              // left to another process, and no part of the plan
    Index iterations = 0, iterations_left = 0, batch = 0;
    Index pictures_left = 0;                             // to train on, each as often as it comes
    Index tests_left = 0, test_pictures = 0;             // passes over the test pictures, and how many these are
    History history;                                     // the epochs that are over
    PictureCost cost;

    double seconds() const;                              // that are left, by that cost
};

// `state`: where the run stands; none where it has not begun.
PlannedRun planned_run(const Recipe& recipe, const DataSplits& data, const std::optional<TrainingState>& state);

// The runs of DIR/NAME (run_folder.h), finished or not.  Refuses what finished_run() and state_of_run() refuse.
std::vector<PlannedRun> runs_in(const std::filesystem::path& folder, const std::vector<Recipe>& recipes,
                                const DataSplits& data);

// Gives each run that is not finished its cost where `jobs` nets are trained side by side: the seconds of one of them,
// divided by their number.  A net of several seeds is timed once.  `runs` are those of `recipes`.
void time_nets(std::vector<PlannedRun>& runs, const std::vector<Recipe>& recipes, const DataSplits& data, int jobs = 1,
               const Timing& timing = {});

// That are left of all of them, where each of `jobs` nets at a time is followed by the next run that waits.
double seconds(const std::vector<PlannedRun>& runs, int jobs);

// The plan for a person: how it was measured, a line per run, the total and, past an hour, how to resume.
std::string plan_text(const std::vector<PlannedRun>& runs, int threads, int jobs = 1, const Timing& timing = {});

// What the same runs would take by another number of jobs, and which number is faster.
std::string jobs_text(const std::vector<PlannedRun>& runs, int jobs, const std::vector<PlannedRun>& others, int other);

// Time remaining, from the plan and from how long its parts have taken so far.
class Forecast {
public:
    explicit Forecast(std::vector<PlannedRun> runs, int jobs = 1);

    // Of run number `run`, work is done that was planned for `planned` seconds, and it took `took`.
    void advance(std::size_t run, double planned, double took);
    void finish(std::size_t run);                        // whatever was left of it

    double share(std::size_t run) const;                 // done, 0 .. 1, of the whole run
    double seconds_remaining(std::size_t run) const;     // while `jobs` runs share the machine
    double seconds_remaining() const;                    // of all
    const PlannedRun& planned(std::size_t run) const { return runs_.at(run); }

private:
    std::vector<PlannedRun> runs_;
    int jobs_;
    std::vector<double> whole_, left_;                   // planned seconds of each run
    // How slow it is compared with the plan: a quotient of two sums that forget with a time constant of five minutes.
    // They begin with ten seconds as planned, so that the first step does not turn the forecast upside down.
    double took_ = 10, planned_ = 10;
};

}  // namespace deepen
