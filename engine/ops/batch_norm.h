// Where do a convolution and the batch norm after it meet?  (conv2d_batch_norm.cpp)
#pragma once

#include "engine/ops.h"
#include "engine/ops/moments.h"

namespace deepen {

// Batch norm as a straight line for each channel: z = scale (x - m) / sqrt(v + epsilon) + shift = a x + b.
struct ChannelLines {
    std::vector<Real> mean, inverse, a, b;               // [C]; inverse = 1 / sqrt(v + epsilon)

    ChannelLines(const Moments& m, const Tensor& scale, const Tensor& shift, Real epsilon);

    // y = a x + b for each row, plus s unless it is null, through relu if wanted.  y may be x.
    void apply(Index rows, const Real* x, const Real* s, bool relu, Real* y) const;
};

void require_fitting(const Shape& x, std::initializer_list<const Tensor*> per_channel, const BatchNormOptions& options);

Moments running_moments(const Tensor& running_mean, const Tensor& running_variance);

// conv2d without a bias; `done` is called with y and each stretch begin .. end-1 of its places as they are finished.
using StretchDone = std::function<void(Real* y, Index begin, Index end)>;
Tensor conv2d_reporting(const Tensor& x, const Tensor& w, const ConvOptions& options, const StretchDone& done);

// batch_norm in training, where x's moments are known already.
Tensor batch_norm_given(const Moments& m, const Tensor& x, const Tensor& scale, const Tensor& shift,
                        Tensor running_mean, Tensor running_variance, const BatchNormOptions& options);

}  // namespace deepen
