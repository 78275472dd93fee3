// How long will an experiment take?  See plan.h.
#include "resnet/report/plan.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/parallel.h"
#include "resnet/report/statistics.h"

namespace deepen {
namespace {

constexpr double forecast_seconds = 300;                 // time constant of a Forecast
constexpr double an_hour = 3600;

Index steps_of(const Recipe& r, const DataSplits& data) {
    return steps_per_epoch(data.train.count(), r.training.batch);
}

Index iterations_of(const Recipe& r, const DataSplits& data) {
    const Index all = r.training.epochs * steps_of(r, data), most = r.training.max_iterations;
    return most ? std::min(all, most) : all;
}

// That a run has been trained on after so many iterations: the last batch of an epoch may be a small one.
Index pictures_in(Index iterations, const Recipe& r, const DataSplits& data) {
    const Index steps = steps_of(r, data);
    return iterations / steps * data.train.count() +
           std::min(iterations % steps * r.training.batch, data.train.count());
}

// Seconds until all runs are over that take so many seconds each on their share of the machine, `jobs` at a time.
double together(const std::vector<double>& each, int jobs) {
    std::vector<double> busy(static_cast<std::size_t>(jobs), 0.0);
    for (double run : each) *std::min_element(busy.begin(), busy.end()) += run;
    return *std::max_element(busy.begin(), busy.end());
}

// The next batch, of whichever epoch.
Batch next_batch(Loader& loader, Index& epoch) {
    Batch batch;
    while (!loader.next(batch)) loader.start(++epoch);
    return batch;
}

}  // namespace

PictureCost time_net(const Recipe& recipe, const DataSplits& data, const Timing& timing) {
    ensure(timing.steps >= 1, "a net is timed with ", timing.steps, " steps");
    const std::unique_ptr<Module> net = make_model(recipe.model);
    initialise(*net, recipe.training.seed, parse_initialiser(recipe.initialiser));
    TrainingOptions options = recipe.training;
    options.schedule = {.base = 0};
    const Preprocessing some = Preprocessing::imagenet();        // the set's own would take a pass over all pictures
    Trainer trainer(*net, data, some, options);
    PictureCost cost;

    // Seconds per picture that each of `steps` calls of `work` takes, after one that is not counted.
    const auto timed = [&](Loader& loader, const auto& work) {
        std::vector<double> all;
        Index epoch = 1;
        loader.start(epoch);
        for (int i = 0; i <= timing.steps; ++i) {
            const double before = timing.clock();
            const Batch batch = next_batch(loader, epoch);
            work(batch);
            const double took = timing.clock() - before;
            if (i > 0) all.push_back(took / static_cast<double>(batch.labels.size()));
        }
        return all;
    };
    net->train();
    Loader training(data.train, some,
                    {.batch = options.batch,
                     .shuffle = true,
                     .augment = options.augment,
                     .drop_last = data.train.count() >= options.batch,
                     .seed = options.seed});
    Evaluation running;
    cost.train = median(timed(training, [&](const Batch& batch) { trainer.step(batch, running); }));
    if (data.test.count() == 0) return cost;

    const NoGrad no_grad;
    const EvaluationMode evaluation_mode(*net);
    Loader testing(data.test, some, {.batch = options.batch});
    cost.test = median(timed(testing, [&](const Batch& batch) { count_errors((*net)(batch.x), batch.labels); }));
    return cost;
}

namespace {

// What a picture costs of the machine while `jobs` nets of this kind are trained on it.
PictureCost time_side_by_side(int jobs, const Recipe& recipe, const DataSplits& data, const Timing& timing) {
    std::vector<PictureCost> costs(static_cast<std::size_t>(jobs));
    side_by_side(jobs, jobs, [&](Index i) { costs[static_cast<std::size_t>(i)] = time_net(recipe, data, timing); });
    PictureCost sum;
    for (const PictureCost& cost : costs) sum.train += cost.train, sum.test += cost.test;
    return {sum.train / jobs / jobs, sum.test / jobs / jobs};
}

}  // namespace

// --- the plan ------------------------------------------------------------------------------------------

double PlannedRun::seconds() const {
    return static_cast<double>(pictures_left) * cost.train +
           static_cast<double>(tests_left * test_pictures) * cost.test;
}

PlannedRun planned_run(const Recipe& recipe, const DataSplits& data, const std::optional<TrainingState>& state) {
    const Index done = state ? state->iteration : 0, steps = steps_of(recipe, data);
    PlannedRun run{.name = recipe.name(),
                   .net = completed(recipe.model).name,
                   .iterations = iterations_of(recipe, data),
                   .batch = recipe.training.batch,
                   .test_pictures = data.test.count(),
                   .history = state ? state->history : History()};
    run.iterations_left = std::max<Index>(0, run.iterations - done);
    run.pictures_left = std::max<Index>(0, pictures_in(run.iterations, recipe, data) - pictures_in(done, recipe, data));
    const Index tests = run.test_pictures > 0 ? (run.iterations + steps - 1) / steps : 0;
    run.tests_left = std::max<Index>(0, tests - std::ssize(run.history));
    return run;
}

std::vector<PlannedRun> runs_in(const std::filesystem::path& folder, const std::vector<Recipe>& recipes,
                                const DataSplits& data) {
    std::vector<PlannedRun> runs;
    for (const Recipe& recipe : recipes) {
        const std::filesystem::path its_folder = folder / recipe.name();
        if (std::optional<History> history = finished_run(its_folder, recipe, data)) {
            const Index all = iterations_of(recipe, data);
            runs.push_back(planned_run(
                recipe, data, TrainingState{.iteration = all, .history = std::move(*history)}));
            runs.back().finished = true;
        } else {
            runs.push_back(planned_run(recipe, data, state_of_run(its_folder, recipe, data)));
        }
    }
    return runs;
}

void time_nets(std::vector<PlannedRun>& runs, const std::vector<Recipe>& recipes, const DataSplits& data, int jobs,
               const Timing& timing) {
    ensure(runs.size() == recipes.size(), runs.size(), " runs of ", recipes.size(), " recipes");
    std::map<std::string, PictureCost> known;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i].finished || runs[i].elsewhere) continue;
        const auto [cost, is_new] = known.try_emplace(runs[i].net);
        if (is_new) cost->second = time_side_by_side(jobs, recipes[i], data, timing);
        runs[i].cost = cost->second;
    }
}

