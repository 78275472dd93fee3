#include "examples/common/small_nets.h"

#include <algorithm>
#include <iostream>
#include <mutex>
#include <utility>

#include "engine/interruption.h"
#include "engine/parallel.h"
#include "examples/common/run_observer.h"
#include "resnet/cifar.h"
#include "resnet/why/remedies.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

// Two minutes of training on two processors: 12 twins for so many epochs, or 21 nets with remedies for half as many.
constexpr Index epochs = 8;

Recipe small_recipe(const std::string& name, std::uint64_t seed, Index epochs) {
    Recipe r{.model = completed({.name = name, .width = 8}), .pretrained = {}, .training = {}};
    r.training.epochs = epochs, r.training.batch = 32, r.training.seed = seed;
    r.training.schedule.base = 0.03;
    return r;
}

constexpr std::uint64_t seeds[] = {1, 2, 3};

}  // namespace

SmallNets small_twins(const fs::path& output) {
    SmallNets nets;
    for (std::uint64_t seed : seeds)
        for (const char* name : {"plain8", "resnet8", "plain20", "resnet20"}) {
            nets.recipes.push_back(small_recipe(name, seed, epochs));
            nets.folders.push_back(output / "nets" / nets.recipes.back().name());
        }
    return nets;
}

namespace {

// "warm-up" of OUTPUT/nets-warm-up/plain20-seed1; nothing of a twin.
std::string remedy_in(const fs::path& folder) {
    const std::string above = folder.parent_path().filename().string(), before = "nets-";
    return above.starts_with(before) ? above.substr(before.size()) : "";
}

}  // namespace

SmallNets small_remedies(const fs::path& output) {
    SmallNets nets;
    for (std::uint64_t seed : seeds)
        for (const Remedy& remedy : remedies) {
            const Recipe plain = small_recipe("plain20", seed, epochs / 2);
            const Index one_epoch = steps_per_epoch(remedies_set.train_count, plain.training.batch);
            std::string folder = text("nets-", remedy.name);
            std::replace(folder.begin(), folder.end(), ' ', '-');
            nets.recipes.push_back(with_remedy(plain, remedy, one_epoch));
            nets.folders.push_back(output / folder / nets.recipes.back().name());
        }
    return nets;
}

std::vector<TrainedNet> untrained(const SmallNets& nets) {
    std::vector<TrainedNet> all;
    for (const Recipe& recipe : nets.recipes) {
        const CifarOptions options = parse_cifar_model(recipe.model.name);
        TrainedNet net{.kind = recipe.kind(), .depth = options.depth, .seed = recipe.training.seed};
        net.net.reset(dynamic_cast<CifarNet*>(make_model(recipe.model).release()));
        initialise(*net.net, net.seed);
        all.push_back(std::move(net));
    }
    return all;
}

LeftToTrain left_to_train(const SmallNets& nets, const DataSplits& data) {
    LeftToTrain left;
    std::vector<Recipe> recipes;
    for (std::size_t i = 0; i < nets.recipes.size(); ++i) {
        const PlannedRun run = runs_in(nets.folders[i].parent_path(), {nets.recipes[i]}, data).front();
        if (run.finished) continue;
        left.runs.push_back(run), left.places.push_back(i), recipes.push_back(nets.recipes[i]);
    }
    // Small nets leave threads idle: as many at a time as there are threads.
    left.jobs = static_cast<int>(std::clamp<std::size_t>(left.runs.size(), 1, static_cast<std::size_t>(threads())));
    time_nets(left.runs, recipes, data, left.jobs);
    return left;
}

bool train_small_nets(const SmallNets& nets, const LeftToTrain& left, const DataSplits& data,
                      const TrainingListener& listener) {
    if (left.places.empty()) return true;
    std::cout << "training small nets on generated pictures; with --run DIR on your own." << std::endl;
    const DelayedInterruption until_saved("stopping after this step; a second signal stops at once, without saving.");
    std::mutex mutex;                                    // of the terminal, of `before`, and of the listener
    const auto in_turn = [&mutex](auto f) {
        return [&mutex, f](const auto&... arguments) {
            const std::lock_guard lock(mutex);
            f(arguments...);
        };
    };
    double before = steady_seconds();                    // when the last epoch of any net was over
    side_by_side(left.jobs, std::ssize(left.places), [&](Index i) {
        if (interrupted()) return;
        const auto run = static_cast<std::size_t>(i);
        const Recipe& recipe = nets.recipes[left.places[run]];
        const fs::path& folder = nets.folders[left.places[run]];
        const std::string remedy = remedy_in(folder);
        const auto addition = [&] { return (remedy.empty() ? "" : "  " + remedy) + listener.addition(); };
        RunObserver view(recipe, data, addition, left.jobs > 1);
        Observer seen = view.observer();
        seen.step = in_turn(seen.step);
        seen.evaluating = in_turn(seen.evaluating);
        // An epoch ends with a test.
        const double planned = left.runs[run].seconds() / static_cast<double>(left.runs[run].tests_left);
        seen.epoch = in_turn([&, shown = seen.epoch](const EpochRecord& record, const History& history) {
            const double now = steady_seconds();
            listener.advanced(planned, now - std::exchange(before, now));
            shown(record, history);
        });
        in_turn([&] {
            std::cout << "[" << i + 1 << "/" << left.places.size() << "] " << describe(recipe)
                      << (remedy.empty() ? "" : ", " + remedy) << std::endl;
        })();
        train_into(folder, recipe, data, seen);
    });
    return !interrupted();
}

}  // namespace deepen
