#include "examples/common/small_nets.h"

#include <algorithm>
#include <iostream>

#include "engine/interruption.h"
#include "engine/parallel.h"
#include "examples/common/run_observer.h"
#include "resnet/report/plan.h"
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

bool train_small_nets(const SmallNets& nets, const DataSplits& data) {
    std::vector<PlannedRun> left;
    std::vector<std::size_t> places;
    std::vector<Recipe> recipes;
    for (std::size_t i = 0; i < nets.recipes.size(); ++i) {
        const PlannedRun run = runs_in(nets.folders[i].parent_path(), {nets.recipes[i]}, data).front();
        if (run.finished) continue;
        left.push_back(run), places.push_back(i), recipes.push_back(nets.recipes[i]);
        left.back().name = text(nets.folders[i].parent_path().filename().string(), "/", run.name);
    }
    if (left.empty()) return true;
    std::cout << "training small nets on generated pictures; with --run DIR on your own.  Timing them ..." << std::endl;
    time_nets(left, recipes, data);
    std::cout << plan_text(left, threads()) << std::endl;
    const DelayedInterruption until_saved("stopping after this step; a second signal stops at once, without saving.");
    for (std::size_t i : places) {
        std::cout << describe(nets.recipes[i]) << std::endl;
        RunObserver view(nets.recipes[i], data);
        train_into(nets.folders[i], nets.recipes[i], data, view.observer());
        if (interrupted()) return false;
    }
    return true;
}

}  // namespace deepen