double seconds(const std::vector<PlannedRun>& runs, int jobs) {
    std::vector<double> each;
    for (const PlannedRun& run : runs) each.push_back(run.seconds() * jobs);
    return together(each, jobs);
}

std::string plan_text(const std::vector<PlannedRun>& runs, int threads, int jobs, const Timing& timing) {
    const auto is_ours = [](const PlannedRun& r) { return !r.finished && !r.elsewhere; };
    const auto others = std::count_if(runs.begin(), runs.end(), [](const PlannedRun& r) { return r.elsewhere; });
    if (std::none_of(runs.begin(), runs.end(), is_ours))
        return others == 0 ? "plan: every run is finished already; nothing is left to train\n"
                           : text("plan: nothing is left to train in this share; ", others,
                                  others == 1 ? " run is" : " runs are", " left to others\n");
    std::size_t widest = 0;
    for (const PlannedRun& run : runs) widest = std::max(widest, run.name.size());
    const auto row = [&](std::string name, const std::string& work, const std::string& takes) {
        name.resize(widest, ' ');
        return takes.empty() ? text("  ", name, "  ", work, "\n") : text("  ", name, "  ", takes, "  ", work, "\n");
    };

    std::string s = text("plan, from ", timing.steps, " training steps and ", timing.steps,
                         " test batches of each net, timed just now on ", threads,
                         threads == 1 ? " thread" : " threads",
                         jobs > 1 ? text(", ", jobs, " nets side by side") : "", ":\n");
    for (const PlannedRun& run : runs) {
        if (run.elsewhere) continue;
        if (run.finished) {
            s += row(run.name, "finished before", "");
            continue;
        }
        const bool begun = run.iterations_left < run.iterations;
        std::string work = text(run.iterations_left, begun ? text(" of ", run.iterations) : "",
                                run.iterations == 1 ? " step" : " steps",
                                format(" of %.3g s", static_cast<double>(run.batch) * run.cost.train * jobs));
        if (run.tests_left > 0)
            work += text(", ", run.tests_left, run.tests_left == 1 ? " test" : " tests",
                         format(" of %.3g s", static_cast<double>(run.test_pictures) * run.cost.test * jobs));
        s += row(run.name, work, format("%9s", duration(run.seconds() * jobs).c_str()));
    }
    const double total = seconds(runs, jobs);
    s += row("total", "", format("%9s", duration(total).c_str()));
    s.erase(s.find_last_not_of(" \n") + 1);
    s += "\n";
    if (total > an_hour)
        s += "  It can be interrupted (Ctrl-C) at any time: the same command goes on from the last checkpoint.\n";
    return s;
}

std::string jobs_text(const std::vector<PlannedRun>& runs, int jobs, const std::vector<PlannedRun>& others, int other) {
    const auto how = [](int n) { return n == 1 ? std::string("one net at a time") : text(n, " nets side by side"); };
    const double here = seconds(runs, jobs), there = seconds(others, other);
    const std::string verdict = there < here ? text("faster here than ", how(jobs))
                                             : text(how(jobs), jobs == 1 ? " is" : " are", " faster here");
    return text("  ", how(other), " (--jobs ", other, "): ", duration(there), "; ", verdict, "\n");
}

// --- the time remaining ----------------------------------------------------------------------------------

Forecast::Forecast(std::vector<PlannedRun> runs, int jobs) : runs_(std::move(runs)), jobs_(jobs) {
    for (const PlannedRun& run : runs_) {
        left_.push_back(run.seconds());
        const Index all = run.iterations, left = run.iterations_left;
        // The part of a run that an earlier command has done is planned at what its steps cost.
        whole_.push_back(left > 0 ? left_.back() * static_cast<double>(all) / static_cast<double>(left) : left_.back());
    }
}

void Forecast::advance(std::size_t run, double planned, double took) {
    const double kept = std::exp(-std::max(0.0, took) / forecast_seconds);
    took_ = took_ * kept + took;
    planned_ = planned_ * kept + planned;
    left_.at(run) = std::max(0.0, left_.at(run) - planned);
}

void Forecast::finish(std::size_t run) { left_.at(run) = 0; }

double Forecast::share(std::size_t run) const {
    return whole_.at(run) > 0 ? std::clamp(1 - left_[run] / whole_[run], 0.0, 1.0) : 1;
}

double Forecast::seconds_remaining(std::size_t run) const { return left_.at(run) * jobs_ * took_ / planned_; }

// At the end the last run has nobody to share the machine with, and still only its share of the threads.
double Forecast::seconds_remaining() const {
    std::vector<double> each;
    for (double left : left_) each.push_back(left * jobs_);
    return together(each, jobs_) * took_ / planned_;
}

}  // namespace deepen
