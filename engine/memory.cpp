#include "engine/memory.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "engine/error.h"

namespace deepen {
namespace {

constexpr std::size_t alignment = 64;

// The free list: blocks by capacity and the thread that had them last, of equal ones the last freed last.  Never
// destroyed, because tensors with static lifetime may be freed after it would have been.
struct Pool {
    std::mutex mutex;
    std::multimap<std::pair<std::size_t, std::thread::id>, void*> free;
    memory::Statistics statistics{};
    std::atomic<bool> poison = false;
    Index left_before_failure = -1;       // negative: none is to fail
};

Pool& pool() {
    static Pool* const instance = new Pool;
    return *instance;
}

void release_all(Pool& p) {
    for (auto& [key, block] : p.free) std::free(block);
    p.free.clear();
    p.statistics.cached_bytes = 0;
}

// Fresh memory.  Large blocks ask for large pages: with pages of 4 KiB, a walk over a map of a few MiB spends
// much of its time on finding out where they are.
void* fresh_block(std::size_t bytes) {
#if defined(__linux__)
    constexpr std::size_t large_page = 2 << 20;
    if (bytes >= large_page) {
        void* block = std::aligned_alloc(large_page, (bytes + large_page - 1) / large_page * large_page);
        if (block) madvise(block, bytes, MADV_HUGEPAGE);
        return block;
    }
#endif
    return std::aligned_alloc(alignment, bytes);
}

// The smallest kept block that fits and is not more than a quarter too large; else a new one.  Of several the
// one that this thread freed last, or any: a scratch buffer that changes cores, or was not touched for
// long, has to be brought over line by line.
void* take(Pool& p, std::size_t bytes, std::size_t& capacity) {
    const auto smallest = p.free.lower_bound({bytes, std::thread::id()});     // which is no thread's, and the least
    if (smallest != p.free.end() && smallest->first.first <= bytes + bytes / 4) {
        capacity = smallest->first.first;
        const std::pair mine{capacity, std::this_thread::get_id()};
        const auto behind = p.free.upper_bound(mine);
        const bool any_mine = behind != p.free.begin() && std::prev(behind)->first == mine;
        const auto found = any_mine ? std::prev(behind) : smallest;
        void* block = found->second;
        p.free.erase(found);
        p.statistics.cached_bytes -= capacity;
        return block;
    }
    capacity = bytes;
    void* block = fresh_block(bytes);
    if (!block) {
        release_all(p);
        block = fresh_block(bytes);
    }
    return block;
}

}  // namespace

Storage::Storage(Index size) : size_(size) { allocate(); }

Storage::Storage(Index size, std::shared_ptr<const Lazy> lazy) : size_(size), lazy_(std::move(lazy)) {}

Real* Storage::data() {
    Real* const there = data_;
    return there ? there : compute();
}

std::shared_ptr<const Lazy> Storage::lazy() const {
    if (data_) return nullptr;
    const std::lock_guard lock(mutex_);
    return data_ ? nullptr : lazy_;
}

void Storage::add_dependant(const std::shared_ptr<Storage>& lazy) {
    const std::lock_guard lock(mutex_);
    if (dependants_.size() == dependants_.capacity()) {  // seldom enough to cost little, however many there are
        std::erase_if(dependants_, [](const auto& dependant) { return dependant.expired(); });
        dependants_.reserve(2 * dependants_.size() + 1);
    }
    dependants_.push_back(lazy);
    has_dependants_ = true;
}

Real* Storage::data_to_write() {
    if (has_dependants_) {
        std::unique_lock lock(mutex_);
        const auto dependants = dependants_;
        lock.unlock();
        for (const auto& dependant : dependants)
            if (const auto lazy = dependant.lock()) lazy->data();
        lock.lock();
        dependants_.clear();
        has_dependants_ = false;
    }
    return data();
}

void Storage::allocate() {
    const Index size = size_;
    require(size >= 0 && static_cast<std::size_t>(size) < std::numeric_limits<std::size_t>::max() / (2 * sizeof(Real)),
            "memory: ", size, " elements cannot be stored.");
    if (size == 0) {                      // no numbers: no block, and no lock
        alignas(alignment) static Real nothing;
        data_ = &nothing;
        return;
    }
    const std::size_t bytes = (size * sizeof(Real) + alignment - 1) / alignment * alignment;
    Pool& p = pool();
    {
        std::lock_guard lock(p.mutex);
        const bool fails = p.left_before_failure >= 0 && p.left_before_failure-- == 0;
        if (!fails) data_ = static_cast<Real*>(take(p, bytes, capacity_));
        require(data_ != nullptr, "out of memory: ", bytes >> 20, " MiB more were needed on top of ",
                p.statistics.live_bytes >> 20, " MiB in use.  Try a smaller batch or a smaller net.");
        p.statistics.live_bytes += capacity_;
        p.statistics.peak_bytes = std::max(p.statistics.peak_bytes, p.statistics.live_bytes);
    }
    if (p.poison) std::fill_n(data_.load(), size_, std::numeric_limits<Real>::quiet_NaN());
}

Storage::~Storage() {
    if (!data_ || size_ == 0) return;
    Pool& p = pool();
    std::lock_guard lock(p.mutex);
    p.statistics.live_bytes -= capacity_;
    try {
        p.free.emplace(std::pair{capacity_, std::this_thread::get_id()}, data_);
    } catch (const std::bad_alloc&) {
        std::free(data_);
        return;
    }
    p.statistics.cached_bytes += capacity_;
    // Sizes that keep changing must not pile up.  Those of one step do not all fall into its peak, so twice that
    // may be kept: to give back and to fetch again costs a fault for each page.
    if (p.statistics.cached_bytes > 2 * p.statistics.peak_bytes) release_all(p);
}

namespace memory {

Statistics statistics() {
    std::lock_guard lock(pool().mutex);
    return pool().statistics;
}

void reset_peak() {
    std::lock_guard lock(pool().mutex);
    pool().statistics.peak_bytes = pool().statistics.live_bytes;
}

void release_cached() {
    std::lock_guard lock(pool().mutex);
    release_all(pool());
}

bool poison(bool on) {
    return pool().poison.exchange(on);
}

void fail_after(Index count) {
    std::lock_guard lock(pool().mutex);
    pool().left_before_failure = count;
}

}  // namespace memory
}  // namespace deepen
