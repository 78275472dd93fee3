// What happens to one tile before and after its 36 multiplications?
//
//     Y = A' [ (G g G') . (B' d B) ] A        g 3x3 filter, d 6x6 of the input, Y 4x4 of the output
//
// Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks", section 4.3; the matrices
// are their B', G and A' of F(4x4,3x3).  Where they come from is easiest to see in one dimension, and
// in the data gradient, dd[i+k] = sum of dy[i] g[k].  Those are the coefficients of a product of two
// polynomials, dy(t) = dy[0] + dy[1] t + dy[2] t^2 + dy[3] t^3 and g(t) = g[0] + g[1] t + g[2] t^2.  The
// product has degree 5, so its values at six points determine it (Toom-Cook multiplication):
//
//     A dy            evaluates dy(t) at 0, 1, -1, 2, -2 and infinity, where it leaves the top coefficient
//     G g             evaluates g(t) there, each value divided by Lagrange's denominator
//     dd = B [ (A dy) . (G g) ]       interpolates: a column of B has the coefficients of Lagrange's
//                                     numerator; that of the point 0 is (t^2-1)(t^2-4) = 4 - 5 t^2 + t^4
//
// For a fixed g, the forward pass y[i] = sum of d[i+k] g[k] is the transpose of that linear map from dy to
// dd; for a fixed d, the weight gradient is the transpose of the map from g to y.  So both reuse the matrices:
//
//     y = A' [ (G g) . (B' d) ]               dg = G' [ (A dy) . (B' d) ]
//
// In two dimensions each transform is applied to columns, then to rows.  Backward, for one tile:
//
//     M  = A dY A'                            the one transform that both gradients share
//     dg = G' [ M . (B' d B) ] G              summed over all tiles
//     dd = B  [ M . (G g G') ] B'             added into the tile's 6x6 of dx, where neighbours overlap
//
// A 1-D transform below is a matrix times a column of vectors, with common parts computed once; the
// lanes of a vector are channels, which never meet here.
#pragma once

#include "engine/simd.h"

