// How do several processes take one training step together, with the bits of one?
//
// Each rank holds the whole net.  A batch is shared out in order: each rank has some pictures in a row, its *share*.
// What happens to one picture happens where it is.  Only sums over the batch need the others: the moments and backward
// sums of batch norm, the gradients of weights, the loss.  They are taken over the tree of the whole batch
// (batch_sum.h, exchange.h), so all that follows is the same on all ranks, and the same as in one process.
//
// Note [Shares begin with a leaf]
//   A leaf is summed by one thread, so a share must begin where leaves begin, those of every sum in the net.  How wide
//   the widest is, is not known beforehand: an op that finds its leaves cut by a share throws Misaligned, on all ranks
//   at once, as the cut is the same everywhere.  The trainer then makes wider shares and takes the step again.  So the
//   batch and the net's smallest maps say how many ranks can have a share; others wait for the result.
//
// Note [Gradients travel while backward runs]
//   Nobody reads a weight's gradient before backward is over, or before more is added to it.  So its sum is begun as
//   soon as this rank has its part, and goes on whenever a message may have come: after each op, and while another sum
//   is waited for.
#pragma once

#include "engine/ranks/exchange.h"

namespace deepen {

// What this process has of the pictures that an op is about: all of them, except within a ranks::Share.
struct Pictures {
    Index here, first, all;                              // first, first+1, ... of all

    Pictures(Index count) : Pictures(count, 0, count) {}    // implicit: all are here
    Pictures(Index here, Index first, Index all) : here(here), first(first), all(all) {}
    operator Index() const { return here; }
};

namespace ranks {

struct Misaligned {
    Index pictures;                                      // shares must begin at multiples of this
};

// While it lives, ops work on this rank's pictures, bounds[rank] .. bounds[rank+1]-1 of a batch, and take sums over it
// with the other ranks.  The first axis of every map must be the batch.  All ranks that have pictures do the same.
class Share {
public:
    explicit Share(std::vector<Index> bounds);
    ~Share();                                            // forgets sums that nobody waited for
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
};

// Bounds of about equal shares that begin at multiples of `width` pictures; the last ranks may be left without.
std::vector<Index> share_out(Index pictures, Index width, int ranks);

// What is here of a map's first axis.  `joined`: so many pictures lie together as one (ConvGeometry::joined), and the
// result counts such groups.
Pictures pictures_of(Index here, Index joined = 1);
// The bounds of the ranks' leaves, of `width` pictures each, or `pieces` to a picture; empty if nothing is shared.
// Throws Misaligned.
std::vector<Index> leaf_bounds(Index width, Index pieces = 1, Index joined = 1);

// Adds up the tree, and returns where the sum is.
TreeNode complete(Nodes& nodes, std::vector<Index> leaf_bounds);
// Within backward, later: `done` is called with the sum before anybody reads what is at `target`.
void complete_later(std::unique_ptr<Nodes> nodes, std::vector<Index> leaf_bounds, const void* target,
                    std::function<void(Nodes&, TreeNode)> done);

// While it lives, as during backward, sums may be completed later.  Call finish_all() before it ends.
class DeferredSums {
public:
    DeferredSums();
    ~DeferredSums();
    DeferredSums(const DeferredSums&) = delete;
    DeferredSums& operator=(const DeferredSums&) = delete;
};

bool under_way();                                        // is there a sum that has been put off?
void advance();                                          // each as far as messages have come
void finish(const void* target);                         // waits for what goes there
void finish_all();

}  // namespace ranks
}  // namespace deepen
