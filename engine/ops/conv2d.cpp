// What does a small window see?  Convolution in two dimensions.
//
// Shapes     x [N,H,W,Cin]   w [kh,kw,Cin,Cout]   b [Cout] or none   y [N,Ho,Wo,Cout]
//            Ho = (H + 2 padding - kh) / stride + 1, rounded down; Wo likewise
// Forward    y[n,i,j,k] = b[k] + sum over r,s,c of x[n, i*stride + r - padding, j*stride + s - padding, c] * w[r,s,c,k]
// Backward   dx[n,u,v,c] += sum over i,j,k that saw (u,v) of dy[n,i,j,k] * w[r,s,c,k]
//            dw[r,s,c,k] += sum over n,i,j of dy[n,i,j,k] * x[n, i*stride + r - padding, ..., c]
//            db[k]       += sum over n,i,j of dy[n,i,j,k]
// Saved      x and w, both of which live on anyway
// Choice     the algorithm, by shape (conv/algorithm.h); ResNets have no bias here, because batch
//            norm's shift follows
// Source     LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"
#include "engine/autograd.h"
#include "engine/conv/algorithm.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/batch_norm.h"
#include "engine/profile.h"

namespace deepen {
namespace {

void add_bias(const Real* __restrict b, Real* __restrict y, Index rows, Index channels) {
    for (Index i = 0; i < rows; ++i)
        for (Index k = 0; k < channels; ++k) y[i * channels + k] += b[k];
}

void add_rows(const Real* __restrict dy, Real* __restrict db, Index rows, Index channels) {
    for (Index i = 0; i < rows; ++i)
        for (Index k = 0; k < channels; ++k) db[k] += dy[i * channels + k];
}

// The op; `done` hears of stretches of y [places, Cout] while they are in cache, and may change them.
Tensor convolve(const Tensor& x, const Tensor& w, const Tensor& b, const ConvOptions& options,
                const StretchDone& done) {
    const ConvGeometry g = conv_geometry(x.shape(), w.shape(), options);
    require(!b.defined() || b.shape() == Shape{g.out_channels}, "conv2d: the bias has shape ", b.shape(),
            "; the weight ", w.shape(), " has ", g.out_channels, " output channels.  Try a bias of shape [",
            g.out_channels, "].");
    const ConvolutionAlgorithm& algorithm = choose_convolution(g, options.algorithm);

    Tensor y = Tensor::uninitialised({g.batch, g.out_height, g.out_width, g.out_channels});
    profile::count(g.multiply_adds());
    algorithm.forward(
        g, x, w.data().data(), y.data().data(),
        done ? [&, py = y.data().data()](Index begin, Index end) { done(py, begin, end); } : PlacesDone());
    const Index rows = g.batch * g.out_positions();
    if (b.defined()) add_bias(b.data().data(), y.data().data(), rows, g.out_channels);

    return record("conv2d", y, {x, w, b}, [g, rows, &algorithm, x = x.detach(), w = w.detach()](Gradients& d) {
        const bool fresh = d.wanted(0) && d.empty(0);
        Tensor own = fresh ? Tensor::uninitialised(x.shape()) : Tensor();
        GradientByInput by_x{.dx = fresh ? own.data().data() : d.wanted(0) ? d.input(0).data() : nullptr,
                             .fresh = fresh};
        if (const Watcher* watcher = d.wanted(0) ? d.watcher(0) : nullptr) {
            by_x.done = [watcher, dx = by_x.dx, C = g.in_channels](Index begin, Index end) {
                watcher->arrived(begin * C, end * C, dx + begin * C);
            };
            by_x.done_reads = watcher->reads;
        }
        Real* dw = d.wanted(1) ? d.input(1).data() : nullptr;
        algorithm.backward(g, x, w.data().data(), d.output(), by_x, dw);
        if (fresh) d.give(0, std::move(own));
        if (d.wanted(2)) add_rows(d.output().data().data(), d.input(2).data(), rows, g.out_channels);
    });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b, ConvOptions options) {
    return convolve(x, w, b, options, {});
}

Tensor conv2d_reporting(const Tensor& x, const Tensor& w, const ConvOptions& options, const StretchDone& done) {
    return convolve(x, w, {}, options, done);
}

}  // namespace deepen
