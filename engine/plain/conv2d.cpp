#include "engine/plain/conv2d.h"

namespace deepen::plain {
namespace {

// Calls term(ix, iw, iy) for each product of the sum, x[ix] w[iw], with the indices into x, w and y.
template <class Term>
void for_each_product(const ConvGeometry& g, Term term) {
    for (Index n = 0; n < g.batch; ++n)
        for (Index i = 0; i < g.out_height; ++i)
            for (Index j = 0; j < g.out_width; ++j)
                for (Index r = 0; r < g.kernel_height; ++r)
                    for (Index s = 0; s < g.kernel_width; ++s) {
                        const Index row = i * g.stride + r - g.padding, column = j * g.stride + s - g.padding;
                        if (row < 0 || row >= g.height || column < 0 || column >= g.width) continue;
                        const Index x = ((n * g.height + row) * g.width + column) * g.in_channels;
                        const Index w = (r * g.kernel_width + s) * g.in_channels * g.out_channels;
                        const Index y = ((n * g.out_height + i) * g.out_width + j) * g.out_channels;
                        for (Index c = 0; c < g.in_channels; ++c)
                            for (Index k = 0; k < g.out_channels; ++k)
                                term(x + c, w + c * g.out_channels + k, y + k);
                    }
}

}  // namespace

Numbers conv2d(const ConvGeometry& g, const Numbers& x, const Numbers& w) {
    Numbers y(g.batch * g.out_positions() * g.out_channels);
    for_each_product(g, [&](Index ix, Index iw, Index iy) { y[iy] += x[ix] * w[iw]; });
    return y;
}

Numbers conv2d_data_gradient(const ConvGeometry& g, const Numbers& w, const Numbers& dy) {
    Numbers dx(g.batch * g.picture_size());
    for_each_product(g, [&](Index ix, Index iw, Index iy) { dx[ix] += dy[iy] * w[iw]; });
    return dx;
}

Numbers conv2d_weight_gradient(const ConvGeometry& g, const Numbers& x, const Numbers& dy) {
    Numbers dw(g.patch_size() * g.out_channels);
    for_each_product(g, [&](Index ix, Index iw, Index iy) { dw[iw] += dy[iy] * x[ix]; });
    return dw;
}

}  // namespace deepen::plain
