// Where do the numbers live?
//
// A Storage is one 64-byte aligned block of Reals (a cache line, and the widest SIMD vector).
// Freed blocks are kept in a free list by size and handed out again: a training step asks for the
// same sizes as the step before, and fresh pages from the system cost a fault each (4 KiB at a
// time), which is more than the arithmetic on them.
//
// Peak memory is a figure to look at, not an accident: `memory::statistics()`.
//
// A Storage may also be lazy: it has no numbers yet, but knows how to compute them when they are needed (fusion.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/ranges.h"

namespace deepen {

struct Lazy;  // fusion.h

class Storage {
public:
    explicit Storage(Index size);         // contents are unspecified; throws Error when memory is out
    Storage(Index size, std::shared_ptr<const Lazy> lazy);               // takes no memory yet
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    Real* data();                         // to read: from any number of threads
    Real* data_to_write();                // everything lazy that depends on these numbers is computed before
    Index size() const { return size_; }
    std::shared_ptr<const Lazy> lazy() const;                            // null where the numbers are there
    // Now.  The visitor sees the numbers range by range, those of this many pictures.
    Real* compute(const RangeFunction* visitor = nullptr, Index pictures = 1);
    RangeList& ranges() { return ranges_; }                              // Note [Sums have the same bits]
    void add_dependant(const std::shared_ptr<Storage>& lazy);            // it reads these numbers

private:
    void allocate();

    std::atomic<Real*> data_ = nullptr;   // published when the numbers are there
    Index size_ = 0;
    std::size_t capacity_ = 0;            // bytes, what the free list knows the block by
    std::atomic<bool> has_dependants_ = false;
    mutable std::mutex mutex_;            // of what follows; never held while numbers are computed
    std::shared_ptr<const Lazy> lazy_;
    std::vector<std::weak_ptr<Storage>> dependants_;
    RangeList ranges_;
};

namespace memory {

struct Statistics {
    std::size_t live_bytes;               // in use by storages now
    std::size_t peak_bytes;               // the most that was in use at once since reset_peak()
    std::size_t cached_bytes;             // kept for reuse
};

Statistics statistics();
void reset_peak();
void release_cached();                    // gives kept blocks back to the system

// Fills every new storage with NaN, so that a kernel that forgets to write an element, or reads one
// it should have written, is found out.  For tests.  Returns what was set before.
bool poison(bool on);

// Lets one storage fail as if memory were out: the one after the next `count`.  Negative: none.  For tests.
void fail_after(Index count);

}  // namespace memory
}  // namespace deepen
