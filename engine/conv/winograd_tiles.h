// How do pixels get into tiles and back?
//
// A tile is a window on a map [N,H,W,C]: 6x6 pixels of x or 4x4 of y.  `gather` transforms a window
// into one vector in each of 36 planes, `scatter` does the opposite; both go through the channels a
// vector at a time.  Windows may hang over the map's border, by the padding or because the map's size
// is no multiple of four: what is read there is zero, what is written there is dropped.
//
// Rows beyond the map point to a spare row, so that they cost no test.  Columns beyond it, and
// channels that do not fill a vector, take the second, guarded version of each loop.
#pragma once

#include "engine/conv/winograd_products.h"
#include "engine/conv/winograd_transforms.h"

namespace deepen::winograd {

struct Map {
    Index height, width, channels;
};

// A template over the pointer, because maps are read and written.
template <class Pointer>
struct Window {
    Pointer rows[6];                      // where each row begins, be that on the map or not
    int left, right;                      // columns left .. right-1 are on the map
};

// The window of side x side pixels at (row, column), which may be negative.  `spare` has room for six pixels.
template <int side, class Pointer>
DEEPEN_INLINE Window<Pointer> window(Pointer map, const Map& size, Pointer spare, Index image, Index row,
                                     Index column) {
    Window<Pointer> at;
    for (int i = 0; i < side; ++i) {
        const bool inside = row + i >= 0 && row + i < size.height;
        at.rows[i] = inside ? map + ((image * size.height + row + i) * size.width + column) * size.channels : spare;
    }
    at.left = int(std::max<Index>(0, -column)), at.right = int(std::min<Index>(side, size.width - column));
    return at;
}

// Pixels of a map -> one vector in each of the 36 planes.  Columns beyond the map are zero.
template <class T>
void gather(const Window<const Real*>& at, Index channels, Real* __restrict planes) {
    for (Index c = 0; c < channels; c += lanes, planes += vector_stride) {
        const int count = int(std::min<Index>(lanes, channels - c));
        const auto write = [=](int i, int j, Vector v) DEEPEN_LAMBDA { store(planes + (i * 6 + j) * plane_stride, v); };
        if (at.left == 0 && at.right == T::from && count == lanes)
            transform_tile<T>([=, &at](int i, int j) DEEPEN_LAMBDA { return load(at.rows[i] + (c + j * channels)); },
                              write);
        else
            transform_tile<T>([=, &at](int i, int j) DEEPEN_LAMBDA {
                if (j < at.left || j >= at.right) return Vector{};
                return simd::load_first(at.rows[i] + (c + j * channels), count);
            }, write);
    }
}

// One vector of each of the 36 planes -> pixels of a map, written or, if `add`, added.  Columns beyond
// the map are dropped.
template <class T, bool add>
void scatter(const Real* __restrict planes, const Window<Real*>& at, Index channels) {
    for (Index c = 0; c < channels; c += lanes, planes += vector_stride) {
        const int count = int(std::min<Index>(lanes, channels - c));
        const auto read = [=](int i, int j) DEEPEN_LAMBDA { return load(planes + (i * 6 + j) * plane_stride); };
        if (at.left == 0 && at.right == T::to && count == lanes)
            transform_tile<T>(read, [=, &at](int i, int j, Vector v) DEEPEN_LAMBDA {
                Real* pixel = at.rows[i] + (c + j * channels);
                store(pixel, add ? load(pixel) + v : v);
            });
        else
            transform_tile<T>(read, [=, &at](int i, int j, Vector v) DEEPEN_LAMBDA {
                if (j < at.left || j >= at.right) return;
                Real* pixel = at.rows[i] + (c + j * channels);
                simd::store_first(pixel, add ? simd::load_first(pixel, count) + v : v, count);
            });
    }
}

}  // namespace deepen::winograd
