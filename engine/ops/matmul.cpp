// What does a fully connected layer compute?  Every output from every input: a matrix product.
//
// Shapes     a [M,K], b [K,N], y [M,N]
// Forward    y = a b,       y_mn = sum over k of a_mk b_kn
// Backward   da += dy b',   db += a' dy      (' transposes)
// Saved      a and b
// Cost       M N K multiply-adds forward, as many for each gradient
// Choice     to see which factor is transposed where, look at the shapes: da is [M,K], and from
//            dy [M,N] and b [K,N] there is only one way to make it.  The transposes are never built:
//            gemm reads its operands either way.  It runs on one thread, so the result is cut into
//            blocks and the threads share these.  db is a sum over a batch: batch_sum.h
#include <algorithm>
#include <utility>

#include "engine/autograd.h"
#include "engine/batch_sum.h"
#include "engine/blas.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/parallel.h"
#include "engine/profile.h"

namespace deepen {
namespace {

// c = a b + beta c, or with `turned` a b' + beta c, where a is [m,k] and b, or b', is [k,n].  Threads share c in
// blocks: leaves of rows, as these may be a batch, in bands of columns.
void product(Index m, Index n, Index k, const Real* a, const Real* b, bool turned, Real beta, Real* c) {
    const Index b_row = turned ? k : n;
    constexpr Index least_rows = 16, enough_rows = 256, least_band = 64;    // fewer waste gemm's packing
    constexpr Index least_work = 1 << 19;                // multiply-adds that outweigh a hand-over
    const Leaves rows = cut_batch(m, 1, least_rows, enough_rows);
    const Index band = std::max(least_band, least_work / std::max<Index>(rows.width * k, 1));
    const Index bands = (n + band - 1) / band;
    parallel_for(rows.count() * bands, [&](Index block) {
        const Index begin = rows.begin(block / bands), height = rows.end(block / bands) - begin;
        const Index left = block % bands * band, width = std::min(band, n - left);
        gemm(false, turned, height, width, k, 1, a + begin * k, k, b + left * (turned ? k : 1), b_row, beta,
             c + begin * n + left, n);
    });
}

// db [K,N] += a' dy: a sum over the rows of a [M,K] and dy [M,N], which in a linear layer are the batch.  Threads share
// db's rows in bands, and each band is summed over the tree, so that its buffers stay small.
void add_weight_gradient(Index M, Index K, Index N, const Real* a, const Real* dy, Real* db) {
    constexpr Index numbers = 1 << 16, rows = 16;        // of a band; of a leaf
    const Leaves leaves = cut_batch(M, 1, rows);
    const Index band = std::max<Index>(16, numbers / std::max<Index>(N, 1)), bands = (K + band - 1) / band;
    std::vector<std::unique_ptr<TreeSum<Numbers>>> sums(static_cast<std::size_t>(bands));
    parallel_for(bands, [&](Index i) {
        const Index begin = i * band, end = std::min(K, begin + band);
        auto sum = std::make_unique<TreeSum<Numbers>>(leaves);
        for (Index leaf = 0; leaf < leaves.count(); ++leaf) {
            const Index first = leaves.begin(leaf), last = leaves.end(leaf);
            Numbers part((end - begin) * N);
            gemm(true, false, end - begin, N, last - first, 1, a + first * K + begin, K, dy + first * N, N, 0,
                 part.data(), N);
            sum->add(leaf, std::move(part));
        }
        sums[static_cast<std::size_t>(i)] = std::move(sum);
    });
    for (Index i = 0; i < bands; ++i) {
        const auto add = [to = db + i * band * N](const Numbers& sum) { sum.add_to(to); };
        sums[static_cast<std::size_t>(i)]->total_later(db, add);
    }
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
    require(a.rank() == 2 && b.rank() == 2, "matmul: both operands need two axes.  a ", a.shape(), " (M,K)  b ",
            b.shape(), " (K,N).  Try flatten() or reshape() first.");
    require(a.shape()[1] == b.shape()[0], "matmul: a has ", a.shape()[1], " columns and b ", b.shape()[0],
            " rows; they must be equal.  a ", a.shape(), " (M,K)  b ", b.shape(), " (K,N).  Try transpose() of one.");
    const Index M = a.shape()[0], K = a.shape()[1], N = b.shape()[1];
    Tensor y = Tensor::uninitialised({M, N});
    profile::count(M * N * K);
    product(M, N, K, a.data().data(), b.data().data(), false, 0, y.data().data());

    return record("matmul", y, {a, b}, [=, a = a.detach(), b = b.detach()](Gradients& d) {
        const Real* dy = d.output().data().data();
        if (d.wanted(0)) product(M, K, N, dy, b.data().data(), true, 1, d.input(0).data());
        if (d.wanted(1)) add_weight_gradient(M, K, N, a.data().data(), dy, d.input(1).data());
    });
}

}  // namespace deepen
