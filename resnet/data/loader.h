// In what order, and how changed, does a net see its pictures?
//
// A Loader deals batches: each epoch in a new random order, each picture changed at random (example.h;
// He et al. 2015, section 4.2: "4 pixels are padded on each side, and a 32x32 crop is
// randomly sampled from the padded image or its horizontal flip").  Every choice is a pure function
// of (seed, epoch, picture), so batches do not depend on threads, nor on where an epoch was resumed.
// The next batches are prepared on a thread of their own while the net works on this one; where pictures
// have to be decoded, on as many as the net has.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "resnet/data/example.h"

namespace deepen {

struct LoaderOptions {
    Index batch = 128;
    bool shuffle = false;
    Augmentation augment = {};                           // none
    bool drop_last = false;                              // leave out an incomplete last batch
    Index step = 1;                                      // deal every step-th batch only
    std::uint64_t seed = 1;
    // Make this part of each batch of so many pictures, [begin, end).  Null: all of it.  Asked on the loader's thread.
    std::function<std::pair<Index, Index>(Index pictures)> part = {};
};

struct Batch {
    Tensor x;                                            // [N,H,W,3]
    std::vector<int> labels;
    Index first = 0, all = std::ssize(labels);           // if only a part was made: where it begins, and of how many
};

// Batches of so many pictures; the last one may be smaller.
Index steps_per_epoch(Index pictures, Index batch);

class Loader {
public:
    // Keeps a reference to `pictures`.  Refuses an empty set and a preprocessing that does not fit it.
    Loader(const PictureSet& pictures, Preprocessing preprocessing, LoaderOptions options);
    ~Loader();                                           // also in mid-epoch

    Index batches() const;                               // per epoch
    void start(Index epoch, Index first_batch = 0);      // (re)starts; ends what is in progress
    bool next(Batch& batch);                             // false when the epoch is over; rethrows the thread's failure

private:
    class Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace deepen
