// How does a net learn from pictures?
//
//     for each epoch
//         for each batch x, labels
//             loss = cross_entropy(net(x), labels)          forward: the graph is recorded
//             loss.backward()                               backward: every weight gets its gradient
//             sgd.step()                                    every weight moves against it
//         test error, by the running batch-norm statistics
//
// The rest of this file is bookkeeping: learning-rate schedule, log, a watch for NaN and infinity, and a way to
// stop in between and to resume later, to the same bits.
#pragma once

#include <functional>
#include <string>

#include "engine/anomaly.h"
#include "engine/error.h"
#include "layers/schedule.h"
#include "layers/sgd.h"
#include "resnet/training/evaluation.h"
#include "resnet/training/history.h"
#include "resnet/training/together.h"

namespace deepen {

struct TrainingOptions {
    Index epochs = 10;
    Index batch = 128;
    SgdOptions sgd;
    ScheduleOptions schedule;                            // its `base` is the learning rate; sgd.lr is not used
    Augmentation augment = {.views = Views::shifted};
    std::uint64_t seed = 1;                              // of the order and augmentation of pictures
    Index max_iterations = 0;                            // stop after so many SGD steps; 0: when the epochs are done
    bool detect_anomaly = false;                         // look at every op's numbers (engine/anomaly.h); slower
};

// Has a run with this log had all its epochs, or iterations?
bool is_over(const History& history, const TrainingOptions& options);

// Where a run stands, between two steps.  With the net's weights and buffers and the optimiser's velocities this is
// all that the next step depends on: order and augmentation of pictures are a function of seed, epoch and step.
struct TrainingState {
    Index epoch = 1, step = 0;                           // the epoch under way, and how many of its steps are done
    Index iteration = 0;                                 // SGD steps since the start of the run
    double lr = 0;                                       // of the last step
    bool warm = false;                                   // the paper's warm-up is over (schedule.h)
    Evaluation running;                                  // of this epoch so far
    double seconds = 0;                                  // that this epoch has taken so far
    History history;                                     // the epochs that are over
};

// Where a running epoch stands, for those who show it.
struct StepReport {
    Index epoch = 0, epochs = 0;                         // 1, 2, ... of epochs
    Index step = 0, steps = 0;                           // in this epoch
    Index iteration = 0;                                 // in this run
    Index pictures = 0;                                  // in this step
    double mean_loss = 0, error = 0;                     // averaged over this epoch so far
    double lr = 0;                                       // of this step
};

struct Observer {
    std::function<void(const StepReport&)> step = [](const StepReport&) {};
    std::function<void()> evaluating = [] {};            // the test error is about to be measured
    std::function<void(const EpochRecord&, const History&)> epoch = [](const EpochRecord&, const History&) {};
    // After each epoch, before `epoch`: may look into the net, and leaves it as it was.
    std::function<void(Module& net, const Preprocessing&, Index epoch)> inside = [](Module&, const Preprocessing&,
                                                                                    Index) {};
    std::function<bool()> stop = [] { return false; };   // asked between steps, in tests too; a true ends the run there
    std::function<void(const std::string&)> say = [](const std::string&) {};    // something a person should know
};

// A loss, a gradient or a weight is not finite any more.
struct Diverged : Error {
    using Error::Error;
};

class Trainer {
public:
    // Keeps references to all three.  Refuses options that make no sense, and an empty training set.
    Trainer(Module& net, const DataSplits& data, const Preprocessing& preprocessing, TrainingOptions options);

    // Trains until the epochs or iterations are over, or until observer.stop() says so, on any rank if there are
    // several (together.h).  Throws Diverged where a step does, and where the loss of the last test is not finite.
    History run(const Observer& observer = {});

    // One SGD step on one batch.  Returns its mean loss before the step, and adds its errors to `running`.  Throws
    // Diverged, naming step, layer and, if it can be found, the first op whose result is not finite.
    double step(const Batch& batch, Evaluation& running);

    // To go on later: the same net, the same velocities, the same state (checkpoint.h).
    TrainingState state() const;
    void set_state(TrainingState state);
    std::vector<NamedTensor>& velocities() { return sgd_.velocities(); }
    bool finished() const;

private:
    StepResult forward_and_backward(const Batch& batch);
    bool enough_iterations() const { return options_.max_iterations && state_.iteration >= options_.max_iterations; }
    bool finish_epoch(Loader& loader, const Observer& observer);
    void watch_warmup();
    void watch_loss(double loss, const Observer& observer);
    void watch_test(const EpochRecord& record, const Observer& observer);
    void check_gradients() const;
    void check_weights() const;
    std::string first_bad_op(const Batch& batch);
    [[noreturn]] void give_up(const std::string& what, double lr);

    Module& net_;
    const DataSplits& data_;
    const Preprocessing& preprocessing_;
    TrainingOptions options_;
    Schedule schedule_;
    std::vector<NamedTensor> parameters_, buffers_;
    AnomalyDetection::Names leaves_;                     // the parameters, as the graph knows them
    Sgd sgd_;
    TrainingState state_;
    SharedSteps shared_;                                 // where there are several ranks
    std::function<bool()> stop_ = [] { return false; };  // the observer's
    std::function<Batch()> again_;                       // makes the batch under way once more
    bool warned_ = false;                                // of a loss that explodes
    bool told_idle_ = false;                             // that some ranks have no share
};

}  // namespace deepen
