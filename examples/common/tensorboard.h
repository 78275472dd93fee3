// How does a run get into TensorBoard?
//
//     build/train --model resnet20 --tensorboard boards
//     tensorboard --logdir boards
//
// After each epoch: loss and error in training and test, learning rate, and pictures per second; with
// --tensorboard-histograms also how each layer's weights are distributed, and the gradients of the epoch's last batch.
// The step is the number of SGD steps.  A run that resumes goes on with its file.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "resnet/report/event_file.h"
#include "resnet/training/trainer.h"

namespace deepen {

class TensorBoard {
public:
    void add_to(CLI::App& app);
    bool wanted() const { return !folder_.empty(); }

    // Of a run called `name` that trains on so many pictures.  Makes the folder; refuses what cannot be one.
    void begin(const std::string& name, Index pictures);

    Observer watching(Observer observer);                // which reports to this object, too
    void write(const History& finished);                 // what the file of a finished run does not hold

private:
    void keep(Module& net);
    void write(const History& history, Index step);      // what it does not hold, going on behind that step

    std::string folder_;
    bool histograms_ = false;
    std::filesystem::path path_;
    Index pictures_ = 0;
    std::optional<EventFile> file_;
    std::vector<std::pair<std::string, std::vector<Real>>> kept_;    // until the epoch's step is known
};

}  // namespace deepen
