#include "examples/common/training_flags.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/parallel.h"
#include "examples/common/program.h"
#include "resnet/data/cifar10.h"

namespace deepen {
namespace {

constexpr double at_most = 1e9;

}  // namespace

const std::string checkpoints_group = "Checkpoints (also at each epoch's end, and when interrupted)";

void add_data_flags(CLI::App& app, std::string& path, DataOptions& options) {
    app.add_option("--data-path", path,
                   "synthetic (pictures of our own making, no download), cifar10 (after `make data`), "
                   "a folder or .tar.gz of CIFAR-10 in its binary layout, or a folder with a folder of pictures for "
                   "each class, also inside train/ and test/")
        ->group("Data")
        ->capture_default_str()
        ->type_name("SET");
    app.add_option("--synthetic-train", options.train_count, "training pictures of the synthetic set")
        ->group("Data")
        ->capture_default_str()
        ->check(within(10, 1'000'000))
        ->type_name("N");
    app.add_option("--synthetic-test", options.test_count, "test pictures of the synthetic set")
        ->group("Data")
        ->capture_default_str()
        ->check(within(10, 1'000'000))
        ->type_name("N");
    app.add_option("--image-size", options.size,
                   "folders of pictures are scaled and cropped to this many pixels a side; 224 for nets of ImageNet")
        ->group("Data")
        ->capture_default_str()
        ->check(within(8, 1024))
        ->type_name("PIXELS");
    app.parse_complete_callback([&app, &path] {
        const bool of_one_size = path == "synthetic" || path == "cifar10" || std::filesystem::is_regular_file(path) ||
                                 holds_cifar10(path);
        if (app.count("--image-size") && of_one_size)
            throw UsageError("--image-size is for folders of pictures; those of " + path +
                             " have a size of their own.  Leave it out.");
    });
}

void TrainingFlags::add_to(CLI::App& app) {
    app_ = &app;
    add_data_flags(app, data_path, data);
    app.add_flag("--no-augment", no_augment, "no random crops and flips")->group("Data");
    app.add_option("--views", views,
                   "how pictures are cropped at random: shifted (by up to 4 pixels), resized_crop (any size and "
                   "proportion; the default for nets of ImageNet on folders of pictures) or scale_jitter (any size); "
                   "the latter two from pictures as they lie in their files")
        ->group("Data")
        ->capture_default_str()
        ->transform(one_of({"shifted", "resized_crop", "scale_jitter"}))
        ->type_name("KIND");
    app.add_option("--colour-jitter", colour,
                   "brightness, contrast and saturation change at random by up to this share")
        ->group("Data")
        ->capture_default_str()
        ->check(within(0, 1))
        ->type_name("SHARE");
    app.add_option("--lighting", lighting,
                   "colours change at random as they do over ImageNet; the paper's nets had 0.1")
        ->group("Data")
        ->capture_default_str()
        ->check(within(0, 10))
        ->type_name("DEVIATION");
    app.add_flag("--per-pixel-mean", per_pixel_mean,
                 "subtract a mean for each pixel, as the paper does; else a mean and deviation for each channel")
        ->group("Data");

    app.add_option("--width", width,
                   "channels of the first stage; if not given the paper's, 16 for CIFAR and 64 for ImageNet")
        ->group("Net")
        ->check(within(1, 1024))
        ->type_name("N");

    app.add_option("--init", initialiser, "first weights; the paper's are he_normal")
        ->group("Net")
        ->capture_default_str()
        ->transform(one_of(initialiser_names()))
        ->type_name("SCHEME");

    app.add_option("--schedule", recipe_of,
                   "own (as the flags below say) or paper: batch size, rate and its drops, momentum, weight decay, "
                   "augmentation, per-pixel mean and warm-up of He et al. 2015, over --iterations or --epochs")
        ->group("Training")
        ->capture_default_str()
        ->transform(one_of({"own", "paper"}))
        ->type_name("KIND");
    app.add_option("--iterations", iterations,
                   "SGD steps of the whole run, instead of --epochs; the paper's runs had 64000")
        ->group("Training")
        ->check(within(1, at_most))
        ->type_name("N");
    app.add_option("--epochs", epochs, "times through the training pictures")
        ->group("Training")
        ->capture_default_str()
        ->check(within(1, at_most))
        ->type_name("N");
    app.add_option("-b,--batch-size", batch, "pictures a step")
        ->group("Training")
        ->capture_default_str()
        ->check(within(2, 65536))
        ->type_name("N");
    app.add_option("--max-iterations", max_iterations, "stop after so many steps; 0: when the epochs are done")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("N");
    app.add_option("--lr", lr, "learning rate")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 1e6))
        ->type_name("RATE");
    app.add_option("--momentum", momentum, "of SGD")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 0.9999))
        ->type_name("M");
    app.add_option("--wd,--weight-decay", weight_decay, "of SGD")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 1e6))
        ->type_name("D");
    app.add_flag("--nesterov", nesterov, "Nesterov's momentum")->group("Training");
    app.add_flag("--no-norm-decay", no_norm_decay, "leave batch norm and biases out of weight decay")
        ->group("Training");
    app.add_option("--lr-scheduler", schedule,
                   "constant, multistep (times --lr-gamma at each of --lr-milestones) or cosine (to 0 at the end)")
        ->group("Training")
        ->capture_default_str()
        ->transform(one_of({"constant", "multistep", "cosine"}))
        ->type_name("KIND");
    app.add_option("--lr-milestones", milestones, "epochs after which multistep lowers the rate, e.g. 82,123")
        ->group("Training")
        ->delimiter(',')
        ->check(within(1, at_most))
        ->type_name("EPOCHS");
    app.add_option("--lr-gamma", lr_factor, "factor of multistep")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, 1))
        ->type_name("F");
    app.add_option("--lr-warmup-epochs", warmup_epochs, "epochs in which the rate rises linearly to --lr")
        ->group("Training")
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("N");
    app.add_flag("--warmup-until-learning", warmup_until_learning,
                 "the paper's warm-up for ResNet-110: rate 0.01 until the training error is below 80 %")
        ->group("Training");

    app.add_flag("--detect-anomaly", detect_anomaly,
                 "look for NaN and infinity after every op, and name the first one that makes one; slower")
        ->group("Training");

    app.add_option("--checkpoint-every", checkpoints.every, "iterations after which a checkpoint is written; 0: none")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("N");
    app.add_option("--checkpoint-keep", checkpoints.keep, "so many of those are kept; 0: all")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("K");
    app.add_option("--checkpoint-minutes", checkpoints.minutes, "minutes after which a checkpoint is written; 0: none")
        ->group(checkpoints_group)
        ->capture_default_str()
        ->check(within(0, at_most))
        ->type_name("M");

    app.add_option("--threads", threads, "processors to use; 0: all.  Results do not depend on it")
        ->group("Machine")
        ->capture_default_str()
        ->check(within(0, 1024))
        ->type_name("N");
}

