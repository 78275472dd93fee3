// What are the mean and the variance of each channel, over all rows?
//
// Note [Merging moments]
//   sum(x^2) - sum(x)^2 / R loses all digits when the mean is large.  Instead rows are taken in ranges that fit the
//   cache; each range finds its own mean and its sum of squared deviations M, and two of them, of n1 and n2 rows,
//   merge exactly:
//       mean = mean1 + (mean2 - mean1) n2 / n        M = M1 + M2 + (mean2 - mean1)^2 n1 n2 / n
//   Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", (2.1).
#pragma once

#include <vector>

#include "engine/batch_sum.h"
#include "engine/shape.h"

namespace deepen {

struct Moments {
    std::vector<double> mean, variance;                  // [C]; the variance divided by R, not R-1
};

// The mean and the squared deviations from it, over some rows.
struct PartialMoments {
    double rows = 0;
    std::vector<double> mean = {}, squares = {};         // [C]

    PartialMoments& operator+=(const PartialMoments& other);
    template <class F>
    void for_numbers(F f) {
        f(&rows, 1), f(mean.data(), mean.size()), f(squares.data(), squares.size());
    }
};

class MomentsOfRanges {
public:
    explicit MomentsOfRanges(const Shape& x) : channels_(x[-1]), sums_(x[0], x.size()) {}

    void add(Index begin, Index end, const Real* x);     // elements begin .. end-1 of x [...,C], whole rows
    Moments merged() const;                              // of all rows

private:
    Index channels_;
    RangeSums<PartialMoments> sums_;
};

}  // namespace deepen
