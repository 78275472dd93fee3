// Runs for tests, with errors made up on the spot, and a few pictures for real ones.
#pragma once

#include <string>
#include <vector>

#include "resnet/data/data_path.h"
#include "resnet/training/history.h"

namespace deepen {

// Shorter than the type it stands for, which inside TEST() would mean testing::Test::Run.
using Experiment = std::vector<Run>;

// A run whose training errors per epoch are `errors`, as fractions; its test errors are two points higher.
inline Run invented_run(const std::string& kind, int depth, std::uint64_t seed, const std::vector<double>& errors) {
    Run run{kind, depth, seed, {}};
    for (double error : errors) {
        const Index epoch = static_cast<Index>(run.history.size()) + 1;
        run.history.push_back(
            {epoch, 391 * epoch, 0.1, 2 * error, error, 2 * error, error + 0.02, 10.0 * static_cast<double>(epoch)});
    }
    return run;
}

// Plain and residual nets of 20 and 56 layers with two seeds, as degradation would have them after three epochs.
inline Experiment invented_experiment() {
    return {invented_run("residual", 56, 1, {0.7, 0.5, 0.25}), invented_run("plain", 20, 1, {0.6, 0.5, 0.4}),
            invented_run("plain", 56, 1, {0.9, 0.8, 0.7}),     invented_run("residual", 20, 1, {0.6, 0.4, 0.3}),
            invented_run("plain", 20, 2, {0.6, 0.5, 0.42}),    invented_run("plain", 56, 2, {0.9, 0.8, 0.74}),
            invented_run("residual", 20, 2, {0.6, 0.4, 0.3}),  invented_run("residual", 56, 2, {0.7, 0.5, 0.25})};
}

// For runs that take a moment.
inline const DataSplits& few_pictures() {
    static const DataSplits data = load_data("synthetic", {.train_count = 64, .test_count = 20});
    return data;
}

}  // namespace deepen
