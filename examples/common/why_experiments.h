// Which experiments on why depth hurts are there, what do they look into, and how long do they take?
//
// What each measures and judges is in resnet/why/; a new one gets its line in why_experiments.cpp.
#pragma once

#include <functional>
#include <span>

#include "resnet/data/pictures.h"
#include "resnet/why/notebook.h"
#include "resnet/why/study.h"
#include "resnet/why/trained.h"

namespace deepen {

// What an experiment looks into: untrained nets, trained ones, or the logs of runs with remedies.
enum class Needs { nothing, nets, remedies };

struct Material {
    const std::vector<TrainedNet>& nets;
    const std::vector<FoundRun>& runs;                   // with remedies
    const DataSplits& data;
    bool small = false;                                  // small nets, trained for it: fewer pictures and points do
    Index pictures = 0, points = 0;                      // asked for; 0: by default
};

// What is to be measured, and about how long that takes here.
struct Task {
    double seconds = 0;
    Index count = 0;
    const char* unit = "passes";
};

struct Experiment {
    const char *name, *shows;
    Needs needs;
    Task (*task)(const Material&);
    // `measured` is called after each measurement, and the notebook knows those that were made before.
    Study (*run)(const Material&, Notebook&, const std::function<void()>& measured);
};

// In the order of an argument.
std::span<const Experiment> experiments();

}  // namespace deepen
