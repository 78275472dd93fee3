// What does a way of computing a convolution have to offer?
//
// A forward and a backward, and a word on which shapes it suits.  All of them compute the same thing (geometry.h);
// each is tested against `reference`, the seven loops one would write first.  conv2d (ops/conv2d.cpp) chooses by shape.
// They read and write maps range by range, so that the ops around them can be fused with them: fusion.h.
//
//     reference   seven loops, the definition                       any shape, slow
//     im2col      patches as rows of a matrix, then one sgemm       any shape
//     pointwise   1x1, stride 1: x already is that matrix           one sgemm, nothing copied
//     winograd    F(4x4,3x3): 36 multiplications instead of 144     3x3, stride 1, not too few places
//     direct      patches read where they lie, own products         any but the smallest maps
#pragma once

#include <string>

#include "engine/batch_sum.h"
#include "engine/conv/geometry.h"
#include "engine/fusion.h"

namespace deepen {

struct ConvolutionAlgorithm {
    ConvAlgorithm id;
    const char* name;
    bool (*suits)(const ConvGeometry& g);

    // y [N,Ho,Wo,Cout] = x * w.  Every element of y is written (y.add is false).
    void (*forward)(const ConvGeometry& g, const Input& x, const Real* w, const Output& y);

    // dx = or += dy * w turned around; dw += x * dy.  A null dx or dw is not wanted.  One call, because
    // an algorithm may share work between the two.
    void (*backward)(const ConvGeometry& g, const Input& x, const Real* w, const Input& dy, const Output& dx, Real* dw);

    // Whether `automatic` should take it where it suits.  Null: always.
    bool (*pays)(const ConvGeometry& g) = nullptr;
};

extern const ConvolutionAlgorithm reference_convolution, im2col_convolution;
extern const ConvolutionAlgorithm pointwise_convolution, winograd_convolution, direct_convolution;

// The algorithm of that id, or, for `automatic`, the first that suits and pays.  Refuses one that does not suit.
const ConvolutionAlgorithm& choose_convolution(const ConvGeometry& g, ConvAlgorithm id);

// The batch in leaves of lines, or of what else a picture has `size` of: batch_sum.h.
inline Leaves cut_batch(const ConvGeometry& g, Index size, Index least, Index enough = 0, Index many = 16) {
    return cut_batch(g.batch, size, least, enough, many, g.joined);
}

// The leaves over which a weight gradient is summed.  Each costs a dw to fill with zeros and to add: it should have
// enough positions to pay for that.
Leaves weight_leaves(const ConvGeometry& g);

// Name as used by flags: "automatic", "reference", "im2col", "pointwise", "winograd", "direct".  Refuses others.
ConvAlgorithm parse_conv_algorithm(const std::string& name);

}  // namespace deepen
