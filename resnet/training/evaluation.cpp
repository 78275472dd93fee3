#include "resnet/training/evaluation.h"

#include <algorithm>
#include <map>

#include "engine/autograd.h"
#include "engine/ops.h"

namespace deepen {

void Evaluation::add(const Tensor& logits, std::span<const int> labels, double mean_loss) {
    add(count_errors(logits, labels), std::ssize(labels), mean_loss);
}

void Evaluation::add(Index wrong, Index pictures, double mean_loss) {
    errors += wrong;
    count += pictures;
    loss_sum += mean_loss * static_cast<double>(pictures);
}

Index count_errors(const Tensor& logits, std::span<const int> labels) {
    const Index classes = logits.shape()[1];
    const Real* row = logits.data().data();
    Index errors = 0;
    for (int label : labels) {
        bool right = row[label] == row[label];
        for (Index k = 0; k < classes; ++k)
            right = right && (k == label || row[k] < row[label] || (row[k] == row[label] && k > label));
        errors += !right;
        row += classes;
    }
    return errors;
}

double guessing_error(const PictureSet& pictures) {
    std::map<int, Index> count;
    Index most = 0;
    for (int label : pictures.labels) most = std::max(most, ++count[label]);
    return pictures.count() ? 1 - static_cast<double>(most) / static_cast<double>(pictures.count()) : 0;
}

void for_answers(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, LoaderOptions options,
                 Index first, const std::function<bool()>& stop,
                 const std::function<void(Index, const Batch&, const Tensor&, double)>& f) {
    const NoGrad no_grad;
    const EvaluationMode evaluation_mode(net);
    Loader loader(pictures, preprocessing, options);
    loader.start(0, std::min(first, loader.batches()));
    Index number = first;
    for (Batch b; !stop() && loader.next(b); number += options.step) {
        const Tensor logits = net(b.x);
        f(number, b, logits, cross_entropy(logits, b.labels).item());
    }
}

Evaluation evaluate(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
                    const std::function<bool()>& stop, Confusion* confusion) {
    Evaluation result;
    for_answers(net, pictures, preprocessing, {.batch = batch}, 0, stop,
                [&](Index, const Batch& b, const Tensor& logits, double mean_loss) {
                    result.add(logits, b.labels, mean_loss);
                    if (confusion) confusion->add(logits, b.labels);
                });
    return result;
}

}  // namespace deepen
