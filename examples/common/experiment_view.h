// How does a person see an experiment of several nets?
//
// At a terminal as a table with one line per net (board.h), in a file as plain lines, and in a browser as a report that
// is written again after every epoch (live_report.h).  All three show the same: what is finished, what is running, and
// how long the rest will take at the speed that is measured (plan.h).  Of runs that are left to other processes, they
// show what these have logged.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "examples/common/run_observer.h"
#include "resnet/report/board.h"
#include "resnet/report/live_report.h"
#include "resnet/report/plan.h"

namespace deepen {

// Of a net of the CIFAR families.
Run run_of(const Recipe& recipe, const History& history);

class ExperimentView {
public:
    // `plan` has a run for each recipe; `earlier` are further finished runs for the report.  Keeps a reference to
    // `data`.  `jobs` runs are trained side by side: their observers may be called at once, from several threads.
    ExperimentView(std::vector<Recipe> recipes, const DataSplits& data, std::vector<PlannedRun> plan, int jobs,
                   std::vector<Run> earlier, const std::filesystem::path& report, const ReportFacts& facts);

    // For train_into(); refers to this object.  It is told to stop when `stop` says so.
    Observer begin(std::size_t run, std::function<bool()> stop);
    // Trained by now, or finished before, by us or another process.
    void end(std::size_t run, const History& history, const std::string& weights_hash);
    void leave(std::size_t run);                         // to another process
    void stop(Phase phase);                              // interrupted or failed, before all runs are finished

    std::vector<Run> finished() const;                   // earlier ones last

private:
    std::vector<Run> finished_runs() const;
    void after_step(std::size_t run, const StepReport& step);
    void after_epoch(std::size_t run, const EpochRecord& record, const History& history);
    void pass(std::size_t run, double planned);          // work that was planned to take so long is done
    void show(bool now);
    void draw_report();
    void look_elsewhere();
    void say(const std::string& line);
    std::string heading(std::size_t run) const;          // "[2/4] plain56: ..."
    const Standing& standing();

    const std::vector<Recipe> recipes_;
    const DataSplits& data_;
    const std::vector<Run> earlier_;
    Forecast forecast_;
    std::vector<History> histories_;
    Standing standing_;
    LiveReport report_;
    std::optional<Board> board_;                         // at a terminal
    std::map<std::size_t, RunObserver> plain_;           // elsewhere, of the nets that are trained
    double last_ = 0;                                    // when the last piece of work was done
    const int jobs_;
    mutable std::mutex mutex_;                           // of all that is not const
};

}  // namespace deepen
