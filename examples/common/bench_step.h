// How long does one step take, here and in PyTorch?
//
// Each measurement is a process of its own: so its peak memory can be measured, and nothing that one leaves behind
// helps or hinders the next.
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

struct Measurement {
    std::string system;
    double ms = 0;                                       // median of the steps
    double peak_mb = 0;                                  // resident, of the whole process
};

Measurement measure_step(const StepSetting& setting);     // in this process
std::string to_json(const Measurement& result);

// A way for PyTorch to do it.
struct PyTorch {
    std::string python = "/usr/bin/python3";             // the interpreter that has it
    bool channels_last = false;                          // [N,H,W,C] in memory, as ours; else [N,C,H,W]
    bool compiled = false;                               // by torch.compile, which PyTorch has from version 2 on
    bool bfloat16 = false;                               // autocast to bfloat16; else float32

    std::string name() const;                            // "nhwc bf16 compiled"
};

// The same, in a process of its own; `self` is the bench program.  Empty if that process fails.  PyTorch's fails where
// there is no such Python, where it has no PyTorch or one that cannot do what is asked, and outside the repository's
// root, where its script is not found.
std::optional<Measurement> measure_in_process(const std::string& self, const StepSetting& setting);
std::optional<Measurement> measure_pytorch(const StepSetting& setting, const PyTorch& how);
std::string pytorch_command(const StepSetting& setting, const PyTorch& how);

}  // namespace deepen
