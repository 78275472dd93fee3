// Which operations are there?
//
// One line per op.  Each lives in engine/ops/<name>.cpp with its formula, forward, backward and
// shapes.  To add an op: write that file, declare it here, test it in tests/engine.
//
// Letters: x y inputs and outputs, w weight, b bias; N batch, H height, W width, C channels, K kernel.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/conv/geometry.h"
#include "engine/tensor.h"

namespace deepen {

// --- arithmetic, with NumPy's broadcasting -------------------------------------------------------
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);
Tensor power(const Tensor& x, Real exponent);            // x^p, element by element
Tensor negate(const Tensor& x);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return subtract(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return multiply(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return divide(a, b); }
inline Tensor operator-(const Tensor& x) { return negate(x); }

// --- functions, element by element ---------------------------------------------------------------
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor relu(const Tensor& x);

// --- matrices ------------------------------------------------------------------------------------
Tensor matmul(const Tensor& a, const Tensor& b);         // [M,K] x [K,N] -> [M,N]

// --- reductions over axes (none named: all); `keep` leaves them with length 1 ---------------------
Tensor sum(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor mean(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor max(const Tensor& x, std::vector<int> axes = {}, bool keep = false);  // ties: the gradient goes to the first

// --- shapes --------------------------------------------------------------------------------------
Tensor reshape(const Tensor& x, Shape shape);
Tensor flatten(const Tensor& x);                         // [N,...] -> [N, product of the rest]
// Axis i of y is axis order[i] of x; none named: reversed.
Tensor transpose(const Tensor& x, std::vector<int> order = {});
struct Range { Index begin = 0, end = -1, step = 1; };   // begin, begin+step, ... before end; end -1: to the axis's end
Tensor slice(const Tensor& x, std::vector<Range> ranges);        // one range an axis, missing ones whole
struct Padding { Index before = 0, after = 0; };
Tensor pad(const Tensor& x, std::vector<Padding> padding, Real value = 0);  // one per axis, from the first
Tensor concatenate(const std::vector<Tensor>& parts, int axis);

// --- images: x [N,H,W,C] -------------------------------------------------------------------------
// y [N,Ho,Wo,Cout] from x [N,H,W,Cin] and w [kh,kw,Cin,Cout]; b [Cout] may be undefined.
Tensor conv2d(const Tensor& x, const Tensor& w, const Tensor& b = {}, ConvOptions options = {});
struct PoolOptions { Index kernel = 2; Index stride = 0; Index padding = 0; };  // stride 0: the kernel's
Tensor max_pool2d(const Tensor& x, PoolOptions options);
Tensor average_pool2d(const Tensor& x, PoolOptions options);     // padding counts as zeros (PyTorch's default)
Tensor subsample(const Tensor& x, Index stride, Index channels);  // every stride-th pixel, new channels zero
Tensor global_average_pool(const Tensor& x);             // [N,H,W,C] -> [N,C]

// Statistics are over all axes but the last: x [...,C], scale and shift [C].
// Training: normalises by the batch's own mean and variance, and moves the running ones (in place)
// by `momentum` towards them (the variance unbiased).  Evaluation: normalises by the running ones.
struct BatchNormOptions {
    bool training = true;
    Real momentum = Real(0.1), epsilon = Real(1e-5);
};
Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift,
                  Tensor running_mean, Tensor running_variance, const BatchNormOptions& options);

// --- classification: logits [N, classes] ----------------------------------------------------------
Tensor softmax(const Tensor& x);                         // over the last axis
Tensor log_softmax(const Tensor& x);                     // over the last axis
Tensor cross_entropy(const Tensor& logits, std::span<const int> labels);  // mean over the batch, a scalar

}  // namespace deepen
