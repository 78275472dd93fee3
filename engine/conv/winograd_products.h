// How are 36 small matrix products made fast?
//
// They are too small for a BLAS call: a dozen or two tiles by 16 to 64 channels.  So each is cut into
// register blocks here: the sums of `rows` x `columns` vectors stay in registers while the inner axis
// runs, and every step multiplies `rows` scalars (each copied into all lanes) with `columns` vectors.
// With 12 sums or more independent of each other, the processor's multiply-add units never wait.
//
//      V: inner axis         U: columns (2 vectors)
//      +------------+        +---------+
//      |            |        |  u0 u1  |  <- loaded once per step
//      | v   (rows) |    x   |         |          sum[r][j] += v[r] * u[j]
//      +------------+        +---------+
//
// Measured: these products run at 60 to 85 % of the processor's peak (docs/performance.md).
//
// Note [Layout of transformed tiles]
// A block of tiles lies as [channels / lanes][36 planes][tiles][lanes].  So every distance a kernel
// meets, but for the one between vectors of channels, is known to the compiler and becomes part of an
// instruction; a transform that had to compute its 72 addresses took twice as long.
//
// Note [Layout of transformed filters]
// A plane [depth,width] lies in panels of two vectors' width, each panel contiguous, so that its
// reader walks straight through memory:
//
//     panel 0: row 0, row 1, ... | panel 1: row 0, row 1, ... | last: one vector wide if their number is odd
//
// Note [Odd numbers of cache lines]
// Planes start an odd number of cache lines apart.  At a power of two, the 36 stores of a transform
// fall into few sets of the cache and push each other out: that cost a quarter of the whole time.
#pragma once

#include <algorithm>

#include "engine/simd.h"

namespace deepen::winograd {

using simd::lanes;
using simd::load;
using simd::store;
using simd::Vector;

inline constexpr int planes = 36;

constexpr Index odd_cache_lines(Index reals) {
    return ((reals + simd::cache_line - 1) / simd::cache_line | 1) * simd::cache_line;
}

// Rows of a register block: 12 x 2 sums fill 24 of 32 registers, 6 x 2 fill 12 of 16.
inline constexpr int block_rows = simd::registers == 32 ? 12 : 6;

// Tiles of a block: few, so that transformed inputs and outputs stay in the second cache together.
inline constexpr Index block_tiles = 2 * block_rows;

inline constexpr Index plane_stride = odd_cache_lines(block_tiles * lanes);
inline constexpr Index vector_stride = planes * plane_stride;

inline constexpr Index panel_vectors = 2;
inline constexpr Index panel_width = panel_vectors * lanes;

// Reals from one plane of transformed filters to the next; `depth` and `width` count vectors of channels.
constexpr Index filter_plane(Index depth, Index width) { return odd_cache_lines(depth * width * lanes * lanes); }

// The loops over a register block, unrolled: only then do compilers keep it in registers throughout.
template <int rows, int columns, class Work>
DEEPEN_INLINE void for_block(Work work) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
        for (int j = 0; j < columns; ++j) work(r, j);
}

// m [rows,columns] = v [rows,depth] u [depth,columns]: rows are tiles, depth counts vectors of channels.
template <int rows, int columns>
inline void multiply_block(const Real* __restrict v, Index depth, const Real* __restrict u, Real* __restrict m) {
    Vector sum[rows][columns];
    for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] = Vector{}; });
    for (Index k = 0; k < depth; ++k, v += vector_stride)
        for (int lane = 0; lane < lanes; ++lane, u += columns * lanes) {
            Vector right[columns];
            for_block<1, columns>([&](int, int j) DEEPEN_LAMBDA { right[j] = load(u + j * lanes); });
            for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] += v[r * lanes + lane] * right[j]; });
        }
    for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { store(m + j * vector_stride + r * lanes, sum[r][j]); });
}

