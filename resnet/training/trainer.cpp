#include "resnet/training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "engine/error.h"
#include "engine/ops.h"
#include "engine/profile.h"
#include "engine/ranks/transport.h"

namespace deepen {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void require_finite(const char* what, const std::string& name, const Tensor& t) {
    const std::span<const Real> numbers = t.data();
    const std::size_t at = first_not_finite(numbers);
    if (at < numbers.size()) throw Anomaly(text(what, name, " holds ", numbers[at], "."));
}

std::vector<NamedTensor> learning(Module& net) {
    std::vector<NamedTensor> all = named_parameters(net);
    std::erase_if(all, [](const NamedTensor& p) { return !p.tensor.requires_grad(); });
    return all;
}

}  // namespace

bool is_over(const History& history, const TrainingOptions& options) {
    if (history.empty()) return false;
    const EpochRecord& last = history.back();
    return last.epoch == options.epochs || (options.max_iterations && last.iteration >= options.max_iterations);
}

Trainer::Trainer(Module& net, const DataSplits& data, const Preprocessing& preprocessing, TrainingOptions options)
    : net_(net),
      data_(data),
      preprocessing_(preprocessing),
      options_(options),
      schedule_(options.schedule),
      parameters_(learning(net)),
      buffers_(named_buffers(net)),
      sgd_(parameters_, options.sgd),
      shared_(parameters_, buffers_) {
    require(options.epochs >= 1, "training: ", options.epochs, " epochs asked for; give at least 1.");
    require(options.batch >= 1, "training: batches of ", options.batch, " pictures asked for; give at least 1.");
    require(options.max_iterations >= 0, "training: ", options.max_iterations,
            " iterations asked for; give 0 or more.");
    require(data.train.count() > 0, "training: the data set has no training pictures.");
    for (const NamedTensor& p : parameters_) leaves_[p.tensor.node().get()] = p.name;
}

// --- one step --------------------------------------------------------------------------------------

double Trainer::step(const Batch& batch, Evaluation& running) {
    sgd_.set_lr(schedule_.rate(state_.iteration));
    sgd_.zero_grad();
    profile::lap("update", "sgd");
    StepResult result;
    bool moved = false;                                  // are the weights others than the batch met?
    try {
        const AnomalyDetection detection(leaves_, options_.detect_anomaly);
        const auto work = [this](const Batch& share) { return forward_and_backward(share); };
        result = ranks::count() == 1 ? work(batch) : shared_.run(batch, work, stop_(), again_);
        profile::lap("backward", "(graph)");
        check_gradients();
        moved = true;
        sgd_.step();
        check_weights();
    } catch (const Anomaly& anomaly) {
        const bool alone = ranks::count() == 1;          // else this batch is a share, whose statistics are others
        give_up(text("iteration ", state_.iteration + 1, " (epoch ", state_.epoch, ", step ", state_.step + 1, "): ",
                     anomaly.what(), moved || !alone ? "" : first_bad_op(batch)),
                sgd_.lr());
    }
    profile::lap("update", "sgd");
    ++state_.iteration;
    state_.lr = sgd_.lr();
    running.add(result.errors, batch.all, result.loss);
    return result.loss;
}

StepResult Trainer::forward_and_backward(const Batch& batch) {
    const Tensor logits = net_(batch.x);
    Tensor loss = cross_entropy(logits, batch.labels);
    const double value = loss.item();
    if (!std::isfinite(value)) throw Anomaly(text("the loss is ", value, "."));
    loss.backward();
    return {.loss = value, .errors = count_errors(logits, batch.labels)};
}

void Trainer::check_gradients() const {
    for (const NamedTensor& p : parameters_)
        if (const Tensor gradient = p.tensor.grad(); gradient.defined())
            require_finite("the gradient of ", p.name, gradient);
}

void Trainer::check_weights() const {
    for (const auto* tensors : {&parameters_, &buffers_})
        for (const NamedTensor& t : *tensors) require_finite("after the step, ", t.name, t.tensor);
}

// Runs forward and backward once more, checking every op, unless that has been done already.
std::string Trainer::first_bad_op(const Batch& batch) {
    if (options_.detect_anomaly) return "";
    try {
        const AnomalyDetection detection(leaves_);
        sgd_.zero_grad();
        cross_entropy(net_(batch.x), batch.labels).backward();
    } catch (const Anomaly& anomaly) {
        return text("  First of all ops, ", anomaly.what());
    }
    return "";
}

void Trainer::give_up(const std::string& what, double lr) {
    throw Diverged(text("training: ", what, "  The learning rate ", lr,
                        " is probably too large: try a tenth of it, or a warm-up."));
}

// --- the loop --------------------------------------------------------------------------------------

