// Which nets do the experiments on why depth hurts look into where no trained ones are given?
//
// Small ones, trained there and then on generated pictures, from three seeds.  They lie in
//
//     OUTPUT/nets/plain20-seed1, ...                       plain and residual twins of 8 and 20 layers
//     OUTPUT/nets-dirac/plain20-seed1, ...                 nets of 20 layers with each remedy (resnet/why/remedies.h)
//
// and are found there by every experiment that needs them.
#pragma once

#include "resnet/report/plan.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/trained.h"

namespace deepen {

constexpr DataOptions small_set{.train_count = 3000, .test_count = 1000};
constexpr DataOptions remedies_set{.train_count = 3000, .test_count = 100};     // its subject is training error

struct SmallNets {
    std::vector<std::filesystem::path> folders;          // of the runs
    std::vector<Recipe> recipes;                         // of each
};

SmallNets small_twins(const std::filesystem::path& output);
SmallNets small_remedies(const std::filesystem::path& output);

// Nets like these, to be timed before these are trained.
std::vector<TrainedNet> untrained(const SmallNets& nets);

// Those that are not trained yet, timed by a few steps.
struct LeftToTrain {
    std::vector<PlannedRun> runs;
    std::vector<std::size_t> places;                     // of each, among all nets
    int jobs = 1;                                        // nets that are trained at a time
};
LeftToTrain left_to_train(const SmallNets& nets, const DataSplits& data);

// Who is told that work planned for `planned` seconds took `took`, and what ends the line of each epoch.
struct TrainingListener {
    std::function<void(double planned, double took)> advanced;
    std::function<std::string()> addition;
};

// Trains them and shows how it goes.  False if it was interrupted: the same goes on where it was.
bool train_small_nets(const SmallNets& nets, const LeftToTrain& left, const DataSplits& data,
                      const TrainingListener& listener);

}  // namespace deepen
