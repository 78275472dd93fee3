// Which flags do all programs that train share?
//
// torchvision's names where it has one.  Batch, rate, momentum, decay and first weights default to the
// paper's (He et al. 2015, section 4.2); train.cpp has another schedule and decay, for the best net in a short time.
#pragma once

#include <CLI/CLI.hpp>

#include "resnet/training/run_folder.h"

namespace deepen {

// Where pictures come from: --data-path, and what the sets need.
void add_data_flags(CLI::App& app, std::string& path, DataOptions& options);

// Whether a set's pictures are all of one size already, so that they are neither scaled nor cropped.
bool has_pictures_of_one_size(const std::string& path);

extern const std::string checkpoints_group;              // the heading of checkpoints' flags in --help

struct TrainingFlags {
    std::string data_path = "synthetic";
    DataOptions data;
    std::string initialiser = "he_normal";
    Index width = 0;                                     // 0: the paper's
    Index epochs = 10, batch = 128, max_iterations = 0;
    double lr = 0.1, momentum = 0.9, weight_decay = 1e-4;
    bool nesterov = false, no_norm_decay = false, no_augment = false, per_pixel_mean = false;
    std::string views = "shifted";                       // with `colour` and `lighting`: resnet/data/example.h
    double colour = 0, lighting = 0;
    std::string schedule = "constant";
    std::vector<Index> milestones;                       // epochs
    double lr_factor = 0.1;
    Index warmup_epochs = 0;
    bool warmup_until_learning = false;
    std::string recipe_of = "own";                       // "paper": everything about training as He et al. had it
    Index iterations = 0;                                // SGD steps of the whole run; 0: as many as the epochs have
    CheckpointOptions checkpoints;
    bool detect_anomaly = false;
    int threads = 0;                                     // 0: all processors

    void add_to(CLI::App& app);
    void use_threads() const;                            // where ranks share a host, each has its part of it
    DataSplits load() const;                             // refuses with UsageError what does not go together

    bool pictures_in_folders() const;                    // a folder for each class

    // --batch-size, or its default: 128; for folders of pictures the largest of 128, 64, 32, 16 and 8 that makes at
    // least 10 steps of an epoch.  A hundred pictures in one batch are one step, and too few epochs of one step learn
    // next to nothing.
    Index batch_for(const PictureSet& train) const;

    std::string data_name() const;  // of --data-path: "cifar10", "pets"; for names of folders

    // The recipe for one net.  Refuses with UsageError what does not go together.
    Recipe recipe(const ModelOptions& model, std::uint64_t seed, const DataSplits& data) const;

private:
    void refuse_conflicts() const;

    const CLI::App* app_ = nullptr;                      // knows which flags were given
};

// The one line that says what is trained on: "synthetic: 10000 training and 2000 test pictures of 32x32, 10 classes".
std::string describe(const std::string& path, const DataSplits& data);

}  // namespace deepen
