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

#include "engine/in_order.h"

namespace deepen {

struct Moments {
    std::vector<double> mean, variance;                  // [C]; the variance divided by R, not R-1
};

class MomentsOfRanges {
public:
    explicit MomentsOfRanges(Index channels) : channels_(channels) {}

    void add(Index begin, Index end, const Real* x);     // elements begin .. end-1 of x [R,C], whole rows
    Moments merged() const;                              // of all rows so far

private:
    struct Part {
        Index rows;
        std::vector<Real> mean, squares;                 // [C]; squares of deviations from this range's mean
    };
    Index channels_;
    PartsInOrder<Part> parts_;
};

}  // namespace deepen
