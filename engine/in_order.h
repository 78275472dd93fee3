// How do threads sum up a map, range by range, with the same bits every time?
//
// Each range is summed on its own, by whichever thread has it in cache; the parts are then added in the order of their
// ranges.  Ranges follow from the shapes, never from the number of threads.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "engine/real.h"

namespace deepen {

template <class Part>
class PartsInOrder {
public:
    // The part of the range that begins at element `begin`.  From any thread.
    void add(Index begin, Part part) {
        const std::lock_guard lock(mutex_);
        parts_.emplace(begin, std::move(part));
    }

    template <class Work>
    void for_each(Work work) const {
        for (const auto& [begin, part] : parts_) work(part);
    }

private:
    std::mutex mutex_;
    std::map<Index, Part> parts_;
};

}  // namespace deepen
