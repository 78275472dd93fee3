// What is the plainest way to compute a convolution?
//
// In seven loops, straight from the definition in geometry.h: those of engine/plain/conv2d.h.  Every faster
// algorithm is tested against this one.
//
// Backward follows from y being a sum of products: wherever forward adds x * w into y, backward adds
// dy * w into that x's gradient and dy * x into that w's.
//
// Sums are kept in double: a measure has to be finer than what it measures.  A product of two floats is
// exact in double, so a sum of thousands of them has all of a float's digits right, and several more.  (In the
// double build it rounds like the others.)
#pragma once

#include <vector>

#include "engine/conv/geometry.h"

namespace deepen {

// y of x and w; dx of w and dy; dw of x and dy.  Nothing is rounded to Real.
std::vector<double> exact_forward(const ConvGeometry& g, const Real* x, const Real* w);
std::vector<double> exact_data_gradient(const ConvGeometry& g, const Real* w, const Real* dy);
std::vector<double> exact_weight_gradient(const ConvGeometry& g, const Real* x, const Real* dy);

}  // namespace deepen
