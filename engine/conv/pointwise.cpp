// How is a 1x1 convolution computed?  As one matrix product.
//
// With channels innermost, x already is the matrix of patches: nothing has to be copied.
//
//     Y [places, Cout] = X [places, Cin] x W [Cin, Cout]        dX += dY W'        dW += X' dY
//
// Bottleneck blocks (He et al. 2015, section 4.1, Figure 5) have two of these; except on tiny maps, direct.h is
// faster.
#include "engine/blas.h"
#include "engine/conv/algorithm.h"

namespace deepen {
namespace {

constexpr Index places_per_block = 1024;

bool suits(const ConvGeometry& g) {
    return g.kernel_height == 1 && g.kernel_width == 1 && g.stride == 1 && g.padding == 0;
}

void forward(const ConvGeometry& g, const Input& x, const Real* w, const Output& y) {
    const Index in = g.in_channels, out = g.out_channels;
    const Leaves places = cut_batch(g, g.out_positions(), places_per_block / 2);
    parallel_for(places.count(), [&](Index leaf) {
        const Index begin = places.begin(leaf), end = places.end(leaf);
        Input::Reader read(x);
        gemm(false, false, end - begin, out, in, 1, read(begin * in, end * in) + begin * in, in, w, out, 0,
             y.data + begin * out, out);
        y.finished(begin * out, end * out);
    });
}

void backward(const ConvGeometry& g, const Input& x, const Real* w, const Input& dy, const Output& dx, Real* dw) {
    const Index in = g.in_channels, out = g.out_channels, area = g.out_positions();
    sum_over_leaves(weight_leaves(g), in * out, dw, [&](Index first, Index last, Real* partial) {
        Input::Reader read_x(x), read_dy(dy);
        for (Index begin = first * area; begin < last * area; begin += places_per_block) {
            const Index end = std::min(last * area, begin + places_per_block), places = end - begin;
            const Real* dy_block = read_dy(begin * out, end * out) + begin * out;
            if (dw)
                gemm(true, false, in, out, places, 1, read_x(begin * in, end * in) + begin * in, in, dy_block, out, 1,
                     partial, out);
            if (dx.data)
                gemm(false, true, places, in, out, 1, dy_block, out, w, out, dx.add ? 1 : 0, dx.data + begin * in, in);
            dx.finished(begin * in, end * in);
        }
    });
}

}  // namespace

const ConvolutionAlgorithm pointwise_convolution{ConvAlgorithm::pointwise, "pointwise", suits, forward, backward};

}  // namespace deepen
