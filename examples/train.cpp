// How is one net trained?  `build/train --model resnet20 --data-path cifar10 --epochs 10`.
//
// What it does is Trainer (resnet/training/trainer.h); what it leaves behind, a run's folder
// (run_folder.h).  This file is flags, and a line or a bar that shows how it goes.
#include <algorithm>
#include <iostream>

#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/interruption.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "engine/profile.h"
#include "engine/ranks/start.h"
#include "examples/common/model_flags.h"
#include "examples/common/program.h"
#include "examples/common/run_observer.h"
#include "examples/common/tensorboard.h"
#include "examples/common/training_flags.h"
#include "resnet/data/rank_data.h"
#include "resnet/training/class_names.h"
#include "resnet/training/model_file.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/watched.h"

using namespace deepen;

namespace {

// Which net, and what it begins with.
struct ChosenNet {
    ModelFlags flags;
    std::string weights;
    bool zero_last_scale = false, no_batch_norm = false, partial = false;
    std::optional<double> residual_gate;
    std::vector<std::string> frozen;
    TensorFile file;                                     // what `weights` holds, if given

    void add_to(CLI::App& app) {
        const std::string tuning = "Fine-tuning";
        flags.add_to(app, "; by default the one in --weights, else resnet20");
        app.add_flag("--zero-last-scale", zero_last_scale,
                     "initialise the last batch norm scale of each residual block to zero, so that the block starts as "
                     "its shortcut")
            ->group("Net");
        app.add_flag("--no-batch-norm", no_batch_norm,
                     "do not normalise: only the scale and shift per channel of each batch norm are left")
            ->group("Net");
        app.add_option("--residual-gate", residual_gate,
                       "multiply what each residual block adds to its shortcut by one learned number that starts from "
                       "G; from 0, residual nets train without batch norm")
            ->group("Net")
            ->check(within(-100, 100))
            ->type_name("G");
        app.add_option("--weights", weights,
                       "start from these weights: a safetensors file written by train or with PyTorch's names")
            ->group(tuning)
            ->type_name("FILE");
        app.add_flag("--partial", partial,
                     "load the weights that fit and initialise the rest from scratch, for other classes")
            ->group(tuning);
        app.add_option(
               "--freeze", frozen,
               "parts of the net that are not trained: conv1, layer1, layer2.0, ...; body is all but the last layer")
            ->delimiter(',')
            ->group(tuning)
            ->type_name("PART,PART");
    }

    // Flags that would be passed over in silence.
    void refuse_conflicts(const CLI::App& app) const {
        if (weights.empty() && (partial || !frozen.empty()))
            throw UsageError(
                text(partial ? "--partial" : "--freeze", " is for trained weights.  Name them with --weights FILE."));
        for (const char* flag : {"--init", "--zero-last-scale"})
            if (!weights.empty() && !partial && app.count(flag) > 0)
                throw UsageError(text(flag, " is for first weights that are drawn at random, and --weights brings all "
                                            "of them.  Leave it out, or give --partial."));
    }

    // As the flags say, else as the weights do.
    ModelOptions chosen(Index width) {
        ModelOptions asked = flags.options();
        if (asked.name.empty() && weights.empty()) asked.name = "resnet20";
        asked.width = width;
        asked.zero_last_scale = zero_last_scale;
        asked.batch_norm = !no_batch_norm;
        asked.residual_gate = residual_gate;
        asked = checked(asked);
        if (weights.empty()) return asked;
        file = read_model_file(weights);
        return model_for(file, weights, asked, partial ? Load::part : Load::whole);
    }

    // Pixels a side of the pictures it is meant for.
    Index picture_side(const ModelOptions& model) const {
        return image_size_of(file, weights).value_or(picture_size(model));
    }

    // Refuses weights for other classes than those of the pictures, unless only a part is wanted.
    FineTuning pretrained(const ModelOptions& model, const std::vector<std::string>& classes,
                          const std::string& data_path) const {
        if (weights.empty()) return {};
        require(partial || model.classes == std::ssize(classes), weights, ": this net has ", model.classes,
                " classes, and ", data_path, " has ", classes.size(), ".  Give --partial to train a new last layer.");
        const auto names = class_names_of(file, weights);
        const auto known = names ? classes_by_name(classes, *names) : std::nullopt;
        require(partial || !names || (known && std::is_sorted(known->begin(), known->end())), weights,
                ": this net's classes (", some_names(names.value_or(classes)), ") are not those of ", data_path, " (",
                some_names(classes), "), or in another order.  Give --partial to begin with its weights anyway.");
        return fine_tuning(weights, file, partial, frozen);
    }
};

}  // namespace

