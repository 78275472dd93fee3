// Which inputs does an output of a convolution see?
//
// y[n,i,j,k] = sum over r,s,c of x[n, i*stride + r - padding, j*stride + s - padding, c] * w[r,s,c,k]
//
// with x zero outside its borders.  (The field calls this a convolution though it is a correlation:
// the filter is not flipped.)  This file fixes sizes and refusals; algorithms are beside it.
#pragma once

#include <algorithm>
#include <string>

#include "engine/shape.h"

namespace deepen {

// How a convolution is computed.  `automatic` chooses by shape.
enum class ConvAlgorithm { automatic, reference, im2col, pointwise, winograd, direct };

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
    Index joined = 1;                                 // pictures that have been made one (conv/direct.cpp)

    Index picture_size() const { return height * width * in_channels; }
    Index out_positions() const { return out_height * out_width; }
    Index patch_size() const { return kernel_height * kernel_width * in_channels; }
    Index multiply_adds() const { return batch * out_positions() * patch_size() * out_channels; }

    // Lines are rows of all maps, one picture after the other: N*Ho of y, N*H of x.  The first line of x that
    // y's line sees, and the one after the last.
    Index first_seen(Index line) const { return line_of_x(line, 0); }
    Index end_seen(Index line) const { return line_of_x(line, kernel_height); }
    Index x_line() const { return width * in_channels; }                 // Reals
    Index y_line() const { return out_width * out_channels; }

private:
    Index line_of_x(Index line, Index tap) const {
        const Index row = line % out_height * stride - padding + tap;
        return line / out_height * height + std::clamp<Index>(row, 0, height);
    }
};

// Refuses what does not fit, naming the layer and both shapes.
ConvGeometry conv_geometry(const Shape& x, const Shape& w, const ConvOptions& options);

}  // namespace deepen
