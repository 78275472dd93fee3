// The variance of numbers that arrive in pieces.
#pragma once

#include <algorithm>
#include <span>

#include "engine/real.h"

namespace deepen {

// In double, sums of squares lose few digits: the activations' mean is of the size of their deviation.
struct RunningVariance {
    double count = 0, sum = 0, squares = 0;

    void add(std::span<const Real> values) {
        for (const Real value : values) sum += value, squares += static_cast<double>(value) * value;
        count += static_cast<double>(values.size());
    }
    double variance() const {                            // divided by the count
        const double mean = sum / count;
        return std::max(0.0, squares / count - mean * mean);
    }
};

}  // namespace deepen
