// How is a matrix product computed fast?  By a library: OpenBLAS, or another with the same interface (CBLAS).
//
// The three obvious loops reach a few per cent of what a core can do.  The product of two n x n
// matrices does n^3 multiplications on n^2 numbers: every number is used n times, and all the speed
// is in using it often while it is in a register or in cache (Goto and van de Geijn 2008, "Anatomy
// of high-performance matrix multiplication").  OpenBLAS does that, per processor, in assembly.
// Linear layers and im2col use it.  Where shapes are narrow, the engine has matrix products of its
// own, which are faster there: conv/direct_products.h and conv/winograd_products.h.
//
// `make BLAS=none` does without, with a product of our own (own_gemm.h); BLAS=NAME takes the library that pkg-config
// knows by that name.
//
// OpenBLAS and BLIS are kept to one thread.  Parallelism is ours (parallel.h), over images or blocks of rows:
// two pools that nest fight over cores, and sums have different bits at different thread counts.
#pragma once

#include <string>

#include "engine/real.h"

namespace deepen {

// c = alpha * op(a) op(b) + beta * c, with op(a) [m,k], op(b) [k,n], c [m,n], all row-major, where
// op transposes if asked.  lda, ldb, ldc are the distances between rows *as stored*: a is [m,k] with
// lda >= k, or, to be transposed, [k,m] with lda >= m.  beta = 0 means that c is written, never read.
// Safe to call from several threads at once.
void gemm(bool transpose_a, bool transpose_b, Index m, Index n, Index k, Real alpha, const Real* a, Index lda,
          const Real* b, Index ldb, Real beta, Real* c, Index ldc);

// The library that this process uses, "OpenBLAS 0.3.21 ... SkylakeX"; "none".
std::string blas_name();

}  // namespace deepen
