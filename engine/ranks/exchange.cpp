#include "engine/ranks/exchange.h"

#include <algorithm>

namespace deepen::ranks {

Exchange::Exchange(Transport& transport, std::vector<Index> bounds, Nodes& nodes, int tag)
    : transport_(transport), bounds_(std::move(bounds)), nodes_(nodes), tag_(tag), root_{0, 0} {
    while ((bounds_.back() - 1) >> root_.level > 0) ++root_.level;
    root_ = plan(root_);
}

// The ranks that have leaves of this node: ranks in a row, as leaves are.
Exchange::Ranks Exchange::owners(TreeNode node) const {
    const Index begin = node.number << node.level, end = std::min((node.number + 1) << node.level, bounds_.back());
    const auto rank_of = [&](Index leaf) {
        return static_cast<int>(std::upper_bound(bounds_.begin(), bounds_.end(), leaf) - bounds_.begin()) - 1;
    };
    return {rank_of(begin), rank_of(end - 1)};
}

// Appends what we do for the sum at `node`, and returns under which name it is found: without a right half, that of
// the left one.  A node of a single rank has been summed there.
TreeNode Exchange::plan(TreeNode node) {
    const Ranks all = owners(node);
    if (all.count() == 1) return node;
    TreeNode left{node.level - 1, 2 * node.number}, right{node.level - 1, 2 * node.number + 1};
    if (right.number << right.level >= bounds_.back()) return plan(left);
    const Ranks lefts = owners(left), rights = owners(right);
    const int me = transport_.rank();
    left = plan(left), right = plan(right);
    if (!all.have(me)) return node;

    Step step{.left = left, .right = right, .sum = node};
    if (!rights.have(me)) step.from = rights.first + (me - lefts.first) % rights.count(), step.lacks_right = true;
    if (!lefts.have(me)) step.from = lefts.first + (me - rights.first) % lefts.count();
    for (int other = all.first; other <= all.last; ++other) {
        if (!rights.have(other) && rights.first + (other - lefts.first) % rights.count() == me)
            step.to.emplace_back(other, true);
        if (!lefts.have(other) && lefts.first + (other - rights.first) % lefts.count() == me)
            step.to.emplace_back(other, false);
    }
    steps_.push_back(std::move(step));
    return node;
}

void Exchange::begin(const Step& step) {
    messages_.clear();
    if (step.from >= 0) {
        incoming_.resize(nodes_.size());
        messages_.emplace_back(step.from, transport_.receive(incoming_, step.from, tag_));
    }
    for (std::vector<std::byte>& half : halves_) half.clear();
    for (const auto& [to, right] : step.to) {
        std::vector<std::byte>& half = halves_[right];
        if (half.empty()) half = nodes_.bytes(right ? step.right : step.left);
        messages_.emplace_back(to, transport_.send(half, to, tag_));
        ++traffic().messages;
        traffic().bytes += static_cast<Index>(half.size());
    }
    begun_ = true;
}

bool Exchange::advance() {
    for (; at_ < steps_.size(); ++at_, begun_ = false) {
        const Step& step = steps_[at_];
        if (!begun_) begin(step);
        for (const auto& [other, message] : messages_)
            if (!message->done()) return false;
        if (step.from >= 0) nodes_.take(step.lacks_right ? step.right : step.left, incoming_);
        nodes_.add(step.left, step.right, step.sum);
    }
    return true;
}

int Exchange::awaited() {
    for (const auto& [other, message] : messages_)
        if (!message->done()) return other;
    return transport_.rank();
}

}  // namespace deepen::ranks
