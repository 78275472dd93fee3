// How do several chunks add into one sum without racing, and with the same bits every time?
//
// Each group of pictures adds into a buffer of its own; the buffers are then added in group order.
// The number of groups depends on the batch alone, never on the threads.
#pragma once

#include <algorithm>
#include <functional>

#include "engine/memory.h"
#include "engine/parallel.h"

namespace deepen {

// Enough groups to keep many cores busy, few enough that their buffers stay small.
inline constexpr Index max_groups = 16;

// Calls work(begin, end, partial) for each group of pictures begin .. end-1 in parallel; `partial`
// is that group's zero-filled buffer of `size` Reals, and `total` += all of them.  With a null
// total nothing is summed and `partial` is null.
inline void sum_over_groups(Index pictures, Index size, Real* total,
                            const std::function<void(Index begin, Index end, Real* partial)>& work) {
    const Index groups = std::min(pictures, max_groups);
    Storage partials(total ? groups * size : 0);
    parallel_for(groups, [&](Index group) {
        Real* partial = total ? partials.data() + group * size : nullptr;
        if (partial) std::fill(partial, partial + size, Real(0));
        work(group * pictures / groups, (group + 1) * pictures / groups, partial);
    });
    for (Index group = 0; total && group < groups; ++group)
        for (Index i = 0; i < size; ++i) total[i] += partials.data()[group * size + i];
}

}  // namespace deepen
