// How do several ranks train one net?
//
// They do the same as one process, each on its share of every batch (engine/ranks/share.h), and have the same weights
// after every step, to the bit.  What differs from rank to rank, such as who was interrupted, they tell each other.
// Rank 0 reads and writes the run's folder.  A batch that is too small for all ranks leaves some without pictures:
// these get the gradients from rank 0.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "layers/module.h"
#include "resnet/training/evaluation.h"

namespace deepen {

// What forward and backward on some pictures give beside gradients.
struct StepResult {
    double loss = 0;                                     // mean over the whole batch
    Index errors = 0;                                    // of these pictures; run(): of the whole batch
};

class SharedSteps {
public:
    SharedSteps(std::vector<NamedTensor> parameters, std::vector<NamedTensor> buffers);

    // Calls `work` with this rank's share of the batch, and returns loss and errors of all of it.  Afterwards gradients
    // and buffers are the same on all ranks.  `stop` of any rank is a stop for all.  `batch` is this rank's share by
    // the widths known so far; if shares have to be wider, `again` loads the right part.
    using Work = std::function<StepResult(const Batch& share)>;
    StepResult run(const Batch& batch, const Work& work, bool stop, const std::function<Batch()>& again);
    bool stopped() const { return stopped_; }

    // "A batch of 32 feeds 2 of these 4 ranks: ...", after a step on one; empty if all have a share.
    std::string idle(Index pictures) const;

    // This rank's share of so many pictures, as far as is known.  From any thread.
    std::pair<Index, Index> share_of(Index pictures) const;

private:
    StepResult on_share(Batch batch, const Work& work, const std::function<Batch()>& again);
    Index width(Index pictures) const;
    bool known(Index pictures) const;                    // is that width wide enough for sure?
    int fed(Index pictures) const;                       // ranks that have a share
    std::vector<Index> bounds(Index pictures) const;
    void learn_width(Index pictures, Index width);
    void broadcast_results(int first);

    std::vector<NamedTensor> parameters_, buffers_;
    const int rank_, ranks_;                             // of the thread that made this
    mutable std::mutex mutex_;
    std::map<Index, Index> widths_;                      // Note [Shares begin with a leaf], by size of batch
    bool stopped_ = false;
};

// True if `says` is true on any rank.  Every rank must call it at the same point.
bool any_rank(bool says);

// As evaluate(), batches shared out among ranks; loss and errors are added in the order of batches.
Evaluation evaluate_together(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
                             const std::function<bool()>& stop);

}  // namespace deepen
