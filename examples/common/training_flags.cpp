#include "examples/common/training_flags.h"

#include <unistd.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "engine/processors.h"
#include "engine/ranks/transport.h"
#include "examples/common/program.h"
#include "resnet/data/cifar10.h"
#include "resnet/data/data_path.h"

namespace deepen {
namespace {

constexpr double at_most = 1e9;

}  // namespace

const std::string checkpoints_group = "Checkpoints (always written at the end of an epoch and on interruption)";

void add_data_flags(CLI::App& app, std::string& path, DataOptions& options) {
    app.add_option("--data-path", path,
                   "synthetic (generated pictures, no download), cifar10 (after `make data`), a folder or .tar.gz "
                   "with CIFAR-10's binary files, or a folder with one folder of pictures per class, optionally split "
                   "into train/ and test/")
        ->group("Data")
        ->capture_default_str()
        ->type_name("SET");
    app.add_option("--synthetic-train", options.train_count, "number of synthetic training pictures")
        ->group("Data")
        ->capture_default_str()
        ->check(whole(10, 1'000'000))
        ->type_name("N");
    app.add_option("--synthetic-test", options.test_count, "number of synthetic test pictures")
        ->group("Data")
        ->capture_default_str()
        ->check(whole(10, 1'000'000))
        ->type_name("N");
    app.add_option("--image-size", options.size,
                   "side of the square to which pictures in folders are scaled and cropped; ImageNet nets use 224")
        ->group("Data")
        ->capture_default_str()
        ->check(whole(8, 1024))
        ->type_name("PIXELS");
    app.parse_complete_callback([&app, &path] {
        if (app.count("--image-size") && has_pictures_of_one_size(path))
            throw UsageError("--image-size is for folders of pictures; those of " + path +
                             " have a size of their own.  Leave it out.");
    });
}

bool has_pictures_of_one_size(const std::string& path) {
    return path == "synthetic" || path == "cifar10" || std::filesystem::is_regular_file(path) || holds_cifar10(path);
}

void TrainingFlags::add_to(CLI::App& app) {
    app_ = &app;
    add_data_flags(app, data_path, data);
    app.add_flag("--no-augment", no_augment, "disable random crops and flips")->group("Data");
    app.add_option("--views", views,
                   "random cropping: shifted (moved by up to 4 pixels), resized_crop (any size and proportions; the "
                   "default for ImageNet nets on folders of pictures) or scale_jitter (any size).  The last two crop "
                   "the original files")
        ->group("Data")
        ->capture_default_str()
        ->transform(one_of({"shifted", "resized_crop", "scale_jitter"}))
        ->type_name("KIND");
    app.add_option("--colour-jitter", colour,
                   "vary brightness, contrast and saturation at random by up to this fraction")
        ->group("Data")
        ->capture_default_str()
        ->check(within(0, 1))
        ->type_name("FRACTION");
    app.add_option("--lighting", lighting,
                   "standard deviation of random changes along ImageNet's principal colours; the paper uses 0.1")
        ->group("Data")
        ->capture_default_str()
        ->check(within(0, 10))
        ->type_name("STD");
    app.add_flag("--per-pixel-mean", per_pixel_mean,
                 "subtract the mean of each pixel, as the paper does, instead of normalising each channel")
        ->group("Data");

    app.add_option("--width", width,
                   "channels of the first stage; by default the paper's: 16 for CIFAR, 64 for ImageNet")
        ->group("Net")
        ->check(whole(1, 1024))
        ->type_name("N");

    std::string schemes;
    for (const std::string& name : initialiser_names()) schemes += (schemes.empty() ? "" : ", ") + name;
    app.add_option("--init", initialiser, "how weights are initialised; the paper uses he_normal.  One of " + schemes)
        ->group("Net")
        ->capture_default_str()
        ->transform(one_of(initialiser_names()))
        ->type_name("SCHEME");

    app.add_option("--schedule", recipe_of,
                   "own (set by the flags below) or paper (batch size, learning rate and its drops, momentum, weight "
                   "decay, augmentation, per-pixel mean and warm-up of He et al. 2015, over --iterations or --epochs)")
        ->group("Training")
        ->capture_default_str()
        ->transform(one_of({"own", "paper"}))
        ->type_name("KIND");
    app.add_option("--iterations", iterations,
                   "length of the run in training steps, instead of --epochs; the paper uses 64000")
        ->group("Training")
        ->check(whole(1, at_most))
        ->type_name("N");
    app.add_option("--epochs", epochs, "number of passes over the training pictures")
        ->group("Training")
        ->capture_default_str()
        ->check(whole(1, at_most))
        ->type_name("N");
    app.add_option("-b,--batch-size", batch,
                   "pictures per training step.  If not given: 128, and for folders of pictures the largest of 128, "
                   "64, 32, 16 and 8 that makes at least 10 steps per epoch")
        ->group("Training")
        ->capture_default_str()
        ->check(whole(2, 65536))
        ->type_name("N");
    app.add_option("--max-iterations", max_iterations, "stop after this many training steps; 0 for no limit")
        ->group("Training")
        ->capture_default_str()
        ->check(whole(0, at_most))
        ->type_name("N");
    app.add_option("--lr", lr, "learning rate")
        ->group("Training")
        ->capture_default_str()
        ->check(within(1e-12, 1e6))
        ->type_name("RATE");
    app.add_option("--momentum", momentum, "momentum of SGD")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 0.9999))
        ->type_name("M");
    app.add_option("--weight-decay,--wd", weight_decay, "weight decay of SGD")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 1e6))
        ->type_name("D");
    app.add_flag("--nesterov", nesterov, "use Nesterov momentum")->group("Training");
    app.add_flag("--no-norm-decay", no_norm_decay, "do not apply weight decay to batch norm and biases")
        ->group("Training");
    app.add_option("--lr-scheduler", schedule,
                   "constant, multistep (multiplied by --lr-gamma at each of --lr-milestones) or cosine (falling to 0)")
        ->group("Training")
        ->capture_default_str()
        ->transform(one_of({"constant", "multistep", "cosine"}))
        ->type_name("KIND");
    app.add_option("--lr-milestones", milestones, "epochs after which multistep lowers the rate, for example 82,123")
        ->group("Training")
        ->delimiter(',')
        ->check(whole(1, at_most))
        ->type_name("EPOCHS");
    app.add_option("--lr-gamma", lr_factor, "factor by which multistep lowers the learning rate")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 1))
        ->type_name("F");
    app.add_option("--lr-warmup-epochs", warmup_epochs, "epochs over which the learning rate rises linearly to --lr")
        ->group("Training")
        ->capture_default_str()
        ->check(whole(0, at_most))
        ->type_name("N");
    app.add_flag("--warmup-until-learning", warmup_until_learning,
                 "train at a rate of 0.01 until the training error is below 80 %, as the paper does for ResNet-110")
        ->group("Training");

    app.add_flag("--detect-anomaly", detect_anomaly,
                 "check for NaN and infinity after every op and name the first one that produces any; slower")
        ->group("Training");

    app.add_option("--checkpoint-every", checkpoints.every, "write a checkpoint every N steps; 0 for never")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(whole(0, at_most))
        ->type_name("N");
    app.add_option("--checkpoint-keep", checkpoints.keep, "keep the last K of those; 0 for all")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(whole(0, at_most))
        ->type_name("K");
    app.add_option("--checkpoint-minutes", checkpoints.minutes, "write a checkpoint every M minutes; 0 for never")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("M");

    app.add_option("--threads", threads,
                   "number of threads, of each process where there are several; 0 for all processors.  It does not "
                   "change the results")
        ->group("Machine")
        ->capture_default_str()
        ->check(whole(0, 1024))
        ->type_name("N");
}

