// How are 36 small matrix products made fast?
//
// They are too small for a BLAS call: 24 tiles by 16 to 64 channels.  So each is cut into register
// blocks here: `rows` x `columns` vectors of the result stay in registers while the inner axis runs,
// and every step multiplies `rows` scalars (each copied into all lanes) with `columns` vectors.  With
// 12 sums of one step independent of each other the processor's two multiply-add units never wait.
//
//        inner axis                 columns (2 vectors)
//      +------------+               +-------+
//      |            |               | b0 b1 |  <- loaded once a step
//      | a  (rows)  |       x       |       |   ->   sum[r][j] += a[r] * b[j]
//      +------------+               +-------+
//
// Matrices that are read as b lie in panels of two vectors' width, each panel contiguous: its reader
// then walks straight through memory.
//
//     panel 0: row 0, row 1, ... | panel 1: row 0, row 1, ... | last: one vector wide if their number is odd
#pragma once

#include <algorithm>

#include "engine/simd.h"

namespace deepen::winograd {

using simd::lanes;
using simd::load;
using simd::store;
using simd::Vector;

inline constexpr int panel_vectors = 2;
inline constexpr Index panel_width = panel_vectors * lanes;

// Rows of a register block: 12 x 2 sums fill 24 of 32 registers, 6 x 2 fill 12 of 16.
inline constexpr int block_rows = simd::registers == 32 ? 12 : 6;

// m [rows,columns] = a [rows,depth] b [depth,columns], rows of a and m being `a_stride` and `m_stride` apart.
template <int rows, int columns>
inline void multiply_block(const Real* __restrict a, Index a_stride, const Real* __restrict b, Index depth,
                           Real* __restrict m, Index m_stride) {
    Vector sum[rows][columns] = {};
    for (Index k = 0; k < depth; ++k) {
        Vector right[columns];
        for (int j = 0; j < columns; ++j) right[j] = load(b + k * (columns * lanes) + j * lanes);
        for (int r = 0; r < rows; ++r)
            for (int j = 0; j < columns; ++j) sum[r][j] += a[r * a_stride + k] * right[j];
    }
    for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j) store(m + r * m_stride + j * lanes, sum[r][j]);
}

// M [tiles,width] = V [tiles,depth] U [depth,width] for one plane; U in panels.  The number of tiles is
// rounded up to whole register blocks: V and M have room for that, and nobody looks at those rows.
inline void multiply_plane(const Real* v, Index v_stride, const Real* u, Index depth, Real* m, Index m_stride,
                           Index tiles) {
    for (Index column = 0; column < m_stride; column += panel_width)
        for (Index tile = 0; tile < tiles; tile += block_rows) {
            const Real *a = v + tile * v_stride, *b = u + column * depth;
            Real* to = m + tile * m_stride + column;
            if (m_stride - column >= panel_width) multiply_block<block_rows, 2>(a, v_stride, b, depth, to, m_stride);
            else multiply_block<block_rows, 1>(a, v_stride, b, depth, to, m_stride);
        }
}

// s [rows,columns] (+)= the sum over tiles of v[tile] m[tile]' : the outer product of `rows` input
// channels with `columns` vectors of output channels.  `fresh` sums start from zero, others from s.
template <int rows, int columns>
inline void correlate_block(const Real* __restrict v, Index v_stride, const Real* __restrict m, Index m_stride,
                            Index tiles, Real* __restrict s, bool fresh) {
    Vector sum[rows][columns] = {};
    if (!fresh)
        for (int r = 0; r < rows; ++r)
            for (int j = 0; j < columns; ++j) sum[r][j] = load(s + (r * columns + j) * lanes);
    for (Index t = 0; t < tiles; ++t) {
        Vector right[columns];
        for (int j = 0; j < columns; ++j) right[j] = load(m + t * m_stride + j * lanes);
        for (int r = 0; r < rows; ++r)
            for (int j = 0; j < columns; ++j) sum[r][j] += v[t * v_stride + r] * right[j];
    }
    for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j) store(s + (r * columns + j) * lanes, sum[r][j]);
}

// All rows of one panel, in blocks of `rows` and a smaller one for what remains.  Their number is even.
template <int rows, int columns>
inline void correlate_panel(const Real* v, Index v_stride, const Real* m, Index m_stride, Index tiles, Real* s,
                            Index depth, bool fresh) {
    Index row = 0;
    for (; row + rows <= depth; row += rows)
        correlate_block<rows, columns>(v + row, v_stride, m, m_stride, tiles, s + row * columns * lanes, fresh);
    if constexpr (rows > 2)
        if (row < depth)
            correlate_panel<rows - 2, columns>(v + row, v_stride, m, m_stride, tiles, s + row * columns * lanes,
                                               depth - row, fresh);
}

// dU [depth,width] (+)= V' M for one plane; dU in panels.
inline void correlate_plane(const Real* v, Index v_stride, const Real* m, Index m_stride, Index tiles, Real* du,
                            bool fresh) {
    for (Index column = 0; column < m_stride; column += panel_width) {
        Real* to = du + column * v_stride;
        if (m_stride - column >= panel_width)
            correlate_panel<block_rows, 2>(v, v_stride, m + column, m_stride, tiles, to, v_stride, fresh);
        else
            correlate_panel<block_rows, 1>(v, v_stride, m + column, m_stride, tiles, to, v_stride, fresh);
    }
}

}  // namespace deepen::winograd
