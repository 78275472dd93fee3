// How is work shared among cores?
//
// Work is cut into chunks that depend on the problem alone, never on how many threads there are; each thread
// begins with its own share of them, then helps the others (Note [Each its own share]).  A chunk writes only
// what is its own, and sums over chunks are added in an order of their own (batch_sum.h).  So the result has
// the same bits at any number of threads.
#pragma once

#include <functional>

#include "engine/real.h"

namespace deepen {

// Threads that take part, the calling one included.  At least 1.  The default is the number of
// processors this process may use (processors.h).
void set_threads(int count);
int threads();

// Calls work(0) .. work(chunks-1), each once, on all threads, and returns when all are done.
// The first exception (by chunk number) reaches the caller.  A call from inside a chunk runs in place;
// set_threads() has no place there.  Threads do not survive a fork(): after the first call that needs them, a
// child of this process that has not become another program (exec) would wait for them for ever.
void parallel_for(Index chunks, const std::function<void(Index chunk)>& work);

// Cuts 0 .. n into ranges of `grain` (the last one shorter) and calls work(begin, end) for each.
void parallel_ranges(Index n, Index grain, const std::function<void(Index begin, Index end)>& work);

// Calls work(0) .. work(count-1), each once, up to `jobs` at a time, and returns when all are done.  Each job has its
// share of the threads to itself: a parallel_for() in one waits neither for another's nor for the caller's.  After an
// exception none begins that has not begun; the first (by number) reaches the caller.  Refuses more jobs than threads.
void side_by_side(int jobs, Index count, const std::function<void(Index i)>& work);

// Elements that one chunk of an elementwise loop should have: enough to outweigh its hand-over.
inline constexpr Index elementwise_grain = 1 << 14;

}  // namespace deepen
