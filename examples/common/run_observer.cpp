#include "examples/common/run_observer.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/printable.h"
#include "engine/ranks/transport.h"
#include "examples/common/program.h"

namespace deepen {

RunObserver::RunObserver(const Recipe& recipe, const DataSplits& data, std::function<std::string()> addition,
                         bool one_of_several)
    : name_(one_of_several ? recipe.name() + "  " : ""),
      epochs_(recipe.training.epochs),
      batch_(recipe.training.batch),
      addition_(std::move(addition)),
      progress_({.name = name_ + "epoch", .rounds = recipe.training.epochs, .items = data.train.count(),
                 .aside = [this] { return communication(); }},
                std::cerr, one_of_several ? Terminal() : terminal_at(2)) {}

std::string RunObserver::communication() const {
    if (ranks::count() == 1) return "";
    return text("communication ", std::lround(100 * waiting()), " %");
}

double RunObserver::waiting() const {
    const double passed = steady_seconds() - began_;
    return passed > 0 ? (ranks::traffic().waited - before_.waited) / passed : 0;
}

std::string RunObserver::traffic() const {
    const ranks::Traffic& now = ranks::traffic();
    const auto a_step = [&](Index after, Index before) {
        return static_cast<double>(after - before) / static_cast<double>(std::max<Index>(steps_, 1));
    };
    return format("%.3f MB in %.0f messages a step of rank 0; %.1f %% of the time went into waiting for other ranks",
                  a_step(now.bytes, before_.bytes) / 1e6, a_step(now.messages, before_.messages), 100 * waiting());
}

Observer RunObserver::observer() {
    return {
        .step =
            [this](const StepReport& s) {
                if (epoch_ == 0) began_ = steady_seconds(), before_ = ranks::traffic();
                else ++steps_;
                if (std::exchange(epoch_, s.epoch) != s.epoch) progress_.start(s.epoch, (s.step - 1) * batch_);
                progress_.advance(s.pictures, s.mean_loss, s.error);
            },
        .evaluating = [this] { progress_.note("testing"); },
        .epoch =
            [this](const EpochRecord& record, const History&) {
                const std::string line = name_ + epoch_line(record, epochs_) + addition_(), waited = communication();
                progress_.print(waited.empty() ? line : line + "  " + waited);
            },
        .stop = interrupted,
        .say = [this](const std::string& line) { progress_.print(name_ + line); }};
}

std::string describe(const Recipe& recipe) {
    const ModelOptions model = completed(recipe.model);
    const std::string shortcut =
        model.shortcut == Shortcut::none ? "no shortcuts" : text("shortcut ", name_of(*model.shortcut));
    const FineTuning& from = recipe.pretrained;
    std::string frozen;
    for (const std::string& part : from.frozen) frozen += (frozen.empty() ? ", frozen: " : " ") + part;
    return text(model.name, ": ", shortcut, departures(model), ", ", parameter_count(*make_model(model)),
                " parameters, seed ", recipe.training.seed,
                from.weights.empty() ? "" : ", from " + printable_name(from.weights.string()),
                printable_name(frozen));
}

std::string summary(const History& history, const Recipe& recipe, const DataSplits& data) {
    const EpochRecord& last = history.back();
    const Index epoch = steps_per_epoch(data.train.count(), recipe.training.batch), steps = last.iteration;
    std::string errors = format("training error %.2f %%", 100 * last.train_error);
    if (!std::isnan(last.test_error)) errors += format(", test error %.2f %%", 100 * last.test_error);
    const auto count = [](Index n, const char* what) { return text(n, " ", what, n == 1 ? "" : "s"); };
    if (steps == last.epoch * epoch) return text(errors, " after ", count(last.epoch, "epoch"));
    const double epochs = static_cast<double>(steps) / static_cast<double>(epoch);
    return text(errors, " after ", count(steps, "step"), ", ",
                format(epochs < 10 ? "%.2g epochs" : "%.1f epochs", epochs));
}

}  // namespace deepen