void TrainingFlags::use_threads() const {
    if (threads) set_threads(threads);
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

Recipe TrainingFlags::recipe(const ModelOptions& model, std::uint64_t seed, const DataSplits& splits) const {
    require(splits.train.count() > 0, data_path, ": there are no training pictures here, only ", splits.test.count(),
            " to test on.  Give a set with both to --data-path.");
    refuse_conflicts();
    Recipe r{.model = model};
    r.initialiser = initialiser;
    r.model.classes = static_cast<Index>(splits.train.classes.size());
    const Index steps_per_epoch = (splits.train.count() + batch - 1) / batch;
    const Index steps = iterations ? iterations : epochs * steps_per_epoch;
    ScheduleOptions s{.base = lr,
                      .factor = lr_factor,
                      .warmup = warmup_epochs * steps_per_epoch,
                      .warmup_until_learning = warmup_until_learning};
    if (schedule == "multistep") s.kind = ScheduleOptions::Kind::step;
    if (schedule == "cosine") s.kind = ScheduleOptions::Kind::cosine, s.total = steps;
    for (Index epoch : milestones) s.milestones.push_back(epoch * steps_per_epoch);
    r.training = {
        .epochs = (steps + steps_per_epoch - 1) / steps_per_epoch,
        .batch = batch,
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
        for (const char* flag : {"--batch-size", "--lr", "--momentum", "--weight-decay", "--nesterov",
                                 "--no-norm-decay", "--lr-scheduler", "--lr-milestones", "--lr-gamma",
                                 "--lr-warmup-epochs", "--warmup-until-learning", "--no-augment", "--views",
                                 "--colour-jitter", "--lighting", "--per-pixel-mean", "--init", "--max-iterations"})
            if (given(flag))
                throw UsageError(
                    text("--schedule paper sets ", flag, " itself.  Leave ", flag, " out, or --schedule."));
    if (schedule == "multistep" && milestones.empty())
        throw UsageError("--lr-scheduler multistep needs --lr-milestones, for example 82,123.");
    if (schedule != "multistep" && !milestones.empty())
        throw UsageError("--lr-milestones are for --lr-scheduler multistep; the scheduler is " + schedule + ".");
    if (!std::is_sorted(milestones.begin(), milestones.end()))
        throw UsageError("--lr-milestones must ascend, for example 82,123.");
    if (warmup_until_learning && lr < ScheduleOptions().warmup_rate)
        throw UsageError("--warmup-until-learning starts at a rate of 0.01, which is above the --lr asked for.");
    if (nesterov && momentum == 0) throw UsageError("--nesterov needs a --momentum above 0.");
}

std::string describe(const std::string& path, const DataSplits& data) {
    return text(path, ": ", data.train.count(), " training and ", data.test.count(), " test pictures of ",
                data.train.width, "x", data.train.height, ", ", data.train.classes.size(), " classes");
}

}  // namespace deepen