void TrainingFlags::use_threads() const {
    if (threads) return set_threads(threads);
    const ranks::Transport* all = ranks::transport();
    if (!all) return;
    // A launcher that binds each rank to some processors has shared them out already.
    const int here = available_processors();
    const bool bound = here < ::sysconf(_SC_NPROCESSORS_CONF);
    set_threads(bound ? here : std::max(1, here / all->count_on_this_host()));
}

DataSplits TrainingFlags::load() const {
    if (no_augment && (views != "shifted" || colour > 0 || lighting > 0))
        throw UsageError(
            "--no-augment leaves nothing for --views, --colour-jitter and --lighting to do.  Leave it out, or them.");
    DataOptions options = data;
    options.in_files = views != "shifted";
    return load_data(data_path, options);
}

bool TrainingFlags::pictures_in_folders() const {
    return std::filesystem::is_directory(data_path) && !holds_cifar10(data_path);
}

Index TrainingFlags::batch_for(const PictureSet& train) const {
    const bool given = app_ && app_->count("--batch-size") > 0;
    if (given || recipe_of == "paper" || !pictures_in_folders()) return batch;
    constexpr Index enough_steps = 10, smallest = 8;  // below eight pictures, batch norm's statistics get too rough
    Index chosen = batch;
    while (chosen > smallest && steps_per_epoch(train.count(), chosen) < enough_steps) chosen /= 2;
    return chosen;
}

std::string TrainingFlags::data_name() const {
    std::filesystem::path path = std::filesystem::path(data_path).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "pets/"
    std::string name = path.filename().string();
    for (const std::string ending : {".tar.gz", ".bin"})
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
    return name.empty() || name == "." || name == ".." ? "data" : name;
}

