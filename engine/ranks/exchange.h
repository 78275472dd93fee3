// How do ranks add up a tree whose leaves lie on several of them?
//
// As one process would (batch_sum.h): a *leaf* is the sum over some pictures in a row, taken by one thread, and leaves
// are added in pairs, up a tree.  A rank has some leaves in a row, and adds up the subtrees all of whose leaves it has.
// A node whose leaves lie on several ranks is added on all of these, after each has got the half that it lacks:
//
//     leaf       0   1     2   3     4   5     6   7
//                 \ /       \ /       \ /       \ /
//     level 1     0-1       2-3       4-5       6-7          rank 0 | rank 1 | rank 2 | rank 3
//                     \   /               \   /              0 <-> 1 exchange 0-1 and 2-3;  2 <-> 3 likewise
//     level 2          0-3                 4-7
//                              \   /                         0 <-> 2 and 1 <-> 3 exchange 0-3 and 4-7
//     level 3                   0-7                          all have the sum
//
// This is recursive doubling (Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations
// in MPICH", section 4.1), with additions in an order that depends on the batch alone, so that sums have the same bits
// on any number of ranks.  MPI_Allreduce is never used: its order is the library's own.  Where the number of ranks is
// no power of two, a rank may have the end of one half and the beginning of the other, and some send one more message.
#pragma once

#include <utility>

#include "engine/ranks/transport.h"

namespace deepen::ranks {

// Node `number` of a level of the tree: the leaves number * 2^level and following.
struct TreeNode {
    Index level, number;
    auto operator<=>(const TreeNode&) const = default;
};

// The finished nodes of this rank, as an exchange sees them.
class Nodes {
public:
    virtual ~Nodes() = default;
    virtual std::size_t size() = 0;                      // bytes of any node
    virtual std::vector<std::byte> bytes(TreeNode node) = 0;
    virtual void take(TreeNode node, std::span<const std::byte> bytes) = 0;       // one that was finished elsewhere
    virtual void add(TreeNode left, TreeNode right, TreeNode sum) = 0;            // left and right are not needed again
};

// One sum on its way.  Rank r has the leaves bounds[r] .. bounds[r+1]-1; only the last ranks may have none.  Every rank
// that has leaves constructs an Exchange for the same sum.  Those under way at the same time need different tags.
class Exchange {
public:
    Exchange(Transport& transport, std::vector<Index> bounds, Nodes& nodes, int tag);

    bool advance();                                      // as far as messages have come; true at the end
    TreeNode root() const { return root_; }                  // where the sum is then
    int awaited();                                       // the rank that we wait for

private:
    struct Step {
        TreeNode left, right, sum;
        int from = -1;                                   // sends the half that we lack; -1: we have both
        bool lacks_right = false;
        std::vector<std::pair<int, bool>> to = {};       // who gets a half of ours, and is it the right one?
    };
    struct Ranks {
        int first, last;
        int count() const { return last - first + 1; }
        bool have(int rank) const { return first <= rank && rank <= last; }
    };
    Ranks owners(TreeNode node) const;
    TreeNode plan(TreeNode node);
    void begin(const Step& step);

    Transport& transport_;
    const std::vector<Index> bounds_;
    Nodes& nodes_;
    const int tag_;
    std::vector<Step> steps_;                            // ours, from the leaves to the root
    TreeNode root_;

    std::size_t at_ = 0;                                 // the step under way
    bool begun_ = false;
    std::vector<std::byte> incoming_, halves_[2];
    std::vector<std::pair<int, std::unique_ptr<Message>>> messages_;     // and from whom, or to whom
};

}  // namespace deepen::ranks
