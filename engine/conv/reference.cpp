#include "engine/conv/reference.h"

#include <algorithm>

#include "engine/conv/algorithm.h"

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
    const std::vector<double> exact = exact_forward(g, read(0, g.batch * g.picture_size()), w);
    std::copy(exact.begin(), exact.end(), y);
    if (done) done(0, g.batch * g.out_positions());
}

void add_rounded(const std::vector<double>& exact, Real* to) {
    for (std::size_t i = 0; i < exact.size(); ++i) to[i] = static_cast<Real>(to[i] + exact[i]);
}

void backward(const ConvGeometry& g, const Source& x_source, const Real* w, const Source& dy_source,
              const GradientByInput& d, Real* dw) {
    Source::Reader read_x(x_source), read_dy(dy_source);
    const Real *x = read_x(0, g.batch * g.picture_size()), *dy = read_dy(0, g.batch * g.out_height * g.y_line());
    if (d.dx && d.fresh) std::fill(d.dx, d.dx + g.batch * g.picture_size(), Real(0));
    if (d.dx) add_rounded(exact_input_gradient(g, w, dy), d.dx);
    if (dw) add_rounded(exact_filter_gradient(g, x, dy), dw);
    if (d.dx && d.done) d.done(0, g.batch * g.height * g.width);
}

}  // namespace

std::vector<double> exact_forward(const ConvGeometry& g, const Real* x, const Real* w) {
    std::vector<double> sums(g.batch * g.out_height * g.y_line());
    for_each_product(g, [=, y = sums.data()](Index ix, Index iw, Index iy) { y[iy] += double(x[ix]) * w[iw]; });
    return sums;
}

std::vector<double> exact_input_gradient(const ConvGeometry& g, const Real* w, const Real* dy) {
    std::vector<double> sums(g.batch * g.picture_size());
    for_each_product(g, [=, dx = sums.data()](Index ix, Index iw, Index iy) { dx[ix] += double(dy[iy]) * w[iw]; });
    return sums;
}

std::vector<double> exact_filter_gradient(const ConvGeometry& g, const Real* x, const Real* dy) {
    std::vector<double> sums(g.patch_size() * g.out_channels);
    for_each_product(g, [=, dw = sums.data()](Index ix, Index iw, Index iy) { dw[iw] += double(dy[iy]) * x[ix]; });
    return sums;
}

const ConvolutionAlgorithm reference_convolution{ConvAlgorithm::reference, "reference",
                                                 [](const ConvGeometry&) { return true; }, forward, backward};

}  // namespace deepen
