// What determines a run?
//
// A net, a data set, how it is trained, and a seed.  Two runs of equal recipes give equal weights,
// bit for bit, on the same kind of processor; so a recipe is saved beside every result, and tells
// whether a result found in a folder is the one that was asked for.
#pragma once

#include <string>
#include <vector>

#include "resnet/models.h"
#include "resnet/training/fine_tuning.h"
#include "resnet/training/trainer.h"

namespace deepen {

struct Recipe {
    ModelOptions model;
    std::string initialiser = "he_normal";               // layers/initialise.h; of what `pretrained` leaves
    FineTuning pretrained;
    TrainingOptions training;                            // its seed is that of everything, first weights included
    bool per_pixel_mean = false;                         // the paper's; else per-channel mean and deviation

    std::string name() const;                            // "resnet20-seed1": a folder's name
    std::string kind() const;                            // "plain" or "residual"
    std::string json(const DataSplits& data) const;  // `data` enters by its counts, names, checksum and decoders
};

// How the paper trains on CIFAR-10 (He et al. 2015, sections 3.4 and 4.2), over so many iterations in all (the paper's
// are 64,000): batches of 128, a rate of 0.1 that is divided by 10 after one half and again after three quarters of
// them, momentum 0.9, weight decay 0.0001, pictures shifted and mirrored at random with the mean of each pixel
// subtracted, He's first weights.  Nets of 110 layers and more begin at a rate of 0.01, until the training error is
// below 80 %.  The length in epochs is the caller's to set.  Refuses nets of ImageNet.
void follow_paper(Recipe& recipe, Index iterations);

// A setting by its name in json(), "training.batch", with its values as JSON or "not given".
struct SettingDifference {
    std::string name, there, here;
};

// In what two recipes, as json() writes them, differ.  The commit of the program is noted in both and not compared, nor
// are the versions of its decoders; the decoders are, where both name them.
// Both may be anything that was read from a file.
std::vector<SettingDifference> setting_differences(const std::string& found, const std::string& here);

// The same as a sentence: "training.batch is 16 there, 32 here"; empty if they differ in nothing.
std::string differences(const std::string& found, const std::string& here);

// Whether it is a recipe at all: a JSON object with a net and how it is trained.
bool is_recipe(const std::string& found);

// A checksum of all pictures and labels (CRC-32), in hexadecimal.
std::string checksum(const DataSplits& data);

}  // namespace deepen
