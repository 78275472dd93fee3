// How long does one step take, here and in PyTorch?
//
// Each measurement is a process of its own: peak memory is then its own too, and nothing that one
// leaves behind helps or hinders the next.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace deepen {

struct StepSetting {
    std::string model = "resnet20";                      // as models.h names them
    int batch = 128, threads = 2, steps = 5;
    bool training = true;                                // else inference

    std::string name() const;                            // "resnet20 training, batch 128, 2 threads"
};

struct StepResult {
    std::string system;
    double ms = 0;                                       // median of the steps
    double peak_mb = 0;                                  // resident, of the whole process
};

double median(std::vector<double> values);               // the upper one of two; 0 if there are none

StepResult measure_step(const StepSetting& setting);     // in this process
std::string to_json(const StepResult& result);

// The same, in a process of its own; `self` is the bench program.  Empty if that process fails.  PyTorch's fails where
// python3-torch is not installed, or outside the repository's root, where its script is not found; `layout` is
// "nchw" or "nhwc".
std::optional<StepResult> measure_in_process(const std::string& self, const StepSetting& setting);
std::optional<StepResult> measure_pytorch(const StepSetting& setting, const std::string& layout);
std::string pytorch_command(const StepSetting& setting, const std::string& layout);

}  // namespace deepen
