// What are the mean and the variance of each channel, over all rows?
//
// Rows come in stretches, from any thread and in any order: a convolution reports them as it finishes
// them (Note [While it is in cache]).  Each stretch keeps its own moments; they are merged in the order
// of their rows, so the result has the same bits in whatever order they arrive.
//
// Note [Wide rows]
//   Sixteen channels fill one vector: too short a loop to be fast.  So w rows that follow one another are
//   taken as one row of w*C columns, with the per-channel numbers repeated w times; sums per column are
//   folded back to sums per channel.
//
// Note [Merging moments]
//   sum(x^2) - sum(x)^2 / R loses all digits when the mean is large.  Instead each stretch finds its
//   own mean and sum of squared deviations M, and two stretches with n1 and n2 rows merge exactly:
//       mean = mean1 + (mean2 - mean1) n2 / n        M = M1 + M2 + (mean2 - mean1)^2 n1 n2 / n
//   Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", (2.1).
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "engine/real.h"

namespace deepen {

// Rows of C channels, taken `width` at a time (Note [Wide rows]).
struct Rows {
    Index rows, channels, width = 1;

    Rows(Index rows, Index channels);
    Index columns() const { return channels * width; }
    Index size() const { return rows * channels; }

    std::vector<Real> repeat(const Real* per_channel) const;
    void fold(const Real* wide, Real* sums) const;       // sums per column -> sums per channel
};

struct Moments {
    std::vector<double> mean, variance;                  // [C]; the variance divided by R, not R-1
};

class MomentsOfStretches {
public:
    explicit MomentsOfStretches(Index channels) : channels_(channels) {}

    // Rows first .. first+rows-1, which lie at x.  From any thread; each row once.
    void add(Index first, const Real* x, Index rows);
    Moments merged() const;                              // of all rows so far

private:
    struct Part {
        Index rows;
        std::vector<Real> mean, squares;                 // [C]
    };
    Index channels_;
    std::mutex mutex_;
    std::map<Index, Part> parts_;                        // by first row
};

// Calls work(begin, end) for stretches of rows of C channels, in parallel.
void parallel_rows(Index rows, Index channels, const std::function<void(Index begin, Index end)>& work);

Moments moments_of(const Real* x, Index rows, Index channels);

}  // namespace deepen
