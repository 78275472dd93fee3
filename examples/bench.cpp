// How fast is it, beside PyTorch on the same processors?
//
// Machines are noisy and drift, so the two take turns (A B A B ...), and what counts is the median of the
// ratios pair by pair.  PyTorch gets the better of its two memory layouts.  `--layers` looks inside
// instead: each convolution shape and pass beside what the processor could do at best.  `--accuracy` asks what the
// speed costs in digits.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/files.h"
#include "engine/parallel.h"
#include "examples/common/bench_accuracy.h"
#include "examples/common/bench_layers.h"
#include "examples/common/bench_step.h"
#include "examples/common/program.h"
#include "resnet/models.h"

using namespace deepen;

namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

void check_model(const std::string& name) {
    try {
        completed({.name = name});
    } catch (const Error& e) {
        throw UsageError(text("--models: ", e.what()));
    }
}

struct Row {
    StepSetting setting;
    std::vector<double> ours, peer, ratios;  // milliseconds a step; the peer's over ours
    double our_peak = 0, peer_peak = 0;      // MB
    std::string peer_name;
};

Row compare(const std::string& self, StepSetting setting, int pairs) {
    Row row{.setting = setting};
    std::string layout = "nchw";
    const auto nchw = measure_pytorch(setting, "nchw"), nhwc = measure_pytorch(setting, "nhwc");
    if (nchw && nhwc && nhwc->ms < nchw->ms) layout = "nhwc";
    for (int i = 0; i < pairs && !interrupted(); ++i) {
        const StepResult ours = measure_in_process(self, setting);
        row.ours.push_back(ours.ms);
        row.our_peak = std::max(row.our_peak, ours.peak_mb);
        if (!nchw) continue;
        const StepResult peer = measure_pytorch(setting, layout).value();
        row.peer.push_back(peer.ms);
        row.peer_peak = std::max(row.peer_peak, peer.peak_mb);
        row.ratios.push_back(peer.ms / ours.ms);
        row.peer_name = peer.system + " " + layout;
    }
    return row;
}

void print(const Row& r) {
    std::printf("%-40s %8.1f ms %8.0f images/s %6.0f MB", r.setting.name().c_str(), median(r.ours),
                1e3 * r.setting.batch / median(r.ours), r.our_peak);
    if (!r.peer.empty())
        std::printf("   %8.1f ms %6.0f MB   %5.2f times  (%.2f .. %.2f)  memory %.2f   %s", median(r.peer), r.peer_peak,
                    median(r.ratios), *std::min_element(r.ratios.begin(), r.ratios.end()),
                    *std::max_element(r.ratios.begin(), r.ratios.end()), r.our_peak / r.peer_peak, r.peer_name.c_str());
    std::printf("\n");
    std::fflush(stdout);
}

nlohmann::ordered_json to_json(const Row& r) {
    return {{"setting", r.setting.name()}, {"batch", r.setting.batch}, {"ms", r.ours},
            {"peak_mb", r.our_peak},       {"peer", r.peer_name},      {"peer_ms", r.peer},
            {"peer_peak_mb", r.peer_peak}, {"ratios", r.ratios},       {"ratio", median(r.ratios)}};
}

}  // namespace

int main(int argc, char** argv) {
    Program program(
        "bench", "Times training and inference steps beside PyTorch's, or convolutions beside the processor's peak.");
    std::vector<int> thread_counts{1, 2};
    std::vector<std::string> models{"resnet20", "resnet56", "resnet110"}, modes{"train", "infer"};
    int batch = 128, steps = 5, pairs = 5, iterations = 200;
    bool layers = false, accuracy = false, one_step = false;
    std::string json;
    CLI::App& app = program.app;
    app.add_option("--models", models, "resnet20, resnet50, ...; PyTorch's are built here or torchvision's")
        ->delimiter(',')
        ->capture_default_str()
        ->type_name("NAME,NAME");
    app.add_option("--modes", modes, "train, infer")
        ->delimiter(',')
        ->capture_default_str()
        ->transform(one_of({"train", "infer"}));
    app.add_option("--threads", thread_counts, "processors to use")
        ->delimiter(',')
        ->capture_default_str()
        ->check(within(1, 256));
    app.add_option("-b,--batch-size", batch, "pictures a step")->capture_default_str()->check(within(1, 65536));
    app.add_option("--steps", steps, "counted steps of each measurement, after two that are not")
        ->capture_default_str()
        ->check(within(1, 10000));
    app.add_option("--pairs", pairs, "measurements of each, in turn")
        ->capture_default_str()
        ->check(within(1, 1000));
    app.add_option("--json", json, "also write the results there")->type_name("FILE");
    app.add_flag("--layers", layers, "GFLOP/s of each convolution shape and pass, beside sgemm and the FMA peak");
    app.add_flag("--accuracy", accuracy, "errors of each 3x3 convolution, and what they do to training the model");
    app.add_option("--iterations", iterations, "training steps of --accuracy; 0: errors by layer only")
        ->capture_default_str()
        ->check(within(0, 1e6));
    app.add_flag("--step", one_step, "measure one setting in this process, without PyTorch; print JSON");

    return program.run(argc, argv, [&] {
        for (const std::string& model : models) check_model(model);
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
        nlohmann::ordered_json results = nlohmann::ordered_json::array();
        for (const std::string& mode : modes)
            for (const std::string& model : models)
                for (int threads : thread_counts) {
                    if (interrupted()) return 0;
                    const Row row = compare(argv[0],
                                            {.model = model,
                                             .batch = batch,
                                             .threads = threads,
                                             .steps = steps,
                                             .training = mode == "train"},
                                            pairs);
                    print(row);
                    results.push_back(to_json(row));
                }
        if (!json.empty()) write_file_atomically(json, results.dump(2) + "\n");
        return 0;
    });
}
