// How is a sum over a batch taken by many threads, and with the same bits every time?
//
// (a + b) + c and a + (b + c) differ in their last bits, so the order of additions must not depend on who is done
// first.  The batch is cut into leaves of 2^k pictures.  A leaf is summed by one thread, picture by picture; leaves are
// added in pairs, their sums again in pairs, and so on:
//
//     leaf        0   1     2   3     4   5     6
//                  \ /       \ /       \ /      |        a node of level l holds the leaves i 2^l .. (i+1) 2^l - 1,
//     level 1      0-1       2-3       4-5      6        or what there is of them
//                     \     /             \    /
//     level 2           0-3                4-6
//                           \             /
//     level 3                     0-6
//
// Leaves follow from shapes alone, and the tree from their number.  So threads may finish in any order, and the
// pictures of a whole subtree can be added up in one place: by one thread, or by a process on another machine.
// Rounding errors grow with the logarithm of the number of leaves (Higham 2002, "Accuracy and Stability of Numerical
// Algorithms", section 4.2, pairwise summation).
#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/memory.h"
#include "engine/parallel.h"

namespace deepen {

// A batch cut into leaves of 2^k pictures each, the last one perhaps fewer, or each picture into 2^k leaves, about
// equally long.  A picture has `size` units that are not cut: its lines, or its pixels.
struct Leaves {
    Index pictures, size;
    Index width = 1, pieces = 1;                         // pictures of a leaf, leaves of a picture; one of them is 1

    Index count() const { return (pictures * pieces + width - 1) / width; }
    Index begin(Index leaf) const {                      // in units, from the first picture's on
        const Index piece = leaf % pieces;
        return std::min(leaf / pieces * width, pictures) * size + piece * size / pieces;
    }
    Index end(Index leaf) const { return begin(leaf + 1); }
};

// Leaves of at least `least` units; of up to `enough`, as long as `many` are left for threads to share.
inline Leaves cut_batch(Index pictures, Index size, Index least, Index enough = 0, Index many = 16) {
    Leaves leaves{pictures, size, 1, Index(std::bit_floor(std::size_t(std::max<Index>(size, 1))))};
    const auto units = [&] { return leaves.width * size / leaves.pieces; };
    while (leaves.count() > 1 && (units() < least || (2 * units() <= enough && leaves.count() >= 2 * many)))
        if (leaves.pieces > 1) leaves.pieces /= 2;
        else leaves.width *= 2;
    return leaves;
}

// The sum over the tree.  A Part has `a += b`, where b holds the leaves after a's.
template <class Part>
class TreeSum {
public:
    explicit TreeSum(Index leaves) : leaves_(leaves) {}

    // From any thread, each leaf once.  Two nodes are added by the thread that finishes the later one.
    void add(Index leaf, Part part) {
        for (Index level = 0, node = leaf; (leaves_ - 1) >> level > 0; ++level, node /= 2) {
            const Index sibling = node ^ 1;
            if (sibling << level >= leaves_) continue;   // there is none
            std::unique_lock lock(mutex_);
            const auto waiting = waiting_.find({level, sibling});
            if (waiting == waiting_.end()) {
                waiting_.emplace(std::pair(level, node), std::move(part));
                return;
            }
            Part other = std::move(waiting->second);
            waiting_.erase(waiting);
            lock.unlock();
            if (sibling < node) std::swap(part, other);
            part += other;
        }
        total_ = std::move(part);
    }

    Part& total() { return total_; }                     // once all leaves are there

private:
    Index leaves_;
    std::mutex mutex_;
    std::map<std::pair<Index, Index>, Part> waiting_;    // by level and number: nodes whose sibling is not finished
    Part total_{};
};

// A buffer of `size` sums, zero at first.
class Numbers {
public:
    Numbers() = default;
    explicit Numbers(Index size) : storage_(std::make_unique<Storage>(size)) {
        std::fill_n(storage_->data(), size, Real(0));
    }
    Real* data() const { return storage_ ? storage_->data() : nullptr; }

    Numbers& operator+=(const Numbers& other) {
        other.add_to(data());
        return *this;
    }
    void add_to(Real* __restrict to) const {
        const Real* __restrict from = data();
        for (Index i = 0; storage_ && i < storage_->size(); ++i) to[i] += from[i];
    }

private:
    std::unique_ptr<Storage> storage_;
};

// Calls work(begin, end, partial) for each leaf, in parallel; `partial` is that leaf's zero-filled buffer of `size`
// Reals, and `total` += all of them.  With a null total nothing is summed and `partial` is null.
template <class Work>
void sum_over_leaves(const Leaves& leaves, Index size, Real* total, Work work) {
    TreeSum<Numbers> sums(leaves.count());
    parallel_for(leaves.count(), [&](Index leaf) {
        Numbers partial = total ? Numbers(size) : Numbers();
        work(leaves.begin(leaf), leaves.end(leaf), partial.data());
        if (total) sums.add(leaf, std::move(partial));
    });
    if (total) sums.total().add_to(total);
}

// A sum over a map [pictures,...] that threads take range by range, while the map is written.  A leaf is the least
// number of pictures, 2^k, for which each range lies within one leaf; the ranges of a leaf are added in their order.
template <class Part>
class RangeSums {
public:
    RangeSums(Index pictures, Index elements)
        : pictures_(pictures), picture_(elements / std::max<Index>(pictures, 1)) {}

    void add(Index begin, Index end, Part part) {        // elements begin .. end-1; from any thread
        const std::lock_guard lock(mutex_);
        parts_.emplace(begin, Range{end, std::move(part)});
    }

    Part total() const {
        const Index leaf = leaf_elements();
        TreeSum<Part> sums((pictures_ * picture_ + leaf - 1) / leaf);
        for (auto at = parts_.begin(); at != parts_.end();) {
            const Index number = at->first / leaf;
            Part part = at->second.part;
            while (++at != parts_.end() && at->first / leaf == number) part += at->second.part;
            sums.add(number, std::move(part));
        }
        return std::move(sums.total());
    }

private:
    struct Range {
        Index end;
        Part part;
    };

    Index leaf_elements() const {
        Index leaf = picture_;
        for (const auto& [begin, range] : parts_)
            while (begin / leaf != (range.end - 1) / leaf) leaf *= 2;
        return leaf;
    }

    Index pictures_, picture_;
    std::mutex mutex_;
    std::map<Index, Range> parts_;
};

}  // namespace deepen
