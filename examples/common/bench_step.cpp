#include "examples/common/bench_step.h"

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <cstring>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/parallel.h"
#include "engine/subprocess.h"
#include "layers/sgd.h"
#include "resnet/models.h"
#include "resnet/report/statistics.h"

namespace deepen {
namespace {

double milliseconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// What a program says in JSON, if it ends well and says that.
std::optional<Measurement> result_of(const Ended& ended) {
    if (!ended.well()) return std::nullopt;
    try {
        const auto j = nlohmann::json::parse(ended.output);
        return Measurement{.system = j.at("system"), .ms = j.at("ms"), .peak_mb = j.at("peak_mb")};
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

// Where it is installed, seen from libexec/deepen/bench; else in the source tree.
std::string pytorch_script() {
    std::error_code failed;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
    const auto installed = (own / "../../share/deepen/pytorch_step.py").lexically_normal();
    return std::filesystem::exists(installed, failed) ? installed.string() : "examples/common/pytorch_step.py";
}

std::vector<std::string> pytorch_words(const StepSetting& s, const PyTorch& how) {
    std::vector<std::string> words{how.python,
                                   pytorch_script(),
                                   s.model,
                                   text(s.batch),
                                   text(s.threads),
                                   text(s.steps),
                                   s.training ? "train" : "infer"};
    std::istringstream choices(how.name());
    for (std::string choice; choices >> choice;) words.push_back(choice);
    return words;
}

}  // namespace

std::string StepSetting::name() const {
    return text(model, training ? " training" : " inference", ", batch ", batch, ", ", threads,
                threads == 1 ? " thread" : " threads");
}

Measurement measure_step(const StepSetting& s) {
    set_threads(s.threads);
    const std::unique_ptr<Module> net = make_model({.name = s.model});
    const Index side = picture_size({.name = s.model});
    initialise(*net, 1);
    net->train(s.training);
    const Tensor x = random_tensor({s.batch, side, side, 3}, 1);
    std::vector<int> labels(s.batch);
    for (int i = 0; i < s.batch; ++i) labels[i] = i % 10;
    Sgd sgd(named_parameters(*net), {});

    const auto train = [&] {
        sgd.zero_grad();
        cross_entropy((*net)(x), labels).backward();
        sgd.step();
    };
    const auto infer = [&] {
        const NoGrad no_grad;
        (*net)(x);
    };
    const std::function<void()> step = s.training ? std::function<void()>(train) : infer;
    std::vector<double> times;
    for (int i = 0; i < 2; ++i) step();
    for (int i = 0; i < s.steps; ++i) times.push_back(milliseconds(step));

    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {.system = "Deepen", .ms = median(times), .peak_mb = static_cast<double>(usage.ru_maxrss) / 1024};
}

std::string to_json(const Measurement& r) {
    return nlohmann::json{{"system", r.system}, {"ms", r.ms}, {"peak_mb", r.peak_mb}}.dump();
}

std::optional<Measurement> measure_in_process(const std::string& self, const StepSetting& s) {
    const Ended ended = run_program({self, "--step", "--models", s.model, "--batch-size", text(s.batch), "--threads",
                                     text(s.threads), "--steps", text(s.steps), "--modes",
                                     s.training ? "train" : "infer"});
    require(ended.refusal == 0, "cannot run ", self, ": ", std::strerror(ended.refusal), ".");
    std::cerr << ended.complaints;
    return result_of(ended);
}

std::string PyTorch::name() const {
    return text(channels_last ? "nhwc" : "nchw", bfloat16 ? " bf16" : "", compiled ? " compiled" : "");
}

std::string pytorch_command(const StepSetting& s, const PyTorch& how) {
    std::string line;
    for (const std::string& word : pytorch_words(s, how)) line += (line.empty() ? "" : " ") + word;
    return line;
}

std::optional<Measurement> measure_pytorch(const StepSetting& s, const PyTorch& how) {
    std::optional<Measurement> result = result_of(run_program(pytorch_words(s, how)));
    if (result) result->system += " " + how.name();
    return result;
}

}  // namespace deepen
