#include "resnet/training/together.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/ranks/share.h"

namespace deepen {
SharedSteps::SharedSteps(std::vector<NamedTensor> parameters, std::vector<NamedTensor> buffers)
    : parameters_(std::move(parameters)), buffers_(std::move(buffers)), rank_(ranks::rank()), ranks_(ranks::count()) {}

Index SharedSteps::width(Index pictures) const {
    const std::lock_guard lock(mutex_);
    const auto known = widths_.find(pictures);
    return known == widths_.end() ? 1 : known->second;
}

bool SharedSteps::known(Index pictures) const {
    const std::lock_guard lock(mutex_);
    return widths_.contains(pictures);
}

int SharedSteps::fed(Index pictures) const {
    const std::vector<Index> all = bounds(pictures);
    return static_cast<int>(std::lower_bound(all.begin(), all.end(), pictures) - all.begin());
}

std::vector<Index> SharedSteps::bounds(Index pictures) const {
    return ranks::share_out(pictures, width(pictures), ranks_);
}

void SharedSteps::learn_width(Index pictures, Index width) {
    const std::lock_guard lock(mutex_);
    widths_[pictures] = width;
}

std::pair<Index, Index> SharedSteps::share_of(Index pictures) const {
    const auto all = bounds(pictures);
    return {all[static_cast<std::size_t>(rank_)], all[static_cast<std::size_t>(rank_) + 1]};
}

std::string SharedSteps::idle(Index pictures) const {
    if (fed(pictures) == ranks_) return "";
    return text("A batch of ", pictures, " feeds ", fed(pictures), " of these ", ranks_,
                " ranks: sums over it are cut into leaves of ", width(pictures),
                " pictures.  The others only wait; a larger batch may feed more.");
}

// At the first batch of a size, tries again with wider shares until none cuts a leaf.  What a failed attempt did to
// buffers is undone; gradients are cleared.
StepResult SharedSteps::on_share(Batch batch, const Work& work, const std::function<Batch()>& again) {
    std::vector<Tensor> before;
    for (const NamedTensor& b : buffers_)
        if (!known(batch.all)) before.push_back(b.tensor.clone());
    for (;;) {
        const auto [begin, end] = share_of(batch.all);
        if (begin == end) return {};
        if (batch.first != begin || batch.first + std::ssize(batch.labels) != end) batch = again();
        try {
            const ranks::Share share(bounds(batch.all));
            return work(batch);
        } catch (const ranks::Misaligned& m) {
            ensure(before.size() == buffers_.size(), "a share that was wide enough is too narrow now");
            learn_width(batch.all, std::max(width(batch.all) + 1, m.pictures));
            for (std::size_t i = 0; i < buffers_.size(); ++i)
                std::copy_n(std::as_const(before[i]).data().begin(), before[i].size(),
                            buffers_[i].tensor.data().begin());
            for (NamedTensor& p : parameters_) p.tensor.zero_grad();
        }
    }
}

StepResult SharedSteps::run(const Batch& batch, const Work& work, bool stop, const std::function<Batch()>& again) {
    const StepResult mine = on_share(batch, work, again);
    const bool first = rank_ == 0;
    const auto all = ranks::sum({static_cast<double>(mine.errors), static_cast<double>(stop), first ? mine.loss : 0,
                                 first ? static_cast<double>(width(batch.all)) : 0});
    stopped_ = all[1] > 0;
    learn_width(batch.all, static_cast<Index>(all[3]));  // ranks without pictures have not noticed
    if (const int with = fed(batch.all); with < ranks_) broadcast_results(with);
    return {.loss = all[2], .errors = static_cast<Index>(all[0])};
}

// To the ranks first, first+1, ..., which had no pictures.
void SharedSteps::broadcast_results(int first) {
    if (rank_ > 0 && rank_ < first) return;
    const auto give = [&](Tensor t) { ranks::broadcast(std::as_writable_bytes(t.data()), first); };
    for (NamedTensor& p : parameters_) {
        if (rank_ > 0) p.tensor.set_grad(Tensor::zeros(p.tensor.shape()));
        ensure(p.tensor.grad().defined(), p.name, " has no gradient that could be handed out");
        give(p.tensor.grad());
    }
    for (const NamedTensor& b : buffers_) give(b.tensor);
}

bool any_rank(bool says) { return ranks::sum({static_cast<double>(says)})[0] > 0; }

Evaluation evaluate_together(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
                             const std::function<bool()>& stop) {
    if (ranks::count() == 1) return evaluate(net, pictures, preprocessing, batch, stop);
    const Index batches = steps_per_epoch(pictures.count(), batch);
    std::vector<double> losses(static_cast<std::size_t>(batches)), errors(losses);
    for_answers(net, pictures, preprocessing, {.batch = batch, .step = ranks::count()}, ranks::rank(), stop,
                [&](Index number, const Batch& b, const Tensor& logits, double mean_loss) {
                    Evaluation part;
                    part.add(logits, b.labels, mean_loss);
                    const auto at = static_cast<std::size_t>(number);
                    losses[at] = part.loss_sum, errors[at] = static_cast<double>(part.errors);
                });
    Evaluation all{.count = pictures.count()};
    for (const double loss : ranks::sum(losses)) all.loss_sum += loss;
    for (const double e : ranks::sum(errors)) all.errors += static_cast<Index>(e);
    return all;
}

}  // namespace deepen
