#include "resnet/training/together.h"

#include <algorithm>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ranks/share.h"

namespace deepen {
namespace {

Batch part_of(const Batch& batch, Index begin, Index end) {
    const Shape& all = batch.x.shape();
    const Index picture = all[1] * all[2] * all[3];
    Batch part{Tensor::uninitialised({end - begin, all[1], all[2], all[3]}), {}};
    const auto from = std::as_const(batch.x).data().begin();
    std::copy(from + begin * picture, from + end * picture, part.x.data().begin());
    part.labels.assign(batch.labels.begin() + begin, batch.labels.begin() + end);
    return part;
}

}  // namespace

// Until shares begin with a leaf.  What the attempts before have left is taken back.
StepResult SharedSteps::on_share(const Batch& batch, const std::function<StepResult(const Batch& share)>& work,
                              Index& width) {
    std::vector<Tensor> before;
    for (const NamedTensor& b : buffers_) before.push_back(b.tensor.clone());
    const auto me = static_cast<std::size_t>(ranks::rank());
    for (;;) {
        const std::vector<Index> bounds = ranks::share_out(std::ssize(batch.labels), width, ranks::count());
        if (bounds[me] == bounds[me + 1]) return {};
        try {
            const ranks::Share share(bounds);
            return work(part_of(batch, bounds[me], bounds[me + 1]));
        } catch (const ranks::Misaligned& m) {
            width = std::max(width + 1, m.pictures);
            for (std::size_t i = 0; i < buffers_.size(); ++i)
                std::copy_n(std::as_const(before[i]).data().begin(), before[i].size(),
                            buffers_[i].tensor.data().begin());
            for (NamedTensor& p : parameters_) p.tensor.zero_grad();
        }
    }
}

StepResult SharedSteps::run(const Batch& batch, const std::function<StepResult(const Batch& share)>& work, bool stop) {
    const Index pictures = std::ssize(batch.labels);
    Index& width = widths_.try_emplace(pictures, 1).first->second;
    const StepResult mine = on_share(batch, work, width);
    const bool first = ranks::rank() == 0;
    const auto all = ranks::sum({static_cast<double>(mine.errors), static_cast<double>(stop), first ? mine.loss : 0,
                                 first ? static_cast<double>(width) : 0});
    stopped_ = all[1] > 0;
    width = static_cast<Index>(all[3]);
    const std::vector<Index> bounds = ranks::share_out(pictures, width, ranks::count());
    const auto without = std::lower_bound(bounds.begin(), bounds.end(), pictures) - bounds.begin();
    if (without < ranks::count()) hand_out(static_cast<int>(without));
    return {.loss = all[2], .errors = static_cast<Index>(all[0])};
}

// To the ranks first, first+1, ..., which had no pictures.
void SharedSteps::hand_out(int first) {
    if (ranks::rank() > 0 && ranks::rank() < first) return;
    const auto give = [&](Tensor t) { ranks::hand_out(std::as_writable_bytes(t.data()), first); };
    for (NamedTensor& p : parameters_) {
        if (ranks::rank() > 0) p.tensor.set_grad(Tensor::zeros(p.tensor.shape()));
        ensure(p.tensor.grad().defined(), p.name, " has no gradient that could be handed out");
        give(p.tensor.grad());
    }
    for (const NamedTensor& b : buffers_) give(b.tensor);
}

bool any_rank(bool says) { return ranks::sum({static_cast<double>(says)})[0] > 0; }

Evaluation evaluate_together(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
                             const std::function<bool()>& stop) {
    if (ranks::count() == 1) return evaluate(net, pictures, preprocessing, batch, stop);
    const NoGrad no_grad;
    const EvaluationMode evaluation_mode(net);
    Loader loader(pictures, preprocessing, {.batch = batch, .step = ranks::count()});
    loader.start(0, std::min<Index>(ranks::rank(), loader.batches()));
    std::vector<double> losses(static_cast<std::size_t>(loader.batches())), errors(losses);
    std::size_t at = static_cast<std::size_t>(ranks::rank());
    for (Batch b; !stop() && loader.next(b); at += static_cast<std::size_t>(ranks::count())) {
        Evaluation part;
        const Tensor logits = net(b.x);
        part.add(logits, b.labels, cross_entropy(logits, b.labels).item());
        losses[at] = part.loss_sum, errors[at] = static_cast<double>(part.errors);
    }
    Evaluation all{.count = pictures.count()};
    for (const double loss : ranks::sum(losses)) all.loss_sum += loss;
    for (const double e : ranks::sum(errors)) all.errors += static_cast<Index>(e);
    return all;
}

}  // namespace deepen
