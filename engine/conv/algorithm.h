// What does a way of computing a convolution have to offer?
//
// A forward and a backward on raw memory, and a word on which shapes it suits.  All of them compute
// the same thing (geometry.h); each is tested against `reference`, the seven loops one would write
// first.  conv2d (ops/conv2d.cpp) chooses by shape.
//
//     reference   seven loops, the definition                       any shape, slow
//     im2col      patches as rows of a matrix, then one sgemm       any shape
//     pointwise   1x1, stride 1: x already is that matrix           one sgemm, nothing copied
//     winograd    F(4x4,3x3): 36 multiplications instead of 144     3x3, stride 1
#pragma once

#include <functional>

#include "engine/conv/geometry.h"

namespace deepen {

// Note [While it is in cache]
//   Memory is slower than arithmetic: what is done to y after a convolution costs little while y is still
//   in cache, and a pass over memory later.  So a forward reports each stretch of places (rows of y seen
//   as [N*Ho*Wo, Cout]) as soon as it is finished, from the thread that made it.  Stretches cover y once
//   and do not depend on threads; their order does.  An empty function asks for no reports.
using PlacesDone = std::function<void(Index begin, Index end)>;

struct ConvolutionAlgorithm {
    ConvAlgorithm id;
    const char* name;
    bool (*suits)(const ConvGeometry& g);

    // y [N,Ho,Wo,Cout] = x * w.  Every element of y is written.
    void (*forward)(const ConvGeometry& g, const Real* x, const Real* w, Real* y, const PlacesDone& done);

    // dx += dy * w turned around; dw += x * dy.  A null dx or dw is not wanted.  One call, because
    // an algorithm may share work between the two.  A `fresh` dx holds nothing yet and is written, not
    // added to: an algorithm can clear what it adds to just before, when it is in cache.
    void (*backward)(const ConvGeometry& g, const Real* x, const Real* w, const Real* dy, Real* dx, bool fresh,
                     Real* dw);
};

extern const ConvolutionAlgorithm reference_convolution, im2col_convolution;
extern const ConvolutionAlgorithm pointwise_convolution, winograd_convolution;

// The algorithm of that id, or, for `automatic`, the fastest that suits.  Refuses one that does not suit.
const ConvolutionAlgorithm& choose_convolution(const ConvGeometry& g, ConvAlgorithm id);

// Name as used by flags: "automatic", "reference", "im2col", "pointwise", "winograd".  Refuses others.
ConvAlgorithm parse_conv_algorithm(const std::string& name);

}  // namespace deepen