int main(int argc, char** argv) {
    Program program("train",
                    "Trains a net on pictures, from scratch or from trained weights, and saves its log and weights.");
    program.on_ranks = true;
    TrainingFlags flags;
    flags.schedule = "cosine", flags.weight_decay = 5e-4;  // measured on CIFAR-10: docs/results/recipes
    ChosenNet net;
    std::string output;
    std::uint64_t seed = 1;
    net.add_to(program.app);
    flags.add_to(program.app);
    program.app.add_option("--seed", seed, "random seed for weights, picture order and augmentation")
        ->check(whole(0, 1e18))
        ->group("Training")
        ->capture_default_str()
        ->type_name("S");
    program.app
        .add_option("--output-dir", output,
                    "folder for config.json, log.csv and weights.safetensors; by default runs/DATA-MODEL-seedS")
        ->group("Output")
        ->type_name("DIR");
    CLI::Option* resume =
        program.app
            .add_option("--resume", flags.checkpoints.from,
                        "resume from this checkpoint, or without FILE from the newest in --output-dir.  The same "
                        "command resumes an unfinished run anyway; with --resume, it is an error if there is none")
            ->expected(0, 1)
            ->group(checkpoints_group)
            ->type_name("[FILE]");
    std::vector<std::string> watched;
    program.app
        .add_option("--watch", watched,
                    "after each epoch, write into watch.csv how much each layer responds, or the norm of its gradient, "
                    "or both: responses, gradients.  The report of degradation --report-only draws it")
        ->delimiter(',')
        ->check(one_of(watchable))
        ->group("Output")
        ->type_name("WHAT,WHAT");
    double patience = ranks::patience();
    program.app
        .add_option("--patience", patience,
                    "of several processes started by mpirun: seconds to wait for another before giving up; more where "
                    "one has to read many pictures first")
        ->check(within(1, 1e6))
        ->capture_default_str()
        ->group("Machine")
        ->type_name("S");
    TensorBoard board;
    board.add_to(program.app);
    bool profiled = false, op_by_op = false;
    program.app.add_flag("--profile", profiled, "print how much time each op took")->group("Output");
    program.app
        .add_flag("--no-fusion", op_by_op,
                  "compute each op at once, in its own pass over memory: slower, the same bits")
        ->group("Machine");
    program.app.footer(
        "Examples:\n"
        "  # on generated pictures, without a download\n"
        "  build/train --model resnet20\n\n"
        "  # the paper's run on CIFAR-10, after `make data`; 8000 is an eighth of it\n"
        "  build/train --model resnet20 --data-path cifar10 \\\n"
        "      --schedule paper --iterations 64000 --output-dir runs/cifar10\n\n"
        "  # teach a trained net your own classes\n"
        "  build/train --model resnet18 --weights resnet18.safetensors --partial \\\n"
        "      --freeze body --data-path pets --epochs 10 --lr 0.01\n\n"
        "  # on four processes, after `make MPI=1`: the same bits\n"
        "  mpirun -n 4 build/train --model resnet20 --data-path cifar10");

    return program.run(argc, argv, [&] {
        ranks::begin();
        ranks::set_patience(patience);
        const bool first = ranks::rank() == 0;           // of several processes, the one that reads and writes
        flags.use_threads();
        flags.checkpoints.resume = resume->count() > 0;
        net.refuse_conflicts(program.app);
        const ModelOptions model = net.chosen(flags.width);
        if (program.app.count("--image-size") == 0) flags.data.size = net.picture_side(model);
        if (program.app.count("--views") == 0 && picture_size(model) == 224 && flags.pictures_in_folders() &&
            !flags.no_augment)
            flags.views = "resized_crop";
        const DataSplits data = load_on_ranks([&] { return flags.load(); }, [&](int without) {
            std::cout << "Rank 0 sends its pictures to " << without << " of " << ranks::count()
                      << " ranks, which cannot read " << printable_name(flags.data_path) << ".\n";
        });
        Recipe recipe = flags.recipe(model, seed, data);
        recipe.pretrained = net.pretrained(model, data.train.classes, flags.data_path);
        const std::filesystem::path folder =
            output.empty() ? "runs/" + flags.data_name() + "-" + recipe.name() : output;
        const auto print_result = [&](const History& history) {
            std::cout << summary(history, recipe, data) << "; weights in "
                      << printable_name((folder / "weights.safetensors").string()) << "\n"
                      << "weights hash " << weights_hash(folder) << "\n";
        };

        std::cout << describe(flags.data_path, data) << "\n" << describe(recipe) << std::endl;
        if (ranks::count() > 1)
            std::cout << ranks::count() << " ranks (" << ranks::library() << "), " << threads()
                      << " thread(s) on rank 0\n";
        if (const Index batch = recipe.training.batch; batch != flags.batch)
            std::cout << "batch size " << batch << ", so that " << data.train.count() << " pictures make "
                      << steps_per_epoch(data.train.count(), batch)
                      << " steps per epoch; --batch-size sets another\n";
        const bool boarding = first && board.wanted();
        if (boarding) board.begin(recipe.name(), data.train.count());
        const auto history = first ? finished_run(folder, recipe, data) : std::nullopt;
        if (any_rank(history.has_value())) {
            if (!first) return 0;
            if (boarding) board.write(*history);
            std::cout << "already trained: ";
            print_result(*history);
            const auto tell_idle = [](const char* flag) {
                std::cout << flag << " had nothing to look at: with another --output-dir, the same command trains "
                          << "again.\n";
            };
            if (!watched.empty() && !exists(folder / "watch.csv")) tell_idle("--watch");
            if (profiled) tell_idle("--profile");
            return 0;
        }
        RunObserver observer(recipe, data);
        Observer seen = observer.observer();
        const PictureSet looked_at = first_of(data.train, watched.empty() ? 0 : 128);
        if (first && !watched.empty())
            seen.inside = [&](Module& inner, const Preprocessing& preprocessing, Index epoch) {
                write_watched(folder / "watch.csv", look_into(inner, preprocessing, looked_at, watched, epoch));
            };
        if (boarding) seen = board.watching(std::move(seen));
        fusion::enabled(!op_by_op);
        if (profiled) profile::start();
        if (!first) return train_into(folder, recipe, data, {.stop = interrupted}), 0;
        const History trained = train_into(folder, recipe, data, seen, flags.checkpoints);
        observer.finish();
        if (interrupted() || !is_over(trained, recipe.training)) {      // another rank may have been interrupted
            std::cerr << program.app.get_name() << ": stopped; " << printable_name(folder.string()) << " holds "
                      << trained.size() << " of " << recipe.training.epochs
                      << " epochs and a checkpoint.  Give the same command again to resume.\n";
            return 0;
        }
        if (ranks::count() > 1) std::cout << observer.traffic() << "\n";
        if (profiled) std::cout << profile::table();
        print_result(trained);
        return 0;
    });
}
