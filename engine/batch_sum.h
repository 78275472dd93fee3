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
// pictures of a whole subtree can be added up in one place: by one thread, or by a process on another machine
// (ranks/share.h).
// Rounding errors grow with the logarithm of the number of leaves (Higham 2002, "Accuracy and Stability of Numerical
// Algorithms", section 4.2, pairwise summation).
#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "engine/memory.h"
#include "engine/parallel.h"
#include "engine/ranks/share.h"

namespace deepen {

// A batch cut into leaves of 2^k pictures each, the last one perhaps fewer, or each picture into 2^k leaves, about
// equally long.  A picture has `size` units that are not cut: its lines, or its pixels.  Leaves of the whole batch are
// numbered on; of these, the ones from first() on are here.
struct Leaves {
    Pictures pictures;
    Index size;
    Index width = 1, pieces = 1;                         // pictures of a leaf, leaves of a picture; one of them is 1
    std::vector<Index> bounds = {};                      // of the ranks' leaves, where several share the batch

    Index all() const { return number(pictures.all); }
    Index first() const { return number(pictures.first); }
    Index count() const { return number(pictures.first + pictures.here) - first(); }
    Index begin(Index leaf) const {                      // leaf 0 is this rank's first; in units from its first picture
        leaf += first();
        const Index piece = leaf % pieces;
        return (std::min(leaf / pieces * width, pictures.all) - pictures.first) * size + piece * size / pieces;
    }
    Index end(Index leaf) const { return begin(leaf + 1); }

private:
    Index number(Index picture) const { return (picture * pieces + width - 1) / width; }
};

// How many leaves should remain of a batch, for threads and ranks to share: `many`, and of each further 128 pictures as
// many again.  A larger batch is for more ranks, not for larger leaves.
inline Index enough_leaves(Index pictures, Index many = 16) { return many * std::max<Index>(1, pictures / 128); }

// Doubles the leaves until each has `least` units; then on, up to `enough` units, while enough_leaves() remain.
// `joined`: as in ranks::pictures_of.
inline Leaves cut_batch(Index pictures, Index size, Index least, Index enough = 0, Index many = 16, Index joined = 1) {
    Leaves leaves{ranks::pictures_of(pictures * joined, joined), size, 1,
                  Index(std::bit_floor(std::size_t(std::max<Index>(size, 1))))};
    many = enough_leaves(leaves.pictures.all * joined, many);
    const auto units = [&] { return leaves.width * size / leaves.pieces; };
    while (leaves.all() > 1 && (units() < least || (2 * units() <= enough && leaves.all() >= 2 * many)))
        if (leaves.pieces > 1) leaves.pieces /= 2;
        else leaves.width *= 2;
    leaves.bounds = ranks::leaf_bounds(leaves.width, leaves.pieces, joined);
    return leaves;
}

// The numbers of a Part, for the way to another rank: f is called with a pointer to some of them and their count.
template <class F>
void for_numbers(double& part, F f) {
    f(&part, 1);
}
template <class Part, class F>
    requires requires(Part part, F f) { part.for_numbers(f); }
void for_numbers(Part& part, F f) {
    part.for_numbers(f);
}

// The sum over the tree.  A Part has `a += b`, where b holds the leaves after a's.
template <class Part>
class TreeSum {
public:
    explicit TreeSum(Index leaves) : leaves_(leaves) {}
    explicit TreeSum(const Leaves& leaves) : leaves_(leaves.all()), first_(leaves.first()), bounds_(leaves.bounds) {}

