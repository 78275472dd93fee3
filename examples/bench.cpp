// How fast is it, beside PyTorch on the same processors?
//
// The two take turns, and what counts is the median of the ratios pair by pair (bench_pairs.h).  PyTorch gets the best
// of what it offers: either memory layout, and torch.compile where it works.  Its bfloat16 has a row of its own, since
// it computes with fewer digits than we do.  `--layers` looks inside instead: each convolution shape and pass
// compared with the peak of the processor.  `--accuracy` measures what the speed costs in digits.
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/io/files.h"
#include "engine/parallel.h"
#include "engine/subprocess.h"
#include "examples/common/bench_accuracy.h"
#include "examples/common/bench_layers.h"
#include "examples/common/bench_pairs.h"
#include "examples/common/bench_step.h"
#include "examples/common/program.h"
#include "resnet/models.h"
#include "resnet/report/progress.h"

using namespace deepen;

namespace {

void check_model(const std::string& name) {
    try {
        completed({.name = name});
    } catch (const Error& e) {
        throw UsageError(text("--models: ", e.what()));
    }
}

void check_python(const std::string& python) {
    const int refusal = run_program({python, "--version"}).refusal;
    if (refusal != 0) throw UsageError(text("--peer-python: cannot run ", python, ": ", std::strerror(refusal), "."));
}

// Every mode of every model at every number of threads; what an interruption leaves is kept.
void compare_all(const std::string& self, const std::vector<StepSetting>& settings, int pairs,
                 const std::string& python, const std::string& json) {
    const Measure ours = [&](const StepSetting& s) { return measure_in_process(self, s); };
    std::vector<std::vector<Measure>> groups(2);         // float32, bfloat16
    for (const bool bfloat16 : {false, true})
        for (const auto& [channels_last, compiled] : {std::pair{false, false}, {true, false}, {true, true}}) {
            const PyTorch how{python, channels_last, compiled, bfloat16};
            groups[bfloat16].push_back([=](const StepSetting& s) { return measure_pytorch(s, how); });
        }
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    Progress progress({.name = "setting", .rounds = Index(settings.size()), .items = pairs, .unit = "pairs"}, std::cerr,
                      terminal_at(STDERR_FILENO));
    bool alone = true;
    const DelayedInterruption until_told("stopping; what has been measured is kept.");
    for (std::size_t i = 0; i < settings.size() && !interrupted(); ++i) {
        progress.start(Index(i) + 1);
        progress.note(settings[i].name());
        const auto contests = compare(settings[i], pairs, ours, groups, interrupted, [&] { progress.advance(1); });
        progress.finish();
        for (const Contest& c : contests) {
            if (c.ours.empty()) continue;
            if (results.empty()) std::cout << contest_head() << "\n";
            std::cout << contest_line(c) << std::endl;
            results.push_back(to_json(c));
            alone = alone && c.peer_name.empty();
        }
        if (json.empty() || results.empty()) continue;
        write_file_atomically(json, results.dump(2) + "\n");   // now: a later setting may fail
    }
    if (!results.empty() && alone)
        std::cerr << "bench: no PyTorch to compare with; this command says what is missing:\n    "
                  << pytorch_command(settings[0], {.python = python})
                  << "\n(apt install python3-torch python3-torchvision, or name a Python that has them with\n"
                     "--peer-python; and start bench in the repository's root.)\n";
}

}  // namespace

int main(int argc, char** argv) {
    Program program(
        "bench",
        "Compares the speed of training and inference with PyTorch's, or of convolutions with the processor's peak.");
    std::vector<int> thread_counts{1, 2};
    std::vector<std::string> models{"resnet20", "resnet56", "resnet110"}, modes{"train", "infer"};
    int batch = 128, steps = 5, pairs = 5, iterations = 200;
    bool layers = false, accuracy = false, one_step = false;
    std::string json, python = PyTorch{}.python;
    CLI::App& app = program.app;
    app.add_option("--models", models, "nets to time: resnet20, resnet50, ...")
        ->delimiter(',')
        ->capture_default_str()
        ->type_name("NAME,NAME");
    app.add_option("--modes", modes, "what to time: train, infer")
        ->delimiter(',')
        ->capture_default_str()
        ->type_name("MODE,MODE")
        ->transform(one_of({"train", "infer"}));
    app.add_option("--threads", thread_counts, "numbers of threads to time")
        ->delimiter(',')
        ->capture_default_str()
        ->type_name("N,N")
        ->check(whole(1, 256));
    app.add_option("-b,--batch-size", batch, "pictures per step")
        ->capture_default_str()
        ->check(whole(1, 65536))
        ->type_name("N");
    app.add_option("--steps", steps, "timed steps per measurement, after two that are not timed")
        ->capture_default_str()
        ->type_name("N")
        ->check(whole(1, 10000));
    app.add_option("--pairs", pairs, "pairs of measurements, here and in PyTorch in turn")
        ->capture_default_str()
        ->type_name("N")
        ->check(whole(1, 1000));
    CLI::Option* named = app.add_option("--peer-python", python, "the Python interpreter whose PyTorch is the peer")
        ->capture_default_str()
        ->type_name("PATH");
    CLI::Option* file = app.add_option("--json", json, "also write the measurements to this file")->type_name("FILE");
    CLI::Option* inside =
        app.add_flag("--layers", layers,
                     "measure GFLOP/s of every convolution shape and pass, with sgemm and the FMA peak for comparison")
            ->excludes(file);
    app.add_flag("--accuracy", accuracy,
                 "measure the rounding errors of every 3x3 convolution and their effect on training")
        ->excludes(file)
        ->excludes(inside);
    app.add_option("--iterations", iterations, "training steps of --accuracy; 0 for the errors of the layers only")
        ->capture_default_str()
        ->type_name("N")
        ->check(whole(0, 1e6));
    app.add_flag("--step", one_step, "time one setting in this process, without PyTorch, and print JSON");

    return program.run(argc, argv, [&] {
        for (const std::string& model : models) check_model(model);
        if (named->count()) check_python(python);
        const StepSetting first{.model = models[0],
                                .batch = batch,
                                .threads = thread_counts[0],
                                .steps = steps,
                                .training = modes[0] == "train"};
        if (one_step) {
            std::cout << to_json(measure_step(first)) << "\n";
            return 0;
        }
        if (layers) {
            print_layer_speeds(batch, thread_counts[0]);
            return 0;
        }
        if (accuracy) {
            set_threads(thread_counts.back());           // the numbers do not depend on it
            print_accuracy({.model = {.name = models[0]}, .batch = batch, .iterations = iterations});
            return 0;
        }
        std::vector<StepSetting> settings;
        for (const std::string& mode : modes)
            for (const std::string& model : models)
                for (int threads : thread_counts)
                    settings.push_back({.model = model,
                                        .batch = batch,
                                        .threads = threads,
                                        .steps = steps,
                                        .training = mode == "train"});
        const std::string self = std::filesystem::exists("/proc/self/exe") ? "/proc/self/exe" : argv[0];
        compare_all(self, settings, pairs, python, json);
        return 0;
    });
}
