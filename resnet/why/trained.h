// Which nets does an experiment look into?
//
// Trained ones, from run folders (training/run_folder.h): of the CIFAR families, since these have plain and residual
// twins.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resnet/cifar.h"
#include "resnet/data/pictures.h"
#include "resnet/report/merge.h"

namespace deepen {

struct TrainedNet {
    std::string kind;                                    // "plain" or "residual"
    int depth = 0;
    std::uint64_t seed = 0;
    std::unique_ptr<CifarNet> net;
    Preprocessing preprocessing;                         // of its pictures
    std::string folder, commit, hash;                    // of its weights
    std::vector<std::string> classes;                    // names that its file has for them; older files have none

    std::string name() const;                            // "resnet-20"
};

// The net of each run, plain ones first, by depth and seed.  Runs that left a log but no weights are left out, and
// `say` is told.  Refuses runs of which none has weights, weights that are damaged or of another net than config.json
// says, and runs that are not finished.
std::vector<TrainedNet> read_nets(const std::vector<FoundRun>& runs,
                                  const std::function<void(const std::string&)>& say);

// About how long these pictures take here to go forward through a net: a hundred are timed.
double seconds_a_pass(const TrainedNet& net, const PictureSet& pictures);

// Those of one kind and depth, in the order of their seeds.
std::vector<const TrainedNet*> nets_of(const std::vector<TrainedNet>& nets, const std::string& kind, int depth);

// The depths at which both kinds are there, or those of one kind; ascending.
std::vector<int> twin_depths(const std::vector<TrainedNet>& nets);
std::vector<int> depths_of(const std::vector<TrainedNet>& nets, const std::string& kind);

}  // namespace deepen