namespace deepen::winograd {

using simd::Vector;

struct InputTransform {       //   B' =  4  0 -5  0  1  0
    enum { from = 6, to = 6 };//         0 -4 -4  1  1  0
                              //         0  4 -4 -1  1  0
                              //         0 -2 -1  2  1  0
                              //         0  2 -1 -2  1  0
                              //         0  4  0 -5  0  1
    DEEPEN_INLINE static void apply(const Vector (&d)[6], Vector (&v)[6]) {
        const Vector far_even = d[4] - d[2], far_odd = d[3] - d[1];
        const Vector near_even = d[4] - 4 * d[2], near_odd = d[3] - 4 * d[1];
        v[0] = 4 * (d[0] - d[2]) + far_even;
        v[1] = near_even + near_odd;
        v[2] = near_even - near_odd;
        v[3] = far_even + 2 * far_odd;
        v[4] = far_even - 2 * far_odd;
        v[5] = (d[5] - d[3]) - 4 * far_odd;
    }
};

struct InputTransposed {      //   B =   4  0  0  0  0  0
    enum { from = 6, to = 6 };//         0 -4  4 -2  2  4
                              //        -5 -4 -4 -1 -1  0
                              //         0  1 -1  2 -2 -5
                              //         1  1  1  1  1  0
                              //         0  0  0  0  0  1
    DEEPEN_INLINE static void apply(const Vector (&v)[6], Vector (&d)[6]) {
        const Vector near_even = v[1] + v[2], near_odd = v[1] - v[2];
        const Vector far_even = v[3] + v[4] + v[0], far_odd = 2 * (v[3] - v[4]) - 4 * v[5];
        d[0] = 4 * v[0];
        d[1] = -4 * near_odd - far_odd;
        d[2] = -4 * (near_even + v[0]) - far_even;
        d[3] = near_odd + far_odd - v[5];
        d[4] = near_even + far_even;
        d[5] = v[5];
    }
};

struct FilterTransform {      //   G =   1/4     0     0
    enum { from = 3, to = 6 };//        -1/6  -1/6  -1/6
                              //        -1/6   1/6  -1/6
                              //        1/24  1/12   1/6
                              //        1/24 -1/12   1/6
                              //           0     0     1
    DEEPEN_INLINE static void apply(const Vector (&g)[3], Vector (&u)[6]) {
        const Vector near_even = (g[0] + g[2]) * Real(-1. / 6), near_odd = g[1] * Real(-1. / 6);
        const Vector far_even = g[0] * Real(1. / 24) + g[2] * Real(1. / 6), far_odd = g[1] * Real(1. / 12);
        u[0] = g[0] * Real(1. / 4);
        u[1] = near_even + near_odd;
        u[2] = near_even - near_odd;
        u[3] = far_even + far_odd;
        u[4] = far_even - far_odd;
        u[5] = g[2];
    }
};

struct FilterTransposed {     //   G' =  1/4  -1/6  -1/6  1/24   1/24  0
    enum { from = 6, to = 3 };//           0  -1/6   1/6  1/12  -1/12  0
                              //           0  -1/6  -1/6   1/6    1/6  1
    DEEPEN_INLINE static void apply(const Vector (&u)[6], Vector (&g)[3]) {
        const Vector near_even = (u[1] + u[2]) * Real(-1. / 6), near_odd = (u[1] - u[2]) * Real(-1. / 6);
        const Vector far_even = u[3] + u[4], far_odd = u[3] - u[4];
        g[0] = u[0] * Real(1. / 4) + near_even + far_even * Real(1. / 24);
        g[1] = near_odd + far_odd * Real(1. / 12);
        g[2] = near_even + far_even * Real(1. / 6) + u[5];
    }
};

struct OutputTransform {      //   A' =  1  1  1  1  1  0
    enum { from = 6, to = 4 };//         0  1 -1  2 -2  0
                              //         0  1  1  4  4  0
                              //         0  1 -1  8 -8  1
    DEEPEN_INLINE static void apply(const Vector (&m)[6], Vector (&y)[4]) {
        const Vector near_even = m[1] + m[2], near_odd = m[1] - m[2];
        const Vector far_even = m[3] + m[4], far_odd = m[3] - m[4];
        y[0] = m[0] + near_even + far_even;
        y[1] = near_odd + 2 * far_odd;
        y[2] = near_even + 4 * far_even;
        y[3] = (near_odd + m[5]) + 8 * far_odd;
    }
};

struct OutputTransposed {     //   A =   1  0  0  0
    enum { from = 4, to = 6 };//         1  1  1  1
                              //         1 -1  1 -1
                              //         1  2  4  8
                              //         1 -2  4 -8
                              //         0  0  0  1
    DEEPEN_INLINE static void apply(const Vector (&y)[4], Vector (&m)[6]) {
        const Vector near_even = y[0] + y[2], near_odd = y[1] + y[3];
        const Vector far_even = y[0] + 4 * y[2], far_odd = y[1] + 4 * y[3];
        m[0] = y[0];
        m[1] = near_even + near_odd;
        m[2] = near_even - near_odd;
        m[3] = far_even + 2 * far_odd;
        m[4] = far_even - 2 * far_odd;
        m[5] = y[3];
    }
};

// T d T': columns first, then rows.  read(i, j) gives element (i, j) of d, write(i, j, value) takes
// one of the result.  Everything is unrolled, so that what fits stays in registers.
template <class T, class Read, class Write>
DEEPEN_INLINE void transform_tile(Read read, Write write) {
    Vector half[T::to][T::from];
#pragma GCC unroll 6
    for (int j = 0; j < T::from; ++j) {
        Vector column[T::from], out[T::to];
#pragma GCC unroll 6
        for (int i = 0; i < T::from; ++i) column[i] = read(i, j);
        T::apply(column, out);
#pragma GCC unroll 6
        for (int i = 0; i < T::to; ++i) half[i][j] = out[i];
    }
#pragma GCC unroll 6
    for (int i = 0; i < T::to; ++i) {
        Vector out[T::to];
        T::apply(half[i], out);
#pragma GCC unroll 6
        for (int j = 0; j < T::to; ++j) write(i, j, out[j]);
    }
}

}  // namespace deepen::winograd
