// What is a function on a range of a feature map?
//
// A map, short for feature map, is [N,H,W,C] numbers, one after the other.  Reading and writing one takes longer than
// simple arithmetic on it, because several megabytes do not fit the cache.  A range of it does.  So work on maps is
// passed around as functions on one range at a time, and called while that range is in cache: fusion.h tells by whom.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/real.h"

namespace deepen {

inline constexpr Index small_range = 4096;               // numbers: fits the first cache, with as many of another map

struct RangeFunction {
    // Takes elements begin .. end-1 of a map, the first of which is from[0], and leaves its results from to[0] on,
    // which may be the same place.  Called from any thread.  What it writes does not depend on how a map is cut into
    // ranges; the last bits of a sum that it takes may: Note [Sums have the same bits].
    std::function<void(Index begin, Index end, const Real* from, Real* to)> run;
    std::vector<const Real*> reads = {};  // other maps, of which it reads the same elements: worth prefetching
    Index unit = 1;                       // begin and end must be multiples of this

    explicit operator bool() const { return static_cast<bool>(run); }
};

// One after the other: the first takes what lies at `from`, each other one works in place on what is at `to` by then.
// Reads what any of them reads, in ranges that fit all their units.  Without functions, none.
RangeFunction in_turn(std::vector<RangeFunction> functions);

// The ranges in which a map was written.  Note [Sums have the same bits]
//   A sum over a map is taken range by range, and its last bits depend on the ranges and on the order in which their
//   sums are added.  Ranges follow from shapes, never from the number of threads, and a map remembers them, so that it
//   does not matter whether a sum is taken while the map is written or afterwards.  The ranges of 2^k pictures make a
//   leaf, and leaves are added in pairs, whichever thread is done first (batch_sum.h).
class RangeList {
public:
    RangeList() = default;
    RangeList(const RangeList& other) : ranges_(other.sorted()) {}
    RangeList& operator=(const RangeList& other);

    void clear();
    void add(Index begin, Index end);                    // from any thread
    std::vector<std::pair<Index, Index>> sorted() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::pair<Index, Index>> ranges_;
};

// Where to write a map [...,C] that is made range by range, and what to do with each range while it is in cache.
struct Output {
    Real* data = nullptr;                 // null: not wanted
    bool add = false;                     // add to the numbers that are there; otherwise there are none yet
    RangeFunction epilogue = {};          // works in place on each range, once, as soon as its numbers are final
    RangeList* ranges = nullptr;          // to be told of each

    void finished(Index begin, Index end) const {
        if (!data || begin == end) return;
        if (epilogue) epilogue.run(begin, end, data + begin, data + begin);
        if (ranges) ranges->add(begin, end);
    }
};

}  // namespace deepen
