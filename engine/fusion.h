// Why is a network slower than its arithmetic, and what is operator fusion?
//
// Because of memory.  relu reads a number, compares it and writes it: the comparison costs nothing beside the way to
// memory and back.  relu(batch_norm(y) + x), op by op, with mean and variance known, carries a whole map through memory
// seven times; fused, it reads y and x once and writes the result once.  Most engines fuse by writing one more
// op for each combination.  Here ops stay what they are, and three mechanisms let them share a pass over memory.  All
// three work on ranges that fit the cache (ranges.h).
//
// Lazy evaluation
//     The result of a cheap op that works element by element (relu, the addition of two maps, batch norm's
//     scale xhat + shift, the gamma and beta of plain/batch_norm.h) is not computed.  It is noted down: a tensor whose
//     numbers come from a base by a list of steps.  Another such op adds a step.  The first call of data() runs all
//     steps on one range after the other, in one pass over memory; from then on the tensor is like any other.
//
//         conv2d ── batch_norm ── add ── relu         base: the convolution's output
//                                  │                  steps: batch norm, + x, relu
//                                  x
//
// Prologue
//     A convolution reads its input range by range.  If the input is lazy and cheap to compute, each range is computed
//     in a buffer that stays in cache, and the whole map never exists: the batch norm and relu between two convolutions
//     happen as the second one loads its input.  Every reader repeats this work.  That pays where there is one map to
//     read and little arithmetic.  An addition reads two: its result is computed once, when it is first read, and kept
//     (`keep`).
//
// Epilogue
//     A convolution writes its output range by range, and can run further steps on each range as soon as it is final.
//     Forward, a convolution is lazy itself: it has not run yet when batch norm (in evaluation), the addition and relu
//     are called on its output, and unless something else holds that output, they become its epilogue.  In training,
//     batch norm first needs the mean and variance of the whole output; it takes them as an epilogue (`visit`).
//     Backward, the epilogue of a gradient is the *gradient hook* of its node (autograd.h): relu masks dy, and batch
//     norm takes its two sums over the batch, while the convolution behind them computes dy.
//
// Note [Laziness cannot be observed]
//   A lazy tensor has the numbers that it would have had if it had been computed at once.  Writing to a tensor (data()
//   of a Tensor that is not const) first computes everything lazy that depends on its numbers: each Storage knows its
//   dependants.  Threads may read a lazy tensor at the same time: each that comes before the numbers are there computes
//   them, and the first to finish publishes them.  If a step throws, the tensor stays lazy.
//   `fusion::enabled(false)` computes everything at once, op by op, for tests and for measuring what fusion saves.
//   The results are the same to the bit: see Note [Sums have the same bits] in ranges.h.
#pragma once

#include "engine/ranges.h"
#include "engine/tensor.h"

namespace deepen {

// How the numbers of a tensor are computed when they are needed.
struct Lazy {
    std::vector<const char*> ops;                        // whose results these are, for the profile
    Index unit = 1;                                      // ranges begin and end at multiples of this
    std::shared_ptr<Storage> base = {};                  // what the first step reads; null: it needs nothing
    std::vector<RangeFunction> steps = {};               // the first from the base, the others in place
    // Instead of steps: computes the whole map, in an order of its own.
    std::function<void(const Output&)> whole = {};
    bool keep = false;                                   // too dear to be computed by every reader
    std::vector<std::weak_ptr<Storage>> sources = {};  // whose numbers it reads: Note [Laziness cannot be observed]

    void compute(Index begin, Index end, Real* to) const;  // by the steps, from the base
    // The steps on what lies at `from`, which may be `to` itself; in pieces that fit the first cache.
    void run(Index begin, Index end, const Real* from, Real* to) const;
    std::vector<const Real*> reads() const;                // where ranges come from, for prefetching
};

// A map to be read range by range, from memory or through a prologue.
class Input {
public:
    Input(const Real* data) : data_(data) {}             // implicit: a map in memory
    // Implicit.  Computes x now if it is not cheap.  Ranges begin and end with a whole row of x [...,C].
    Input(const Tensor& x);

    std::vector<const Real*> reads() const { return data_ ? std::vector{data_} : lazy_->reads(); }
    Index unit() const { return data_ ? 1 : lazy_->unit; }

    // A thread's own reader: what it returned last stays valid until the next call.
    class Reader {
    public:
        explicit Reader(const Input& input) : input_(input) {}

        // Elements begin .. end-1, at p + begin .. p + end-1 of the returned p, as if all of the map were there.
        const Real* operator()(Index begin, Index end) {
            if (input_.data_ || begin == end) return input_.data_;
            const bool small = end - begin <= small_range;
            if (!small && (!large_ || large_->size() < end - begin)) large_ = std::make_unique<Storage>(end - begin);
            Real* const to = small ? small_ : large_->data();
            input_.lazy_->compute(begin, end, to);
            return to - begin;
        }

    private:
        const Input& input_;
        alignas(64) Real small_[small_range];            // needs no lock; not initialised
        std::unique_ptr<Storage> large_;
    };

private:
    Tensor tensor_;                                      // kept alive
    std::shared_ptr<const Lazy> lazy_;
    const Real* data_;
};

namespace fusion {

bool cheap(const Tensor& x);                             // is it lazy, and computed by each of its readers?
void settle(const Tensor& x);                            // computes x now if it is lazy and not cheap
void visit(const Tensor& x, const RangeFunction& f);     // runs f on all of x in place, while it is computed if lazy
bool enabled();
bool enabled(bool on);                                   // returns what was set before

// y_i = f(x_i), and y_i = f(a_i, b_i) for a and b of one shape: lazy, or at once where fusion is off.  A pair continues
// the steps of a, and reads b.  relu, for example, is
//     fusion::map("relu", x, {[](Index begin, Index end, const Real* x, Real* y) {
//         for (Index i = 0; i < end - begin; ++i) y[i] = x[i] < 0 ? 0 : x[i];
//     }});
struct MapOptions {
    bool keep = false;                                   // compute it once, for all readers
    std::vector<Tensor> reads = {};                      // whose numbers f reads besides
};
Tensor map(const char* op, const Tensor& x, RangeFunction f, MapOptions options = {});

struct PairFunction {
    std::function<void(Index begin, Index end, const Real* a, const Real* b, Real* to)> run;
    Index unit = 1;
};
Tensor map(const char* op, const Tensor& a, const Tensor& b, PairFunction f, MapOptions options = {.keep = true});

// A map [...,C] that `compute` writes as a whole, in ranges of whole rows of C, with the epilogue that it is given.
Tensor whole(const char* op, Shape shape, std::function<void(const Output&)> compute, const std::vector<Tensor>& reads);

// A map that does not come element by element from one base: f finds what it needs, e.g. every other pixel of x.
Tensor made(const char* op, Shape shape, RangeFunction f, const std::vector<Tensor>& reads);

// Calls work(begin, end) for pieces of begin .. end-1 that fit the first cache.
template <class Work>
void for_pieces(Index begin, Index end, Index unit, Work work) {
    const Index step = small_range > unit ? small_range / unit * unit : unit;
    for (Index at = begin; at < end; at += step) work(at, at + step < end ? at + step : end);
}

}  // namespace fusion
}  // namespace deepen
