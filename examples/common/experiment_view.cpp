#include "examples/common/experiment_view.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "engine/error.h"
#include "engine/interruption.h"
#include "resnet/cifar.h"

namespace deepen {
namespace {

using State = RunStatus::State;

void show_last_epoch(RunStatus& status, const History& history) {
    if (history.empty()) return;
    status.epoch = history.back().epoch;
    status.train_error = history.back().train_error;
    status.test_error = history.back().test_error;
}

RunStatus status_of(const PlannedRun& plan, Index epochs) {
    RunStatus status{.name = plan.name, .epochs = epochs};
    if (plan.finished) status.state = State::finished;
    else if (plan.elsewhere) status.state = State::elsewhere;
    show_last_epoch(status, plan.history);
    return status;
}

}  // namespace

Run run_of(const Recipe& recipe, const History& history) {
    return {.kind = recipe.kind(),
            .depth = parse_cifar_model(recipe.model.name).depth,
            .seed = recipe.training.seed,
            .history = history};
}

ExperimentView::ExperimentView(std::vector<Recipe> recipes, const DataSplits& data, std::vector<PlannedRun> plan,
                               int jobs, std::vector<Run> earlier, const std::filesystem::path& report,
                               const ReportFacts& facts)
    : recipes_(std::move(recipes)),
      data_(data),
      earlier_(std::move(earlier)),
      forecast_(plan, jobs),
      report_(report, facts, [this](const std::string& line) { say(line); }),
      jobs_(jobs) {
    ensure(plan.size() == recipes_.size(), plan.size(), " planned runs of ", recipes_.size(), " recipes");
    for (std::size_t i = 0; i < plan.size(); ++i) {
        standing_.runs.push_back(status_of(plan[i], recipes_[i].training.epochs));
        histories_.push_back(std::move(plan[i].history));
    }
    if (const Terminal terminal = terminal_at(STDOUT_FILENO); terminal.interactive) board_.emplace(std::cout, terminal);
    show(true);
}

std::string ExperimentView::heading(std::size_t run) const {
    return text("[", run + 1, "/", recipes_.size(), "] ", describe(recipes_[run]));
}

Observer ExperimentView::begin(std::size_t run, std::function<bool()> stop) {
    const std::lock_guard lock(mutex_);
    standing_.runs[run].state = State::running;
    last_ = steady_seconds();
    if (board_) {
        show(true);
    } else {
        const auto remaining = [this] {
            return text("  all runs: ", duration(forecast_.seconds_remaining()), " remaining");
        };
        plain_.try_emplace(run, recipes_[run], data_, remaining, jobs_ > 1);
        std::cout << heading(run) << "\n      about " << duration(forecast_.seconds_remaining(run))
                  << " for this run, " << duration(forecast_.seconds_remaining()) << " for all that remain"
                  << std::endl;
    }
    if (std::filesystem::is_directory(report_.path().parent_path())) draw_report();
    Observer observer;
    observer.step = [this, run](const StepReport& s) {
        const std::lock_guard locked(mutex_);
        after_step(run, s);
    };
    observer.evaluating = [this, run] {
        const std::lock_guard locked(mutex_);
        standing_.runs[run].note = "testing";
        if (board_) show(false);
        else plain_.at(run).observer().evaluating();
    };
    observer.epoch = [this, run](const EpochRecord& r, const History& h) {
        const std::lock_guard locked(mutex_);
        after_epoch(run, r, h);
    };
    observer.stop = std::move(stop);
    observer.say = [this, run](const std::string& line) {
        const std::lock_guard locked(mutex_);
        if (board_) board_->print(jobs_ > 1 ? recipes_[run].name() + "  " + line : line);
        else plain_.at(run).observer().say(line);
    };
    return observer;
}

void ExperimentView::after_step(std::size_t run, const StepReport& step) {
    pass(run, static_cast<double>(step.pictures) * forecast_.planned(run).cost.train);
    RunStatus& status = standing_.runs[run];
    status.epoch = step.epoch;
    status.train_error = step.error;
    if (board_) show(false);
    else plain_.at(run).observer().step(step);
}

void ExperimentView::after_epoch(std::size_t run, const EpochRecord& record, const History& history) {
    const PlannedRun& plan = forecast_.planned(run);
    pass(run, static_cast<double>(plan.test_pictures) * plan.cost.test);
    RunStatus& status = standing_.runs[run];
    status.note.clear();
    status.train_error = record.train_error;
    status.test_error = record.test_error;
    histories_[run] = history;
    if (record.epoch == status.epochs || record.iteration >= plan.iterations) {
        status.state = State::finished;
        forecast_.finish(run);
    }
    if (!board_) plain_.at(run).observer().epoch(record, history);
    draw_report();
    show(true);
}

void ExperimentView::leave(std::size_t run) {
    const std::lock_guard lock(mutex_);
    plain_.erase(run);
    const bool is_new = std::exchange(standing_.runs[run].state, State::elsewhere) != State::elsewhere;
    forecast_.finish(run);
    if (board_) show(true);
    else if (is_new) std::cout << heading(run) << "\n      left to the process that trains it" << std::endl;
}

void ExperimentView::end(std::size_t run, const History& history, const std::string& weights_hash) {
    const std::lock_guard lock(mutex_);
    histories_[run] = history;
    show_last_epoch(standing_.runs[run], history);
    const bool before = !plain_.contains(run);           // by an earlier command, or by another process
    standing_.runs[run].state = State::finished;
    forecast_.finish(run);
    standing_.runs[run].note = weights_hash;
    if (board_) return show(true);
    if (before)
        std::cout << heading(run) << "\n      finished before: " << summary(histories_[run], recipes_[run], data_)
                  << "\n";
    plain_.erase(run);
    std::cout << (jobs_ > 1 ? recipes_[run].name() : "    ") << "  weights hash " << weights_hash << std::endl;
}

void ExperimentView::stop(Phase phase) {
    const std::lock_guard lock(mutex_);
    plain_.clear();
    report_.show(standing(), standing_.finished() == std::ssize(standing_.runs) ? Phase::over : phase);
}

std::vector<Run> ExperimentView::finished() const {
    const std::lock_guard lock(mutex_);
    return finished_runs();
}

std::vector<Run> ExperimentView::finished_runs() const {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < recipes_.size(); ++i)
        if (standing_.runs[i].state == State::finished) runs.push_back(run_of(recipes_[i], histories_[i]));
    runs.insert(runs.end(), earlier_.begin(), earlier_.end());
    return runs;
}

