// What does a way of computing a convolution have to offer?
//
// A forward and a backward on raw memory, and a word on which shapes it suits.  All of them compute
// the same thing (geometry.h); each is tested against `reference`, the seven loops one would write
// first.  conv2d (ops/conv2d.cpp) chooses by shape.
//
//     reference   seven loops, the definition                       any shape, slow
//     im2col      patches as rows of a matrix, then one sgemm       any shape
//     pointwise   1x1, stride 1: x already is that matrix           one sgemm, nothing copied
//     winograd    F(4x4,3x3): 36 multiplications instead of 144     3x3, stride 1, not too few places
//     direct      patches read where they lie, own products         any but the smallest maps
#pragma once

#include <functional>

#include "engine/conv/geometry.h"
#include "engine/conv/source.h"

namespace deepen {

// Note [While it is in cache]
//   Memory is slower than arithmetic: what is done to a map after a convolution costs little while the map
//   is still in cache, and a pass over memory later.  So an algorithm reports each stretch of places (rows
//   of the map seen as [N*H*W, C]) as soon as it is finished, from the thread that made it.  Stretches
//   cover the map once and do not depend on threads; their order does.  An empty function asks for no reports.
using PlacesDone = std::function<void(Index begin, Index end)>;

// The gradient by x, and what is to become of it.
struct GradientByInput {
    Real* dx = nullptr;                   // added to; null: not wanted
    bool fresh = false;                   // dx holds nothing yet: an algorithm clears what it adds to just before,
                                          // when it is in cache
    PlacesDone done = {};
    std::vector<const Real*> done_reads = {};            // what `done` reads, besides dx (Note [Fetch ahead], source.h)
};

struct ConvolutionAlgorithm {
    ConvAlgorithm id;
    const char* name;
    bool (*suits)(const ConvGeometry& g);

    // y [N,Ho,Wo,Cout] = x * w.  Every element of y is written.
    void (*forward)(const ConvGeometry& g, const Source& x, const Real* w, Real* y, const PlacesDone& done);

    // dx += dy * w turned around; dw += x * dy.  A null dx or dw is not wanted.  One call, because
    // an algorithm may share work between the two.
    void (*backward)(const ConvGeometry& g, const Source& x, const Real* w, const Source& dy,
                     const GradientByInput& d, Real* dw);

    // Whether `automatic` should take it where it suits.  Null: always.
    bool (*pays)(const ConvGeometry& g) = nullptr;
};

extern const ConvolutionAlgorithm reference_convolution, im2col_convolution;
extern const ConvolutionAlgorithm pointwise_convolution, winograd_convolution, direct_convolution;

// The algorithm of that id, or, for `automatic`, the first that suits and pays.  Refuses one that does not suit.
const ConvolutionAlgorithm& choose_convolution(const ConvGeometry& g, ConvAlgorithm id);

// Name as used by flags: "automatic", "reference", "im2col", "pointwise", "winograd", "direct".  Refuses others.
ConvAlgorithm parse_conv_algorithm(const std::string& name);

}  // namespace deepen
