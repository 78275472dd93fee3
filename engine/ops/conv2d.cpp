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
//            norm's shift follows.  y is lazy and dx range by range, so that the ops around can meet here (fusion.h)
// Source     LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"
#include <utility>

#include "engine/autograd.h"
#include "engine/conv/algorithm.h"
#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/ops.h"
#include "engine/ops/broadcast.h"
#include "engine/profile.h"

namespace deepen {
namespace {

// On a range of rows [K]: y + b.
RangeFunction add_bias(const Tensor& b) {
    const Index K = b.size();
    const auto run = [b = b.detach(), K](Index begin, Index end, const Real* from, Real* to) {
        const Real* const bias = b.data().data();
        for (Index i = 0; i < end - begin; i += K)
#pragma GCC ivdep
            for (Index k = 0; k < K; ++k) to[i + k] = from[i + k] + bias[k];
    };
    return {run, {}, K};
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b, ConvOptions options) {
    const ConvGeometry g = conv_geometry(x.shape(), w.shape(), options);
    const Index K = g.out_channels;
    require(!b.defined() || b.shape() == Shape{K}, "conv2d: the bias has shape ", b.shape(), "; the weight ",
            w.shape(), " has ", K, " output channels.  Try a bias of shape [", K, "].");
    const ConvolutionAlgorithm& algorithm = choose_convolution(g, options.algorithm);
    profile::count(g.multiply_adds());

    fusion::settle(x), std::as_const(w).data();
    const auto forward = [g, &algorithm, x = x.detach(), w = w.detach()](const Output& y) {
        algorithm.forward(g, x, w.data().data(), y);
    };
    Tensor y = fusion::whole("conv2d", {g.batch, g.out_height, g.out_width, K}, forward, {x, w});
    if (b.defined()) std::as_const(b).data(), y = fusion::map("bias", y, add_bias(b), {.reads = {b}});

    return record("conv2d", y, {x, w, b}, [g, K, &algorithm, x = x.detach(), w = w.detach()](Gradients& d) {
        const Output dx = d.wanted(0) ? d.destination(0) : Output();
        Real* const dw = d.wanted(1) ? d.input(1).data() : nullptr;
        algorithm.backward(g, x, w.data().data(), d.output(), dx, dw);
        if (d.wanted(2)) add_broadcast(d.input(2), {K}, d.output().data(), d.output().shape());
    });
}

}  // namespace deepen
