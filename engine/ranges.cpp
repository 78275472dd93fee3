#include "engine/ranges.h"

#include <algorithm>
#include <numeric>

namespace deepen {

RangeFunction in_turn(std::vector<RangeFunction> functions) {
    RangeFunction all;
    for (const RangeFunction& f : functions) {
        all.reads.insert(all.reads.end(), f.reads.begin(), f.reads.end());
        all.unit = std::lcm(all.unit, f.unit);
    }
    if (functions.empty()) return all;
    all.run = [functions = std::move(functions)](Index begin, Index end, const Real* from, Real* to) {
        for (const RangeFunction& f : functions) f.run(begin, end, from, to), from = to;
    };
    return all;
}

RangeList& RangeList::operator=(const RangeList& other) {
    auto ranges = other.sorted();
    const std::lock_guard lock(mutex_);
    ranges_ = std::move(ranges);
    return *this;
}

void RangeList::clear() {
    const std::lock_guard lock(mutex_);
    ranges_.clear();
}

void RangeList::add(Index begin, Index end) {
    const std::lock_guard lock(mutex_);
    ranges_.emplace_back(begin, end);
}

std::vector<std::pair<Index, Index>> RangeList::sorted() const {
    std::unique_lock lock(mutex_);
    auto ranges = ranges_;
    lock.unlock();
    std::sort(ranges.begin(), ranges.end());
    return ranges;
}

}  // namespace deepen
