// How is a matrix product computed fast without a library?  See own_gemm.h.
#include "engine/own_gemm.h"

#include <algorithm>
#include <vector>

#include "engine/simd.h"

namespace deepen {
namespace {

using simd::lanes;
using simd::Vector;

constexpr Index rows = 6, vectors = 2, columns = vectors * lanes;     // of the register block
constexpr Index depth = 256;                                           // of a block of k

// Element (i, j) of op(x), as it is stored.
struct Matrix {
    const Real* x;
    Index down, right;                                   // distances between rows, and between columns

    Real operator()(Index i, Index j) const { return x[i * down + j * right]; }
};

Matrix op(bool transposed, const Real* x, Index ld) {
    return transposed ? Matrix{x, 1, ld} : Matrix{x, ld, 1};
}

// [k, rows] of a from row i on, and [k, columns] of b from column j on; beyond the matrix, zeros.
void pack_a(const Matrix& a, Index i, Index m, Index begin, Index end, Real* to) {
    for (Index l = begin; l < end; ++l)
        for (Index r = 0; r < rows; ++r) *to++ = i + r < m ? a(i + r, l) : 0;
}

void pack_b(const Matrix& b, Index j, Index n, Index begin, Index end, Real* to) {
    for (Index l = begin; l < end; ++l)
        for (Index c = 0; c < columns; ++c) *to++ = j + c < n ? b(l, j + c) : 0;
}

// sums [rows, columns] of a strip of each.
void multiply_strips(const Real* a, const Real* b, Index terms, Real* sums) {
    Vector sum[rows][vectors] = {};
    for (Index l = 0; l < terms; ++l, a += rows, b += columns) {
        Vector row[vectors];
        for (Index v = 0; v < vectors; ++v) row[v] = simd::load(b + v * lanes);
        for (Index r = 0; r < rows; ++r)
            for (Index v = 0; v < vectors; ++v) sum[r][v] += a[r] * row[v];
    }
    for (Index r = 0; r < rows; ++r)
        for (Index v = 0; v < vectors; ++v) simd::store(sums + r * columns + v * lanes, sum[r][v]);
}

}  // namespace

void own_gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
              const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
    for (Index i = 0; i < m; ++i)
        for (Index j = 0; j < n; ++j) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
    const Matrix from_a = op(transpose_a, a, lda), from_b = op(transpose_b, b, ldb);
    const Index strips = (m + rows - 1) / rows;
    std::vector<Real> packed_a(strips * rows * std::min(k, depth)), packed_b(columns * std::min(k, depth));
    std::vector<Real> sums(rows * columns);
    for (Index begin = 0; begin < k; begin += depth) {
        const Index end = std::min(begin + depth, k), terms = end - begin;
        for (Index s = 0; s < strips; ++s)
            pack_a(from_a, s * rows, m, begin, end, packed_a.data() + s * rows * terms);
        for (Index j = 0; j < n; j += columns) {
            pack_b(from_b, j, n, begin, end, packed_b.data());
            for (Index s = 0; s < strips; ++s) {
                multiply_strips(packed_a.data() + s * rows * terms, packed_b.data(), terms, sums.data());
                for (Index i = s * rows; i < std::min(m, (s + 1) * rows); ++i)
                    for (Index col = j; col < std::min(n, j + columns); ++col)
                        c[i * ldc + col] += alpha * sums[(i - s * rows) * columns + col - j];
            }
        }
    }
}

}  // namespace deepen
