#include "resnet/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/error.h"
#include "engine/ops.h"
#include "engine/profile.h"

namespace deepen {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(Module& net, const DataSplits& data, const Preprocessing& preprocessing, TrainingOptions options)
    : net_(net),
      data_(data),
      preprocessing_(preprocessing),
      options_(options),
      schedule_(options.schedule),
      sgd_(named_parameters(net), options.sgd) {
    require(options.epochs >= 1, "training: ", options.epochs, " epochs asked for; give at least 1.");
    require(options.batch >= 1, "training: batches of ", options.batch, " pictures asked for; give at least 1.");
    require(options.max_iterations >= 0, "training: ", options.max_iterations,
            " iterations asked for; give 0 or more.");
    require(data.train.count() > 0, "training: the data set has no training pictures.");
}

double Trainer::step(const Batch& batch, Evaluation& running) {
    sgd_.set_lr(schedule_.rate(iteration_));
    sgd_.zero_grad();
    profile::lap("update", "sgd");
    const Tensor logits = net_(batch.x);
    Tensor loss = cross_entropy(logits, batch.labels);
    const double value = loss.item();
    require(std::isfinite(value), "training: the loss is ", value, " at iteration ", iteration_ + 1,
            ", so the weights are lost.  The learning rate ", sgd_.lr(),
            " is probably too large: try a tenth of it, or a warm-up.");
    loss.backward();
    profile::lap("backward", "(graph)");
    sgd_.step();
    profile::lap("update", "sgd");
    ++iteration_;
    running.add(logits, batch.labels, value);
    return value;
}

// The paper's warm-up looks at the training error; ours, at its mean over the epoch so far.
void Trainer::watch_warmup(const Evaluation& running) {
    const Index enough_pictures = std::min<Index>(5000, data_.train.count());
    if (!schedule_.warm() && running.count >= enough_pictures) schedule_.observe(running.error());
}

History Trainer::run(const Observer& observer) {
    History history;
    Loader loader(data_.train, preprocessing_,
                  {.batch = options_.batch, .shuffle = true, .augment = options_.augment, .seed = options_.seed});
    net_.train();
    const auto over = [&] { return options_.max_iterations && iteration_ >= options_.max_iterations; };
    for (Index epoch = 1; epoch <= options_.epochs && !over(); ++epoch) {
        const auto start = std::chrono::steady_clock::now();
        loader.start(epoch);
        Evaluation running;
        Index steps = 0;
        for (Batch batch; !over() && loader.next(batch);) {
            profile::lap("data", "loader");
            step(batch, running);
            watch_warmup(running);
            observer.step({.epoch = epoch,
                           .epochs = options_.epochs,
                           .step = ++steps,
                           .steps = loader.batches(),
                           .pictures = static_cast<Index>(batch.labels.size()),
                           .mean_loss = running.mean_loss(),
                           .error = running.error(),
                           .lr = sgd_.lr()});
            if (observer.stop()) return history;
        }
        EpochRecord record{.epoch = epoch,
                           .iteration = iteration_,
                           .lr = sgd_.lr(),
                           .train_loss = running.mean_loss(),
                           .train_error = running.error()};
        if (data_.test.count() > 0) {
            observer.evaluating();
            const Evaluation test = evaluate(net_, data_.test, preprocessing_, options_.batch, observer.stop);
            if (observer.stop()) return history;
            record.test_loss = test.mean_loss();
            record.test_error = test.error();
        }
        record.seconds = seconds_since(start);
        profile::lap("test", "evaluation");
        history.push_back(record);
        observer.epoch(record, history);
    }
    return history;
}

}  // namespace deepen