void ExperimentView::pass(std::size_t run, double planned) {
    const double now = steady_seconds();
    forecast_.advance(run, planned, now - std::exchange(last_, now));
}

const Standing& ExperimentView::standing() {
    for (std::size_t i = 0; i < standing_.runs.size(); ++i) {
        standing_.runs[i].share = forecast_.share(i);
        standing_.runs[i].seconds_remaining = forecast_.seconds_remaining(i);
    }
    standing_.seconds_remaining = forecast_.seconds_remaining();
    return standing_;
}

// After a signal, words on stderr stand below the table, which then stays as it is.
void ExperimentView::show(bool now) {
    if (board_ && !interrupted()) board_->show(standing(), now);
}

// How far other processes are, by their logs.  What cannot be read now may be readable next time.
void ExperimentView::look_elsewhere() {
    for (std::size_t i = 0; i < recipes_.size(); ++i) {
        if (standing_.runs[i].state != State::elsewhere) continue;
        try {
            histories_[i] = read_history(report_.path().parent_path() / recipes_[i].name() / "log.csv");
            show_last_epoch(standing_.runs[i], histories_[i]);
        } catch (const Error&) {
            continue;
        }
    }
}

void ExperimentView::draw_report() {
    look_elsewhere();
    std::vector<Run> unfinished;
    for (std::size_t i = 0; i < recipes_.size(); ++i) {
        if (standing_.runs[i].state == State::finished || histories_[i].empty()) continue;
        unfinished.push_back(run_of(recipes_[i], histories_[i]));
        unfinished.back().epochs = recipes_[i].training.epochs;
    }
    const bool over = standing().finished() == std::ssize(standing_.runs);
    report_.draw(finished_runs(), unfinished, standing_, over ? Phase::over : Phase::running);
}

void ExperimentView::say(const std::string& line) {
    if (board_) board_->print(line);
    else if (!plain_.empty()) plain_.begin()->second.observer().say(line);
    else std::cerr << line << std::endl;
}

}  // namespace deepen