History Trainer::run(const Observer& observer) {
    Loader loader(data_.train, preprocessing_,
                  {.batch = options_.batch,
                   .shuffle = true,
                   .augment = options_.augment,
                   .seed = options_.seed,
                   .part = [this](Index pictures) { return shared_.share_of(pictures); }});
    net_.train();
    stop_ = observer.stop;
    again_ = [&loader, &at = state_] {
        Batch batch;
        loader.start(at.epoch, at.step);
        ensure(loader.next(batch), "a batch cannot be made once more");
        return batch;
    };
    while (!finished() && !any_rank(observer.stop()) && finish_epoch(loader, observer)) {
    }
    return state_.history;
}

// Trains what is left of the epoch under way, and tests.  False if the observer stopped it.
bool Trainer::finish_epoch(Loader& loader, const Observer& observer) {
    const auto start = std::chrono::steady_clock::now();
    const double before = state_.seconds;
    loader.start(state_.epoch, state_.step);
    for (Batch batch; !enough_iterations() && loader.next(batch);) {
        profile::lap("data", "loader");
        const double loss = step(batch, state_.running);
        if (const std::string idle = shared_.idle(batch.all); !idle.empty() && !std::exchange(told_idle_, true))
            observer.say(idle);
        ++state_.step;
        state_.seconds = before + seconds_since(start);
        watch_warmup();
        watch_loss(loss, observer);
        observer.step({.epoch = state_.epoch,
                       .epochs = options_.epochs,
                       .step = state_.step,
                       .steps = loader.batches(),
                       .iteration = state_.iteration,
                       .pictures = batch.all,
                       .mean_loss = state_.running.mean_loss(),
                       .error = state_.running.error(),
                       .lr = state_.lr});
        if (ranks::count() == 1 ? observer.stop() : shared_.stopped()) return false;
    }
    EpochRecord record{.epoch = state_.epoch,
                       .iteration = state_.iteration,
                       .lr = state_.lr,
                       .train_loss = state_.running.mean_loss(),
                       .train_error = state_.running.error()};
    if (data_.test.count() > 0) {
        observer.evaluating();
        const Evaluation test = evaluate_together(net_, data_.test, preprocessing_, options_.batch, observer.stop);
        if (any_rank(observer.stop())) return false;
        record.test_loss = test.mean_loss();
        record.test_error = test.error();
        if (!std::isfinite(record.test_loss)) watch_test(record, observer);
    }
    record.seconds = before + seconds_since(start);
    profile::lap("test", "evaluation");
    state_.history.push_back(record);
    state_ = {.epoch = state_.epoch + 1,
              .iteration = state_.iteration,
              .lr = state_.lr,
              .history = std::move(state_.history)};
    observer.inside(net_, preprocessing_, record.epoch);
    observer.epoch(record, state_.history);
    return true;
}

// The paper's warm-up looks at the training error; ours, at its mean over the epoch so far.
void Trainer::watch_warmup() {
    const Index enough_pictures = std::min<Index>(5000, data_.train.count());
    if (!schedule_.warm() && state_.running.count >= enough_pictures) schedule_.observe(state_.running.error());
}

// A net that knows nothing has a loss of log(classes).
void Trainer::watch_loss(double loss, const Observer& observer) {
    const double ignorance = std::log(std::max<std::size_t>(2, data_.train.classes.size()));
    if (warned_ || loss < 10 * ignorance) return;
    warned_ = true;
    observer.say(text("The loss is ", loss, " at iteration ", state_.iteration, "; a guess would have ", ignorance,
                      ".  The learning rate ", sgd_.lr(), " may be too large: try a tenth of it, or a warm-up."));
}

// Tests take running statistics for the batch's own.  In deep nets, those of few steps can be so far off that the
// numbers grow from layer to layer; that passes, unless the run is over.
void Trainer::watch_test(const EpochRecord& record, const Observer& observer) {
    const std::string what =
        text("test after epoch ", record.epoch, ": the mean loss is ", record.test_loss, ", by running statistics of ",
             state_.iteration, state_.iteration == 1 ? " step." : " steps.");
    if (record.epoch == options_.epochs || enough_iterations()) give_up(what, record.lr);
    observer.say(what);
}

// --- going on later ----------------------------------------------------------------------------------

TrainingState Trainer::state() const {
    TrainingState state = state_;
    state.warm = schedule_.warm();
    return state;
}

void Trainer::set_state(TrainingState state) {
    schedule_.set_warm(state.warm);
    state_ = std::move(state);
}

// An epoch that the last iteration cut short has still to be tested.
bool Trainer::finished() const { return state_.step == 0 && is_over(state_.history, options_); }

}  // namespace deepen
