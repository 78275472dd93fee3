#include "engine/ranges.h"

#include <algorithm>

namespace deepen {

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
