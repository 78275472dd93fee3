// Where do the numbers live?
//
// A Storage is one 64-byte aligned block of Reals (a cache line, and the widest SIMD vector).
// Freed blocks are kept in a free list by size and handed out again: a training step asks for the
// same sizes as the step before, and fresh pages from the system cost a fault each (4 KiB at a
// time), which is more than the arithmetic on them.
//
// Peak memory is a figure to look at, not an accident: `memory::statistics()`.
//
// Note [Made when needed]
//   Some numbers are cheaper to make than to keep: y = relu(a x + b) is one multiply-add from x, which is
//   kept anyway, while writing y to memory and reading it back costs more than that.  So a Storage can
//   hold a maker in place of numbers.  Who reads it stretch by stretch (a convolution, picture by
//   picture) has each stretch made in a piece of memory that stays in cache, and nothing is kept; who
//   asks for data() gets all of it made at once, and from then on it is a Storage like any other.
//
//   That y was never written must not be noticed.  So threads may read it at the same time: each that comes
//   before it is there makes its own, and the first to be done publishes it.  A maker that throws leaves y as
//   it was, to be made again.  And a Storage knows what is still to be made from it: whoever asks to write to
//   x first has y made from the numbers that x has had so far.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/real.h"

namespace deepen {

// How to make the elements begin .. end-1, both multiples of `unit`; from any thread, the same every time.
struct Maker {
    Index unit;
    std::function<void(Index begin, Index end, Real* to)> make;
    std::vector<const Real*> reads = {};  // memory from which elements begin .. end-1 are made, if anyone wants to
                                          // have it in cache before
};

class Storage {
public:
    explicit Storage(Index size);         // contents are unspecified; throws Error when memory is out
    Storage(Index size, Maker maker);   // Note [Made when needed]; takes no memory yet
    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    Real* data();                         // to read: from any number of threads
    Real* data_to_write();                // what is to be made from these numbers is made before
    Index size() const { return size_; }
    std::shared_ptr<const Maker> maker() const;  // null where the numbers are there
    void is_read_by(const std::shared_ptr<Storage>& deferred);  // whose maker reads these numbers

private:
    void allocate();
    Real* made();

    std::atomic<Real*> data_ = nullptr;   // published when the numbers are there
    Index size_ = 0;
    std::size_t capacity_ = 0;            // bytes, what the free list knows the block by
    std::atomic<bool> has_readers_ = false;
    mutable std::mutex mutex_;            // of what follows; never held while numbers are made
    std::shared_ptr<const Maker> maker_;
    std::vector<std::weak_ptr<Storage>> readers_;
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
