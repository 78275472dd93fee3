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
#include "engine/conv/partial_sums.h"

namespace deepen {
namespace {

constexpr Index places_per_block = 1024;

bool suits(const ConvGeometry& g) {
    return g.kernel_height == 1 && g.kernel_width == 1 && g.stride == 1 && g.padding == 0;
}

void forward(const ConvGeometry& g, const Source& x, const Real* w, Real* y, const PlacesDone& done) {
    const Index in = g.in_channels, out = g.out_channels;
    parallel_ranges(g.batch * g.out_positions(), places_per_block, [&](Index begin, Index end) {
        Source::Reader read(x);
        gemm(false, false, end - begin, out, in, 1, read(begin * in, end * in) + begin * in, in, w, out, 0,
             y + begin * out, out);
        if (done) done(begin, end);
    });
}

void backward(const ConvGeometry& g, const Source& x, const Real* w, const Source& dy, const GradientByInput& d,
              Real* dw) {
    const Index in = g.in_channels, out = g.out_channels, area = g.out_positions();
    sum_over_groups(g.batch, in * out, dw, [&](Index first, Index last, Real* partial) {
        Source::Reader read_x(x), read_dy(dy);
        for (Index begin = first * area; begin < last * area; begin += places_per_block) {
            const Index end = std::min(last * area, begin + places_per_block), places = end - begin;
            const Real* dy_block = read_dy(begin * out, end * out) + begin * out;
            if (dw)
                gemm(true, false, in, out, places, 1, read_x(begin * in, end * in) + begin * in, in, dy_block, out, 1,
                     partial, out);
            if (d.dx)
                gemm(false, true, places, in, out, 1, dy_block, out, w, out, d.fresh ? 0 : 1, d.dx + begin * in, in);
            if (d.dx && d.done) d.done(begin, end);
        }
    });
}

}  // namespace

const ConvolutionAlgorithm pointwise_convolution{ConvAlgorithm::pointwise, "pointwise", suits, forward, backward};

}  // namespace deepen
