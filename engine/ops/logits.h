// How is a row of scores normalised without overflow?
//
// Note [Exponentials below the maximum]
//   softmax, log_softmax and cross_entropy need e^x of scores that may be 1e4, where e^89 already
//   is too large for a float.  But adding one number to all scores of a row changes no ratio, so
//   the row's largest is taken off first: all exponents are at most 0, one is exactly 0, and the sum
//   is between 1 and the number of classes.
//
//       log sum_j e^x_j = m + log sum_j e^(x_j - m),     m = max_j x_j
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/parallel.h"
#include "engine/tensor.h"

namespace deepen {

struct RowScale {
    Real max;
    Real sum;                             // of e^(x - max)
};

inline RowScale row_scale(const Real* x, Index n) {
    const Real max = *std::max_element(x, x + n);
    Real sum = 0;
    for (Index i = 0; i < n; ++i) sum += std::exp(x[i] - max);
    return {max, sum};
}

// Calls work(row, position of its first element) for all rows along the last axis, on all threads.
template <class Work>
void for_rows(const Shape& shape, Work work) {
    const Index length = shape[-1];
    if (shape.size() == 0) return;
    const Index grain = std::max<Index>(1, elementwise_grain / 8 / length);       // an exp is worth 8 multiplications
    parallel_ranges(shape.size() / length, grain, [=](Index begin, Index end) {
        for (Index row = begin; row < end; ++row) work(row, row * length);
    });
}

}  // namespace deepen
