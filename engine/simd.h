// How does one instruction work on many numbers?
//
// A `Vector` is as many Reals as the processor's widest register holds: 16 floats with AVX-512, 8
// with AVX2, 4 elsewhere; half as many doubles.  It is a vector type of GCC and Clang: +, - and *
// work element by element, a scalar operand is copied into every lane, and a * b + c becomes one
// fused instruction.  So one source serves every processor and both precisions.  The one exception is a
// masked move of the first lanes (load_first, store_first), which uses intrinsics on AVX-512.
//
// Maps are [N,H,W,C], so a Vector is usually `lanes` neighbouring channels of one pixel, and a kernel
// on vectors reads like the same kernel on scalars.
#pragma once

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "engine/processor.h"
#include "engine/real.h"

namespace deepen::simd {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64, registers = 32;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32, registers = 16;
#elif defined(__aarch64__)
inline constexpr int vector_bytes = 16, registers = 32;
#else
inline constexpr int vector_bytes = 16, registers = 16;
#endif

inline constexpr int lanes = vector_bytes / int(sizeof(Real));
inline constexpr Index cache_line = 64 / Index(sizeof(Real));            // in Reals, too

typedef Real Vector __attribute__((vector_size(vector_bytes)));
typedef Real UnalignedVector __attribute__((vector_size(vector_bytes), aligned(sizeof(Real)), may_alias));

// For kernels that are templates over a few lines of lambda: a call in the innermost loop would send
// every vector through memory.
#define DEEPEN_INLINE __attribute__((always_inline)) inline
#define DEEPEN_LAMBDA __attribute__((always_inline))

// Any address that a Real may have will do.
DEEPEN_INLINE Vector load(const Real* p) { return *reinterpret_cast<const UnalignedVector*>(p); }
DEEPEN_INLINE void store(Real* p, Vector v) { *reinterpret_cast<UnalignedVector*>(p) = v; }

// The first `count` of a vector's lanes, 0 to all of them; memory beyond is not touched.  Lanes not loaded are zero.
#if defined(__AVX512F__)
// The one place with intrinsics: AVX-512 has such a move, but compilers know no other way to ask for it within a larger
// kernel, and what they make of a loop goes by memory in halves.
DEEPEN_INLINE Vector load_lanes(const float* p, unsigned mask) { return (Vector)_mm512_maskz_loadu_ps(mask, p); }
DEEPEN_INLINE Vector load_lanes(const double* p, unsigned mask) { return (Vector)_mm512_maskz_loadu_pd(mask, p); }
DEEPEN_INLINE void store_lanes(float* p, unsigned mask, Vector v) { _mm512_mask_storeu_ps(p, mask, (__m512)v); }
DEEPEN_INLINE void store_lanes(double* p, unsigned mask, Vector v) { _mm512_mask_storeu_pd(p, mask, (__m512d)v); }

DEEPEN_INLINE Vector load_masked(const Real* p, int count) { return load_lanes(p, (1u << count) - 1); }
DEEPEN_INLINE void store_masked(Real* p, Vector v, int count) { store_lanes(p, (1u << count) - 1, v); }
#else
// Kept out of line, where compilers turn the loop into one masked move; within a larger kernel they
// would unroll it into `lanes` branches.
[[gnu::noinline]] inline Vector load_masked(const Real* p, int count) {
    Vector v{};
    for (int i = 0; i < lanes; ++i) v[i] = i < count ? p[i] : Real(0);
    return v;
}
[[gnu::noinline]] inline void store_masked(Real* p, Vector v, int count) {
    for (int i = 0; i < lanes; ++i)
        if (i < count) p[i] = v[i];
}
#endif

// The same where more than `lanes` may be left: for channels that do not fill a vector.
DEEPEN_INLINE Vector load_first(const Real* p, int count) { return count >= lanes ? load(p) : load_masked(p, count); }
DEEPEN_INLINE void store_first(Real* p, Vector v, int count) {
    if (count >= lanes) store(p, v);
    else store_masked(p, v, count);
}

// The multiple of `lanes` that holds `n` Reals.
constexpr Index whole_vectors(Index n) { return (n + lanes - 1) / lanes * lanes; }

}  // namespace deepen::simd
