// How does a net learn from pictures?
//
//     for each epoch
//         for each batch x, labels
//             loss = cross_entropy(net(x), labels)          forward: the graph is recorded
//             loss.backward()                               backward: every weight gets its gradient
//             sgd.step()                                    every weight moves against it
//         test error, by the running batch-norm statistics
//
// The rest of this file is bookkeeping: learning-rate schedule, log, and a way to stop in between.
#pragma once

#include <functional>

#include "layers/schedule.h"
#include "layers/sgd.h"
#include "resnet/training/evaluation.h"
#include "resnet/training/history.h"

namespace deepen {

struct TrainingOptions {
    Index epochs = 10;
    Index batch = 128;
    SgdOptions sgd;
    ScheduleOptions schedule;                            // its `base` is the learning rate; sgd.lr is not used
    Augmentation augment = {.views = Views::shifted};
    std::uint64_t seed = 1;                              // of the order and augmentation of pictures
    Index max_iterations = 0;                            // stop after so many SGD steps; 0: when the epochs are done
};

// Where a running epoch stands, for those who show it.
struct StepReport {
    Index epoch = 0, epochs = 0;                         // 1, 2, ... of epochs
    Index step = 0, steps = 0;                           // in this epoch
    Index pictures = 0;                                  // in this step
    double mean_loss = 0, error = 0, lr = 0;             // averaged over this epoch so far
};

struct Observer {
    std::function<void(const StepReport&)> step = [](const StepReport&) {};
    std::function<void()> evaluating = [] {};            // the test error is about to be measured
    std::function<void(const EpochRecord&, const History&)> epoch = [](const EpochRecord&, const History&) {};
    std::function<bool()> stop = [] { return false; };   // asked between steps, in tests too; a true ends the run there
};

class Trainer {
public:
    // Keeps references to all three.  Refuses options that make no sense, and an empty training set.
    Trainer(Module& net, const DataSplits& data, const Preprocessing& preprocessing, TrainingOptions options);

    // Trains until the epochs or iterations are over, or until observer.stop() says so.  Throws Error
    // where the loss is no longer a number.
    History run(const Observer& observer = {});

    // One SGD step on one batch: the mean loss before it, and adds its errors to `running`.
    double step(const Batch& batch, Evaluation& running);

private:
    void watch_warmup(const Evaluation& running);

    Module& net_;
    const DataSplits& data_;
    const Preprocessing& preprocessing_;
    TrainingOptions options_;
    Schedule schedule_;
    Sgd sgd_;
    Index iteration_ = 0;
};

}  // namespace deepen
