#include "engine/conv/reference.h"

#include <algorithm>

#include "engine/conv/algorithm.h"
#include "engine/plain/conv2d.h"

namespace deepen {
namespace {

plain::Numbers numbers(const Real* at, Index count) { return {at, at + count}; }

Index y_size(const ConvGeometry& g) { return g.batch * g.out_height * g.y_line(); }

void forward(const ConvGeometry& g, const Input& x, const Real* w, const Output& y) {
    Input::Reader read(x);
    const std::vector<double> exact = exact_forward(g, read(0, g.batch * g.picture_size()), w);
    std::copy(exact.begin(), exact.end(), y.data);
    y.finished(0, y_size(g));
}

void add_rounded(const std::vector<double>& exact, Real* to) {
    for (std::size_t i = 0; i < exact.size(); ++i) to[i] = static_cast<Real>(to[i] + exact[i]);
}

void backward(const ConvGeometry& g, const Input& x_input, const Real* w, const Input& dy_input, const Output& dx,
              Real* dw) {
    const Index x_size = g.batch * g.picture_size();
    Input::Reader read_x(x_input), read_dy(dy_input);
    const Real *x = read_x(0, x_size), *dy = read_dy(0, y_size(g));
    if (dx.data && !dx.add) std::fill(dx.data, dx.data + x_size, Real(0));
    if (dx.data) add_rounded(exact_data_gradient(g, w, dy), dx.data);
    if (dw) add_rounded(exact_weight_gradient(g, x, dy), dw);
    dx.finished(0, x_size);
}

}  // namespace

std::vector<double> exact_forward(const ConvGeometry& g, const Real* x, const Real* w) {
    return plain::conv2d(g, numbers(x, g.batch * g.picture_size()), numbers(w, g.patch_size() * g.out_channels));
}

std::vector<double> exact_data_gradient(const ConvGeometry& g, const Real* w, const Real* dy) {
    return plain::conv2d_data_gradient(g, numbers(w, g.patch_size() * g.out_channels), numbers(dy, y_size(g)));
}

std::vector<double> exact_weight_gradient(const ConvGeometry& g, const Real* x, const Real* dy) {
    return plain::conv2d_weight_gradient(g, numbers(x, g.batch * g.picture_size()), numbers(dy, y_size(g)));
}

const ConvolutionAlgorithm reference_convolution{ConvAlgorithm::reference, "reference",
                                                 [](const ConvGeometry&) { return true; }, forward, backward};

}  // namespace deepen
