#include "resnet/data/pixels.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace deepen {
namespace {

// The picture of this size whose pixel (y, x) is the original's `source(y, x)`, counted row by row.
template <class Source>
Pixels rearranged(const Pixels& picture, Index height, Index width, Source source) {
    Pixels result{height, width, Bytes(height * width * 3)};
    std::uint8_t* to = result.bytes.data();
    for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x, to += 3) std::copy_n(&picture.bytes[3 * source(y, x)], 3, to);
    }
    return result;
}

}  // namespace

Window whole(Size picture) { return {0, 0, picture.height, picture.width}; }

Window middle(Size picture, Size part) {
    ensure(part.height <= picture.height && part.width <= picture.width, "middle: ", part.height, " x ", part.width,
           " of ", picture.height, " x ", picture.width);
    const auto half = [](Index room) { return static_cast<Index>(std::lrint(0.5 * static_cast<double>(room))); };
    return {half(picture.height - part.height), half(picture.width - part.width), part.height, part.width};
}

Pixels mirrored(const Pixels& picture) { return upright(picture, 2); }

Pixels upright(Pixels p, int orientation) {
    ensure(orientation >= 1 && orientation <= 8, "upright: orientation ", orientation, " of 8");
    if (orientation == 1) return p;
    // From 5 on, rows of the file are columns of the picture.
    const bool transposed = orientation >= 5;
    // Where the file's first row is at the bottom, or right; and its first column at the right, or bottom.
    const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool columns_backwards = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    return rearranged(p, transposed ? p.width : p.height, transposed ? p.height : p.width, [&](Index y, Index x) {
        Index row = transposed ? x : y, column = transposed ? y : x;
        if (rows_backwards) row = p.height - 1 - row;
        if (columns_backwards) column = p.width - 1 - column;
        return row * p.width + column;
    });
}

}  // namespace deepen
