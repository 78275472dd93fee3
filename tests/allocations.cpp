// How much memory did that ask for at once?  See allocations.h: every `new` of the tests comes by here.
#include "tests/allocations.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/memory.h"

namespace {

std::atomic<std::size_t> largest{0};
thread_local long left_before_failure = -1;

void note(std::size_t size) {
    for (std::size_t before = largest; size > before && !largest.compare_exchange_weak(before, size);) {
    }
}

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    note(size);
    if (left_before_failure >= 0 && left_before_failure-- == 0) return nullptr;
    return std::malloc(std::max<std::size_t>(size, 1));
}

void* operator new(std::size_t size) {
    if (void* piece = operator new(size, std::nothrow)) return piece;
    throw std::bad_alloc();
}

void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, std::size_t) noexcept { std::free(piece); }
void operator delete(void* piece, const std::nothrow_t&) noexcept { std::free(piece); }

namespace deepen {

void fail_allocation_after(long count) { left_before_failure = count; }

// A storage takes no `new` for its numbers; its peak is at least as large as its largest piece.
std::size_t largest_allocation() {
    const memory::Statistics s = memory::statistics();
    memory::reset_peak();
    return std::max(largest.exchange(0), s.peak_bytes - s.live_bytes);
}

}  // namespace deepen