    // From any thread, each leaf that is here once.  Two nodes are added by the thread that finishes the later one.
    void add(Index leaf, Part part) {
        for (Index level = 0, node = first_ + leaf; (leaves_ - 1) >> level > 0; ++level, node /= 2) {
            const Index sibling = node ^ 1;
            if (sibling << level >= leaves_) continue;   // there is none
            std::unique_lock lock(mutex_);
            const auto waiting = waiting_.find({level, sibling});
            if (waiting == waiting_.end()) {
                waiting_.emplace(ranks::TreeNode{level, node}, std::move(part));
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

    // Once all leaves are there.  Gets from other ranks what is theirs.
    Part& total() {
        if (!bounds_.empty()) {
            Exchanged nodes(std::move(waiting_));
            total_ = nodes.take_out(ranks::complete(nodes, std::exchange(bounds_, {})));
        }
        return total_;
    }

    // The same, but perhaps later: done(total) is called before anybody reads what is at `target`.
    template <class Done>
    void total_later(const void* target, Done done) {
        if (bounds_.empty()) return done(total_);
        ranks::complete_later(std::make_unique<Exchanged>(std::move(waiting_)), bounds_, target,
                              [done](ranks::Nodes& nodes, ranks::TreeNode root) {
                                  Part total = static_cast<Exchanged&>(nodes).take_out(root);
                                  done(total);
                              });
    }

private:
    using Waiting = std::map<ranks::TreeNode, Part>;

    // The nodes as messages.
    class Exchanged : public ranks::Nodes {
    public:
        explicit Exchanged(Waiting nodes) : nodes_(std::move(nodes)) {}
        Part take_out(ranks::TreeNode node) { return std::move(nodes_.at(node)); }

        std::size_t size() override {
            std::size_t bytes = 0;
            for_numbers(nodes_.begin()->second, [&](auto* at, std::size_t count) { bytes += count * sizeof *at; });
            return bytes;
        }
        std::vector<std::byte> bytes(ranks::TreeNode node) override {
            std::vector<std::byte> all;
            for_numbers(nodes_.at(node), [&](auto* at, std::size_t count) {
                const auto some = std::as_bytes(std::span(at, count));
                all.insert(all.end(), some.begin(), some.end());
            });
            return all;
        }
        void take(ranks::TreeNode node, std::span<const std::byte> from) override {
            Part& part = nodes_.emplace(node, nodes_.begin()->second).first->second;
            for_numbers(part, [&](auto* at, std::size_t count) {
                std::copy_n(from.begin(), count * sizeof *at, std::as_writable_bytes(std::span(at, count)).begin());
                from = from.subspan(count * sizeof *at);
            });
        }
        void add(ranks::TreeNode left, ranks::TreeNode right, ranks::TreeNode sum) override {
            Part part = take_out(left);
            part += nodes_.at(right);
            nodes_.erase(left), nodes_.erase(right);
            nodes_.emplace(sum, std::move(part));
        }

    private:
        Waiting nodes_;
    };

    Index leaves_, first_ = 0;
    std::vector<Index> bounds_ = {};                     // Leaves::bounds
    std::mutex mutex_;
    Waiting waiting_;                                    // nodes whose sibling is not finished, or on another rank
    Part total_{};
};

// A buffer of `size` sums, zero at first.
class Numbers {
public:
    Numbers() = default;
    explicit Numbers(Index size) : storage_(std::make_unique<Storage>(size)) {
        std::fill_n(storage_->data(), size, Real(0));
    }
    Numbers(Numbers&&) = default;
    Numbers(const Numbers& other) : storage_(std::make_unique<Storage>(other.storage_->size())) {
        std::copy_n(other.data(), storage_->size(), data());
    }
    Numbers& operator=(Numbers&&) = default;
    Real* data() const { return storage_ ? storage_->data() : nullptr; }

    Numbers& operator+=(const Numbers& other) {
        other.add_to(data());
        return *this;
    }
    void add_to(Real* __restrict to) const {
        const Real* __restrict from = data();
        for (Index i = 0; storage_ && i < storage_->size(); ++i) to[i] += from[i];
    }
    template <class F>
    void for_numbers(F f) {
        f(data(), static_cast<std::size_t>(storage_->size()));
    }

private:
    std::unique_ptr<Storage> storage_;
};

// Calls work(begin, end, partial) for each leaf, in parallel; `partial` is that leaf's zero-filled buffer of `size`
// Reals, and `total` += all of them before it is read.  With a null total nothing is summed and `partial` is null.
template <class Work>
void sum_over_leaves(const Leaves& leaves, Index size, Real* total, Work work) {
    TreeSum<Numbers> sums(leaves);
    parallel_for(leaves.count(), [&](Index leaf) {
        Numbers partial = total ? Numbers(size) : Numbers();
        work(leaves.begin(leaf), leaves.end(leaf), partial.data());
        if (total) sums.add(leaf, std::move(partial));
    });
    if (total) sums.total_later(total, [total](const Numbers& sum) { sum.add_to(total); });
}

// A sum over a map [pictures,...] that threads take range by range, while the map is written.  A leaf is the least
// number of pictures, 2^k, for which each range lies within one leaf; the ranges of a leaf are added in their order.
template <class Part>
class RangeSums {
public:
    RangeSums(Index pictures, Index elements)
        : pictures_(ranks::pictures_of(pictures)), picture_(elements / std::max<Index>(pictures, 1)) {}

    void add(Index begin, Index end, Part part) {        // elements begin .. end-1; from any thread
        const std::lock_guard lock(mutex_);
        parts_.emplace(begin, Range{end, std::move(part)});
    }

    Part total() const {
        const Index leaf = leaf_elements();
        const Index width = leaf / picture_;
        TreeSum<Part> sums(Leaves{pictures_, picture_, width, 1, ranks::leaf_bounds(width)});
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

    Pictures pictures_;
    Index picture_;
    std::mutex mutex_;
    std::map<Index, Range> parts_;
};

}  // namespace deepen
