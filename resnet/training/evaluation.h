// How good is a net?
//
// The number of pictures whose largest logit is not at their label, and the mean cross-entropy.  In
// evaluation mode (running batch-norm statistics), without augmentation, recording nothing.
#pragma once

#include "layers/module.h"
#include "resnet/data/loader.h"
#include "resnet/training/confusion.h"

namespace deepen {

struct Evaluation {
    Index errors = 0, count = 0;
    double loss_sum = 0;

    double error() const { return count ? static_cast<double>(errors) / static_cast<double>(count) : 0; }
    double mean_loss() const { return count ? loss_sum / static_cast<double>(count) : 0; }
    void add(const Tensor& logits, std::span<const int> labels, double mean_loss);
    void add(Index wrong, Index pictures, double mean_loss);
};

// Rows of `logits` [N,classes] whose largest value is not at the label.  A row with a NaN is an error.
Index count_errors(const Tensor& logits, std::span<const int> labels);

// The error of a guess: of always naming the most frequent class.  0.9 for ten classes of equal size.
double guessing_error(const PictureSet& pictures);

// Calls f(number, batch, logits, mean loss) for the batches that the loader deals from number `first` on, while `stop`,
// asked between batches, says no.  In evaluation mode, recording nothing; the net's mode stays as it was.
void for_answers(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, LoaderOptions options,
                 Index first, const std::function<bool()>& stop,
                 const std::function<void(Index number, const Batch&, const Tensor& logits, double mean_loss)>& f);

// Goes once through `pictures`.  `stop` is asked between batches; a true ends it early.  The net's mode
// stays as it was.  `confusion`, if given, learns of every answer.
Evaluation evaluate(
    Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
    const std::function<bool()>& stop = [] { return false; }, Confusion* confusion = nullptr);

}  // namespace deepen
