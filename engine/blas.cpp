#include "engine/blas.h"

#ifdef DEEPEN_NO_BLAS

#include "engine/own_gemm.h"

namespace deepen {

void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
          const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
    own_gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

std::string blas_name() { return "none"; }

}  // namespace deepen

#else

#include <cblas.h>

#include <algorithm>
#include <limits>

#include "engine/error.h"

namespace deepen {
namespace {

#ifdef DEEPEN_DOUBLE
constexpr auto blas_gemm = cblas_dgemm;
#else
constexpr auto blas_gemm = cblas_sgemm;
#endif

// BLAS has its own width of integer, usually 32 bits, and each library its own name for it; the type of the fourth
// argument is it.
template <class Order, class Transpose, class Length, class... Others>
Length fourth_argument(void (*)(Order, Transpose, Transpose, Length, Others...));
using BlasLength = std::remove_const_t<decltype(fourth_argument(blas_gemm))>;

BlasLength blas_length(Index length) {
    require(length <= std::numeric_limits<BlasLength>::max(), "gemm: an axis of ", length,
            " elements is more than BLAS can count.  Try a smaller batch.");
    return static_cast<BlasLength>(length);
}

// BLAS insists on a row distance of at least 1 even where a matrix has no columns.
BlasLength row_distance(Index distance) { return blas_length(std::max<Index>(distance, 1)); }

void use_one_thread() {
#if defined(OPENBLAS_VERSION)
    [[maybe_unused]] static const bool done = (openblas_set_num_threads(1), true);
#elif defined(BLIS_H)
    [[maybe_unused]] static const bool done = (bli_thread_set_num_threads(1), true);
#endif
}

}  // namespace

void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
          const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
    if (m == 0 || n == 0) return;
    use_one_thread();
    blas_gemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              blas_length(m), blas_length(n), blas_length(k), alpha, a, row_distance(lda), b, row_distance(ldb), beta,
              c, row_distance(ldc));
}

std::string blas_name() {
#if defined(OPENBLAS_VERSION)
    return openblas_get_config();
#elif defined(BLIS_H)
    return std::string("BLIS ") + bli_info_get_version_str();
#else
    return "a CBLAS without a name";
#endif
}

}  // namespace deepen

#endif
