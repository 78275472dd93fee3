#include "engine/conv/reference.h"

#include <algorithm>

#include "engine/conv/algorithm.h"
#include "engine/plain/conv2d.h"

namespace deepen {
namespace {

plain::Numbers numbers(const Real* at, Index count) { return {at, at + count}; }

Index y_size(const ConvGeometry& g) { return g.batch * g.out_height * g.y_line(); }

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
    const Real *x = read_x(0, g.batch * g.picture_size()), *dy = read_dy(0, y_size(g));
    if (d.dx && d.fresh) std::fill(d.dx, d.dx + g.batch * g.picture_size(), Real(0));
    if (d.dx) add_rounded(exact_input_gradient(g, w, dy), d.dx);
    if (dw) add_rounded(exact_filter_gradient(g, x, dy), dw);
    if (d.dx && d.done) d.done(0, g.batch * g.height * g.width);
}

}  // namespace

std::vector<double> exact_forward(const ConvGeometry& g, const Real* x, const Real* w) {
    return plain::conv2d(g, numbers(x, g.batch * g.picture_size()), numbers(w, g.patch_size() * g.out_channels));
}

std::vector<double> exact_input_gradient(const ConvGeometry& g, const Real* w, const Real* dy) {
    return plain::conv2d_data_gradient(g, numbers(w, g.patch_size() * g.out_channels), numbers(dy, y_size(g)));
}

std::vector<double> exact_filter_gradient(const ConvGeometry& g, const Real* x, const Real* dy) {
    return plain::conv2d_weight_gradient(g, numbers(x, g.batch * g.picture_size()), numbers(dy, y_size(g)));
}

const ConvolutionAlgorithm reference_convolution{ConvAlgorithm::reference, "reference",
                                                 [](const ConvGeometry&) { return true; }, forward, backward};

}  // namespace deepen
