// How is memory read before it is needed?
//
// Note [Prefetch]
//   Memory is far away: a processor that waits for each cache line in turn spends most of its time waiting, and
//   convolutions visit memory in an order that no processor foresees.  But what the next range will read and write
//   is known, and memory is idle while this one is computed.  So between the products of a range, a part at a
//   time, the processor is asked for the cache lines of the next.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/simd.h"

namespace deepen {

class Prefetch {
public:
    explicit Prefetch(Index parts) : parts_(parts) {}    // calls of fetch_part() to come

    // Elements begin .. end-1 of each of these.
    void add(const std::vector<const Real*>& maps, Index begin, Index end) {
        for (const Real* map : maps) {
            const auto same = [&](const Range& r) { return r.begin == map + begin; };
            if (map && end > begin && std::none_of(ranges_.begin(), ranges_.end(), same))
                ranges_.push_back({map + begin, (end - begin) / simd::cache_line + 1});
        }
    }

    // Inlined, because gcc takes a function that only prefetches for one that does nothing, and drops the call.
    DEEPEN_INLINE void fetch_part() {
        for (const Range& r : ranges_)
            for (Index line = r.cache_lines * part_ / parts_; line < r.cache_lines * (part_ + 1) / parts_; ++line)
                __builtin_prefetch(r.begin + line * simd::cache_line, 0, second_cache);
        ++part_;
    }

private:
    static constexpr int second_cache = 2;               // the first has no room for it
    struct Range {
        const Real* begin;
        Index cache_lines;
    };
    Index parts_, part_ = 0;
    std::vector<Range> ranges_;
};

}  // namespace deepen
