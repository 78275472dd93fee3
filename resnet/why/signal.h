// What becomes of a signal in an untrained net, and of its gradient on the way back?
//
// Backward, plain with batch norm.  Yang et al. 2019, "A mean field theory of batch normalization" (arXiv:1902.08129):
// the gradient explodes, and batch norm is what makes it.  For relu and wide layers, z the output of batch norm, z ~
// N(0, 1), h = relu(z), u = W h the next convolution:
//
//     Var u          = |w|^2 Var relu(z) = |w|^2 (pi - 1) / (2 pi)           w: the weights of one output
//     |dL/dh|^2      = 2 pi / (pi - 1) |dL/dz'|^2                            batch norm divides by the root of Var u
//     |dL/dz|^2      = |dL/dh|^2 / 2 = pi / (pi - 1) |dL/dz'|^2              relu' passes half of it
//
// So the norm grows by sqrt(pi / (pi - 1)) = 1.211 a layer towards the input: that of 110 layers by 10^9.  Borders of
// zeros and few channels lower it: 1.17 to 1.20 a layer in 3x3 convolutions of 16 to 64 channels (PyTorch).
//
// Backward, residual with batch norm.  Block l's branch adds variance 1 to a stream that has variance l, so the branch
// passes back a share of 1/l, and the product of all (1 + c/l) is a power of depth, no exponential.
//
// Forward, residual, without batch norm and with He's weights: every branch has the variance of its input, so the
// stream's doubles from block to block; with batch norm it grows by a constant.  (Prince 2023, "Understanding deep
// learning", sections 11.3 and 11.6.)
//
// In training.  He et al. 2015, section 4.1, found that the gradients of their plain nets "exhibit healthy norms with
// BN".  Yang et al. say that the range shrinks with the first step.
//
// Whether the explosion at the start causes degradation is not told by any of this.
#pragma once

#include "resnet/data/pictures.h"
#include "resnet/why/notebook.h"
#include "resnet/why/study.h"
#include "resnet/why/watch.h"

namespace deepen {

namespace threshold {
// Growth of the gradient a layer, plain with batch norm: from what narrow layers give with PyTorch, less what we allow
// for 16 channels at the input (1.16), to the limit of wide ones, rounded up.
constexpr double least_growth = 1.16, most_growth = 1.22;
// Growth that is a power of depth has a logarithm that hardly grows with depth; that of an exponential is proportional
// to it.  In between stands the root of depth.
constexpr double power_of_depth = 0.5, proportional = 0.75;
// The variance of a stream without batch norm doubles from block to block, give or take a tenth; with it, it grows by
// less than 1.1 a block in the deeper half.
constexpr double doubling = 2, doubling_within = 0.2, no_factor = 1.1;
// At most this share of the range at the start, in orders of magnitude between the largest and the smallest gradient,
// may be left.
constexpr double range_left = 0.5;
}  // namespace threshold

struct SignalOptions {
    std::vector<int> depths{20, 56, 110, 302, 1202};     // ascending; claims are of the deepest
    // Deeper ones only as residual nets with batch norm: 1.2^500, or 2^250 forward, is beyond float.
    int deepest_that_explodes = 302;
    std::vector<std::uint64_t> seeds{1, 2, 3};           // of weights, and of the pictures' order
    int trained_depth = 56;                              // the net that takes a few steps
    std::vector<Index> steps{1, 10, 100};                // after which it is looked at again
    Index batch = 32;
    Index width = 16;
};

// What one net shows on one batch.
struct Passage {
    std::string kind;                                    // "plain" or "residual"
    int depth = 0;
    std::uint64_t seed = 0;
    bool norm = true;                                    // with batch norm
    Index steps = 0;                                     // of training, before
    std::vector<double> gradients;                       // norm at each convolution's output, from the input
    std::vector<double> variances;                       // of each block's output, from the input

    std::string what() const;                            // "plain-56; seed 1; after 10 steps"
    double growth() const;                               // of the gradient, a factor a layer towards the input
    double orders() const;                               // of magnitude, between the largest and smallest gradient
};

// Those of one kind and depth, from each seed.
std::vector<const Passage*> passages_of(const std::vector<Passage>& all, const std::string& kind, int depth,
                                        bool norm = true, Index steps = 0);

// The slope of log10 y over x = 0, 1, 2, ..., by least squares.
double slope_of_logarithm(const std::vector<double>& y);

// Without batch norm: in evaluation mode at the start, when running statistics are 0 and 1, batch norm returns what it
// is given (divided by sqrt(1 + epsilon), 5 millionths).
std::vector<Passage> measure_signals(const SignalOptions& options, const PictureSet& pictures, Notebook& notebook,
                                     const std::function<void()>& measured);
Index signal_measurements(const SignalOptions& options);
double signal_seconds(const SignalOptions& options);     // about so long it takes here, from one net of 20 layers

std::vector<Claim> judge_signals(const std::vector<Passage>& passages);

Study signal_study(const SignalOptions& options, const PictureSet& pictures, Notebook& notebook,
                   const std::function<void()>& measured);

}  // namespace deepen
