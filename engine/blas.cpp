#include "engine/blas.h"

#include <cblas.h>

#include <algorithm>
#include <limits>

#include "engine/error.h"

namespace deepen {
namespace {

// BLAS has its own width of integer, usually 32 bits, and insists on a row distance of at least 1
// even where a matrix has no columns.
blasint blas_length(Index length) {
    require(length <= std::numeric_limits<blasint>::max(), "gemm: an axis of ", length,
            " elements is more than BLAS can count.  Try a smaller batch.");
    return static_cast<blasint>(length);
}

blasint row_distance(Index distance) { return blas_length(std::max<Index>(distance, 1)); }

void use_one_thread() {
    [[maybe_unused]] static const bool done = (openblas_set_num_threads(1), true);
}

#ifdef DEEPEN_DOUBLE
constexpr auto blas_gemm = cblas_dgemm;
#else
constexpr auto blas_gemm = cblas_sgemm;
#endif

}  // namespace

void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
          const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
    if (m == 0 || n == 0) return;
    use_one_thread();
    blas_gemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              blas_length(m), blas_length(n), blas_length(k), alpha, a, row_distance(lda), b, row_distance(ldb), beta,
              c, row_distance(ldc));
}

}  // namespace deepen
