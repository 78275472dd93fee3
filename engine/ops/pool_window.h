// Which inputs fall under a pooling window?
//
// Output place (i,j) sees rows i*stride - padding .. + kernel, clipped to the picture; columns likewise.
#pragma once

#include <algorithm>

#include "engine/error.h"
#include "engine/ops.h"

namespace deepen {

struct PoolGeometry {
    Index batch, height, width, channels, out_height, out_width;
    Index kernel, stride, padding;

    struct Window {
        Index top, bottom, left, right;
    };  // rows top .. bottom-1, columns left .. right-1
    Window window(Index i, Index j) const {
        const Index row = i * stride - padding, column = j * stride - padding;
        return {std::max<Index>(row, 0), std::min(row + kernel, height), std::max<Index>(column, 0),
                std::min(column + kernel, width)};
    }
    Index x_offset(Index n, Index row, Index column) const { return ((n * height + row) * width + column) * channels; }
    Index y_offset(Index n, Index i, Index j) const { return ((n * out_height + i) * out_width + j) * channels; }
};

inline PoolGeometry pool_geometry(const char* op, const Shape& x, PoolOptions options) {
    require(x.rank() == 4, op, ": x has shape ", x, "; pictures need four axes (N,H,W,C).");
    PoolGeometry g{
        x[0],           x[1], x[2], x[3], 0, 0, options.kernel, options.stride ? options.stride : options.kernel,
        options.padding};
    require(g.height >= 1 && g.width >= 1, op, ": the pictures of x ", x, " (N,H,W,C) are empty.");
    require(g.kernel >= 1 && g.stride >= 1 && g.padding >= 0 && g.padding <= g.kernel / 2, op, ": kernel ", g.kernel,
            ", stride ", g.stride, ", padding ", g.padding,
            " given; kernel and stride must be at least 1, padding 0 to half the kernel.");
    const Index spare_height = g.height + 2 * g.padding - g.kernel, spare_width = g.width + 2 * g.padding - g.kernel;
    require(spare_height >= 0 && spare_width >= 0, op, ": a window of ", g.kernel, "x", g.kernel,
            " does not fit into x ", x, " (N,H,W,C) with padding ", g.padding, ".  Try a smaller kernel.");
    g.out_height = spare_height / g.stride + 1;
    g.out_width = spare_width / g.stride + 1;
    return g;
}

}  // namespace deepen
