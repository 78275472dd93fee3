// How is one net trained?  `build/train --model resnet20 --data-path cifar10 --epochs 10`.
//
// What it does is Trainer (resnet/training/trainer.h); what it leaves behind, a run's folder
// (run_folder.h).  This file is flags, and a line or a bar that shows how it goes.
#include <iostream>

#include "engine/error.h"
#include "engine/profile.h"
#include "examples/common/program.h"
#include "examples/common/run_observer.h"
#include "examples/common/training_flags.h"
#include "resnet/training/run_folder.h"

using namespace deepen;

int main(int argc, char** argv) {
    Program program("train", "Trains a plain or a residual net on small pictures, and keeps its log and weights.");
    TrainingFlags flags;
    std::string model = "resnet20", output;
    std::uint64_t seed = 1;
    program.app.add_option("--model", model, "resnet or plain and a depth of 6n+2: resnet20, plain56, ...")
        ->group("Net")
        ->capture_default_str()
        ->type_name("NAME");
    flags.add_to(program.app);
    program.app.add_option("--seed", seed, "of the first weights, the order of pictures and their augmentation")
        ->check(within(0, 1e18))
        ->group("Training")
        ->capture_default_str()
        ->type_name("S");
    program.app
        .add_option("--output-dir", output,
                    "where config.json, log.csv and weights.safetensors go; runs/MODEL-seedS if not given")
        ->group("Output")
        ->type_name("DIR");
    CLI::Option* resume =
        program.app
            .add_option("--resume", flags.checkpoints.from,
                        "go on from this checkpoint; without FILE, from the newest in --output-dir.  An unfinished run "
                        "goes on there anyway; with --resume, it is an error if there is none")
            ->expected(0, 1)
            ->group(checkpoints_group)
            ->type_name("[FILE]");
    bool profiled = false;
    program.app.add_flag("--profile", profiled, "print where the time went, by op")->group("Output");
    program.app.footer(
        "Examples:\n"
        "  build/train --model resnet20                                   on the synthetic pictures, no download\n"
        "  make data && build/train --model resnet20 --data-path cifar10 --epochs 164 \\\n"
        "      --lr-scheduler multistep --lr-milestones 82,123            the paper's run: 64k iterations");

    return program.run(argc, argv, [&] {
        flags.use_threads();
        if (parse_cifar_model_flag(model, flags.shortcut).shortcut == Shortcut::none && !flags.shortcut.empty())
            throw UsageError("--shortcut is for residual nets; " + model + " has none.  Leave it out.");
        flags.checkpoints.resume = resume->count() > 0;
        const DataSplits data = flags.load();
        const Recipe recipe = flags.recipe(model, seed, data);
        const std::filesystem::path folder = output.empty() ? "runs/" + recipe.name() : output;

        std::cout << describe(flags.data_path, data) << "\n" << describe(recipe) << "\n";
        if (const auto history = finished_run(folder, recipe, data)) {
            std::cout << "already trained: " << summary(*history) << "; weights in "
                      << (folder / "weights.safetensors").string() << "\n"
                      << "weights hash " << weights_hash(folder) << "\n";
            return 0;
        }
        RunObserver observer(recipe, data);
        if (profiled) profile::start();
        const History history = train_into(folder, recipe, data, observer.observer(), flags.checkpoints);
        if (interrupted()) {
            std::cerr << "train: stopped; " << folder.string() << " holds " << history.size() << " of "
                      << recipe.training.epochs << " epochs and a checkpoint.  The same command goes on from there.\n";
            return 0;
        }
        if (profiled) std::cout << profile::table();
        std::cout << summary(history) << "; weights in " << (folder / "weights.safetensors").string() << "\n"
                  << "weights hash " << weights_hash(folder) << "\n";
        return 0;
    });
}
