// How would one write a convolution first?
//
// Seven loops, straight from the definition in geometry.h: picture n, output place i j, filter
// place r s, input channel c, output channel k.  Every faster algorithm is tested against this one.
//
// Backward follows from y being a sum of products: wherever forward adds x * w into y, backward adds
// dy * w into that x's gradient and dy * x into that w's.
#include "engine/conv/algorithm.h"

#include <algorithm>

namespace deepen {
namespace {

// Calls term(x offset, w offset, y offset) for each product of the sum, borders left out.
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

void forward(const ConvGeometry& g, const Source& source, const Real* w, Real* y, const PlacesDone& done) {
    Source::Reader read(source);
    const Real* x = read(0, g.batch * g.picture_size());
    std::fill(y, y + g.batch * g.out_positions() * g.out_channels, Real(0));
    for_each_product(g, [=](Index ix, Index iw, Index iy) { y[iy] += x[ix] * w[iw]; });
    if (done) done(0, g.batch * g.out_positions());
}

void backward(const ConvGeometry& g, const Source& x_source, const Real* w, const Source& dy_source,
              const GradientByInput& d, Real* dw) {
    Source::Reader read_x(x_source), read_dy(dy_source);
    const Real *x = read_x(0, g.batch * g.picture_size()), *dy = read_dy(0, g.batch * g.out_height * g.y_line());
    if (d.dx && d.fresh) std::fill(d.dx, d.dx + g.batch * g.picture_size(), Real(0));
    if (d.dx) for_each_product(g, [=, dx = d.dx](Index ix, Index iw, Index iy) { dx[ix] += dy[iy] * w[iw]; });
    if (dw) for_each_product(g, [=](Index ix, Index iw, Index iy) { dw[iw] += dy[iy] * x[ix]; });
    if (d.dx && d.done) d.done(0, g.batch * g.height * g.width);
}

}  // namespace

const ConvolutionAlgorithm reference_convolution{ConvAlgorithm::reference, "reference",
                                                 [](const ConvGeometry&) { return true; }, forward, backward};

}  // namespace deepen
