// How is a matrix product computed fast without a library?
//
// For systems without a BLAS (`make BLAS=none`), and to see what such a library does: Goto and van de Geijn 2008,
// "Anatomy of high-performance matrix multiplication", without assembly.
//
//     for each block of k                    so that a strip of b [k block, columns of a register block] stays in cache
//         for each strip of b                copied once, in the order in which it is read
//             for each strip of a            rows of a register block, likewise
//                 sums of the register block: each step multiplies a column of a by a row of b
//
// The register block of c, 6 rows of 2 vectors, is read and written once for each block of k.
#pragma once

#include "engine/real.h"

namespace deepen {

// As gemm() in blas.h.
void own_gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
              const Real* b, Index ldb, Real beta, Real* c, Index ldc);

}  // namespace deepen
