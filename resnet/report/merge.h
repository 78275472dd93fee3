// How do runs made on other machines or days become one experiment?
//
// A run folder (run_folder.h) says by its config.json what was trained, and by its log.csv how it went: neither the
// pictures nor the weights are needed to compare runs.  What may be compared are runs whose recipes differ in depth,
// kind and seed alone, and in what follows from these: a plain net has no shortcut to choose, and in the paper's
// schedule nets of 110 layers and more warm up.
//
// Refused, naming the folders: recipes that differ in anything else, unless they are to stand side by side; the same
// net twice from one seed; nets of other families; files that are missing or cannot be read.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "resnet/models.h"
#include "resnet/report/verdict.h"

namespace deepen {

struct FoundRun {
    std::filesystem::path folder;
    std::string config;  // config.json, as it is
    ModelOptions model;
    std::string initialiser;
    Index warmup = 0;    // iterations over which the learning rate rises
    std::string commit;  // of the program that trained it
    Counting counting;
    Run run;  // with the epochs that its recipe asks for
};

// Each of `folders` is a run folder, or a folder of run folders (its other contents do not matter); a run that is
// reached in two ways is one.  `say` is told which runs have no finished epoch: they are left out.
std::vector<FoundRun> find_runs(const std::vector<std::filesystem::path>& folders,
                                const std::function<void(const std::string&)>& say);

// Runs of one recipe, to be judged together.
struct MergedRuns {
    std::string label;     // "A", "B", ...; empty if there is one recipe alone
    std::string settings;  // by which it differs from others: "training.batch 128, ..."
    std::vector<FoundRun> found;

    std::vector<Run> finished() const, unfinished() const;
    const Counting& counting() const { return found.front().counting; }
};

std::vector<MergedRuns> merge(std::vector<FoundRun> runs, bool allow_different = false);

// One row per run, at its last epoch:
//     recipe,kind,depth,seed,finished,epochs,iterations,train_error,test_error,seconds,commit,folder
std::string runs_csv(const std::vector<MergedRuns>& merged);

}  // namespace deepen
