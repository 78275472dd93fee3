#include "examples/common/run_observer.h"

#include <cmath>
#include <cstdio>
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

// The share of time in which this rank waited for others.
std::string RunObserver::communication() const {
    if (ranks::count() == 1) return "";
    const double passed = steady_seconds() - began_, waited = ranks::traffic().waited - waited_before_;
    return text("communication ", std::lround(100 * waited / passed), " %");
}

Observer RunObserver::observer() {
    return {
        .step =
            [this](const StepReport& s) {
                if (epoch_ == 0) began_ = steady_seconds(), waited_before_ = ranks::traffic().waited;
                if (std::exchange(epoch_, s.epoch) != s.epoch) progress_.start(s.epoch, (s.step - 1) * batch_);
                progress_.advance(s.pictures, s.mean_loss, s.error);
            },
        .evaluating = [this] { progress_.note("testing"); },
        .epoch = [this](const EpochRecord& record,
                        const History&) { progress_.print(name_ + epoch_line(record, epochs_) + addition_() +
                                                               (ranks::count() > 1 ? "  " + communication() : "")); },
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

std::string summary(const History& history) {
    const EpochRecord& last = history.back();
    char line[120];
    if (std::isnan(last.test_error))
        std::snprintf(line, sizeof line, "training error %.2f %% after %lld epoch%s", 100 * last.train_error,
                      static_cast<long long>(last.epoch), last.epoch == 1 ? "" : "s");
    else
        std::snprintf(line, sizeof line, "training error %.2f %%, test error %.2f %% after %lld epoch%s",
                      100 * last.train_error, 100 * last.test_error, static_cast<long long>(last.epoch),
                      last.epoch == 1 ? "" : "s");
    return line;
}

}  // namespace deepen
