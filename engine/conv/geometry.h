// Which inputs does an output of a convolution see?
//
// y[n,i,j,k] = sum over r,s,c of x[n, i*stride + r - padding, j*stride + s - padding, c] * w[r,s,c,k]
//
// with x zero outside its borders.  (The field calls this a convolution though it is a correlation:
// the filter is not flipped.)  This file fixes sizes and refusals; algorithms are beside it.
#pragma once

#include <string>

#include "engine/shape.h"

namespace deepen {

// How a convolution is computed.  `automatic` chooses by shape.
enum class ConvAlgorithm { automatic, reference, im2col, pointwise, winograd };

struct ConvOptions {
    Index stride = 1;
    Index padding = 0;
    ConvAlgorithm algorithm = ConvAlgorithm::automatic;
    std::string layer;                    // named in refusals, e.g. "layer2.0.conv1"
};

// All sizes of one convolution.
struct ConvGeometry {
    Index batch, height, width, in_channels;          // x [N,H,W,Cin]
    Index kernel_height, kernel_width, out_channels;  // w [kh,kw,Cin,Cout]
    Index stride, padding;
    Index out_height, out_width;                      // y [N,Ho,Wo,Cout]: Ho = (H + 2 padding - kh) / stride + 1

    Index picture_size() const { return height * width * in_channels; }
    Index out_positions() const { return out_height * out_width; }
    Index patch_size() const { return kernel_height * kernel_width * in_channels; }
    Index multiply_adds() const { return batch * out_positions() * patch_size() * out_channels; }
};

// Refuses what does not fit, naming the layer and both shapes.
ConvGeometry conv_geometry(const Shape& x, const Shape& w, const ConvOptions& options);

}  // namespace deepen