Recipe TrainingFlags::recipe(const ModelOptions& model, std::uint64_t seed, const DataSplits& splits) const {
    require(splits.train.count() > 0, data_path, ": there are no training pictures here, only ", splits.test.count(),
            " to test on.  Give a set with both to --data-path.");
    require(splits.train.classes.size() >= 2, data_path, ": all pictures are of one class, ",
            splits.train.classes.front(), ".  A net needs at least two: give a folder for each.");
    refuse_conflicts();
    Recipe r{.model = model};
    r.initialiser = initialiser;
    r.model.classes = static_cast<Index>(splits.train.classes.size());
    const Index pictures_per_step = batch_for(splits.train);
    const Index per_epoch = steps_per_epoch(splits.train.count(), pictures_per_step);
    const Index steps = iterations ? iterations : epochs * per_epoch;
    ScheduleOptions s{.base = lr,
                      .factor = lr_factor,
                      .warmup = warmup_epochs * per_epoch,
                      .warmup_until_learning = warmup_until_learning};
    if (schedule == "multistep") s.kind = ScheduleOptions::Kind::step;
    if (schedule == "cosine") s.kind = ScheduleOptions::Kind::cosine, s.total = steps;
    for (Index epoch : milestones) s.milestones.push_back(epoch * per_epoch);
    if (!s.milestones.empty() && s.milestones.front() >= steps)
        throw UsageError(text("--lr-milestones: the first, epoch ", milestones.front(),
                              ", does not come before the end of the run, so that the rate would never be lowered."));
    if (s.warmup > steps)
        throw UsageError(text("--lr-warmup-epochs ", warmup_epochs, ": the run is over before; --lr would never be "
                              "reached."));
    r.training = {
        .epochs = (steps + per_epoch - 1) / per_epoch,
        .batch = pictures_per_step,
        .sgd = {.lr = lr,
                .momentum = momentum,
                .weight_decay = weight_decay,
                .nesterov = nesterov,
                .decay_norm_and_bias = !no_norm_decay},
        .schedule = s,
        .augment = {.views = no_augment ? Views::whole : parse_views(views), .colour = colour, .lighting = lighting},
        .seed = seed,
        .max_iterations = iterations ? iterations : max_iterations,
        .detect_anomaly = detect_anomaly};
    r.per_pixel_mean = per_pixel_mean;
    if (recipe_of == "paper") follow_paper(r, steps);
    return r;
}

// Flags that would be passed over in silence, or that contradict each other.
void TrainingFlags::refuse_conflicts() const {
    const auto given = [&](const char* flag) { return app_ && app_->count(flag) > 0; };
    if (iterations && given("--epochs"))
        throw UsageError("--iterations and --epochs both say how long to train.  Give one of them.");
    if (iterations && max_iterations)
        throw UsageError(
            "--iterations is the length of the whole run; --max-iterations cuts a longer one short.  Give one.");
    if (recipe_of == "paper")
        for (const char* flag :
             {"--batch-size", "--lr", "--momentum", "--weight-decay", "--nesterov", "--no-norm-decay", "--lr-scheduler",
              "--lr-milestones", "--lr-gamma", "--lr-warmup-epochs", "--warmup-until-learning", "--no-augment",
              "--views", "--colour-jitter", "--lighting", "--per-pixel-mean", "--init", "--max-iterations"})
            if (given(flag))
                throw UsageError(
                    text("--schedule paper sets ", flag, " itself.  Leave ", flag, " out, or --schedule."));
    if (schedule == "multistep" && milestones.empty())
        throw UsageError("--lr-scheduler multistep needs --lr-milestones, for example 82,123.");
    if (schedule != "multistep" && !milestones.empty())
        throw UsageError("--lr-milestones are for --lr-scheduler multistep; the scheduler is " + schedule + ".");
    if (schedule != "multistep" && given("--lr-gamma"))
        throw UsageError("--lr-gamma is for --lr-scheduler multistep; the scheduler is " + schedule + ".");
    if (!std::is_sorted(milestones.begin(), milestones.end()))
        throw UsageError("--lr-milestones must ascend, for example 82,123.");
    if (warmup_until_learning && lr < ScheduleOptions().warmup_rate)
        throw UsageError("--warmup-until-learning starts at a rate of 0.01, which is above the --lr asked for.");
    if (nesterov && momentum == 0) throw UsageError("--nesterov needs a --momentum above 0.");
}

std::string describe(const std::string& path, const DataSplits& data) {
    return text(printable_name(path), ": ", data.train.count(), " training and ", data.test.count(),
                " test pictures of ", data.train.width, "x", data.train.height, ", ", data.train.classes.size(),
                " classes");
}

}  // namespace deepen