// One panel of M.  Register blocks of full height, and one of a third or two thirds of it for the tiles that are left;
// what its rows in excess hold is never read.
template <int columns>
inline void multiply_panel(const Real* v, Index depth, const Real* panel, Real* m, Index tiles) {
    constexpr int third = block_rows / 3;
    Index t = 0;
    for (; t + 2 * third < tiles; t += block_rows)
        multiply_block<block_rows, columns>(v + t * lanes, depth, panel, m + t * lanes);
    if (t + third < tiles) multiply_block<2 * third, columns>(v + t * lanes, depth, panel, m + t * lanes);
    else if (t < tiles) multiply_block<third, columns>(v + t * lanes, depth, panel, m + t * lanes);
}

// M [tiles,width] = V [tiles,depth] U [depth,width] for one plane, depth and width in vectors of channels; U in panels.
inline void multiply_plane(const Real* v, Index depth, const Real* u, Index width, Real* m, Index tiles) {
    for (Index column = 0; column < width; column += panel_vectors) {
        const Real* panel = u + column * lanes * depth * lanes;
        if (column + 1 < width) multiply_panel<2>(v, depth, panel, m + column * vector_stride, tiles);
        else multiply_panel<1>(v, depth, panel, m + column * vector_stride, tiles);
    }
}

// s [rows,columns] (+)= the sum over tiles of v m' : the outer product of `rows` input channels, from
// `first` on, with `columns` vectors of output channels.  `fresh` sums start from zero, others from s.
template <int first, int rows, int columns>
inline void correlate_block(const Real* __restrict v, const Real* __restrict m, Index tiles, Real* __restrict s,
                            bool fresh) {
    Vector sum[rows][columns];
    s += first * columns * lanes;
    if (fresh) for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] = Vector{}; });
    else for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] = load(s + (r * columns + j) * lanes); });
    for (Index t = 0; t < tiles; ++t, v += lanes, m += lanes) {
        Vector right[columns];
        for_block<1, columns>([&](int, int j) DEEPEN_LAMBDA { right[j] = load(m + j * vector_stride); });
        for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA {
            sum[r][j] += v[(first + r) / lanes * vector_stride + (first + r) % lanes] * right[j];
        });
    }
    for_block<rows, columns>([&](int r, int j) DEEPEN_LAMBDA { store(s + (r * columns + j) * lanes, sum[r][j]); });
}

// The rows of `vectors` vectors of input channels, in register blocks of as equal a height as can be.
template <int vectors, int columns, int first = 0>
inline void correlate_vectors(const Real* v, const Real* m, Index tiles, Real* s, bool fresh) {
    constexpr int all = vectors * lanes, limit = columns == 1 ? 2 * block_rows : block_rows;
    constexpr int blocks = (all + limit - 1) / limit, rows = std::min((all + blocks - 1) / blocks, all - first);
    if constexpr (rows > 0) {
        correlate_block<first, rows, columns>(v, m, tiles, s, fresh);
        correlate_vectors<vectors, columns, first + rows>(v, m, tiles, s, fresh);
    }
}

// One panel of dU, two vectors of input channels at a time: their rows divide better into register blocks.
template <int columns>
inline void correlate_panel(const Real* v, Index depth, const Real* m, Index tiles, Real* du, bool fresh) {
    for (Index k = 0; k < depth; k += 2, v += 2 * vector_stride, du += 2 * lanes * columns * lanes)
        if (k + 1 < depth) correlate_vectors<2, columns>(v, m, tiles, du, fresh);
        else correlate_vectors<1, columns>(v, m, tiles, du, fresh);
}

// dU [depth,width] (+)= V' M for one plane, depth and width in vectors of channels; dU in panels.
inline void correlate_plane(const Real* v, Index depth, const Real* m, Index width, Index tiles, Real* du, bool fresh) {
    for (Index column = 0; column < width; column += panel_vectors) {
        Real* panel = du + column * depth * lanes * lanes;
        if (column + 1 < width) correlate_panel<2>(v, depth, m + column * vector_stride, tiles, panel, fresh);
        else correlate_panel<1>(v, depth, m + column * vector_stride, tiles, panel, fresh);
    }
}

}  // namespace deepen::winograd
