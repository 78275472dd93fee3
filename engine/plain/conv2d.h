// What does a convolution compute, and what are its gradients?
//
// Shapes     x [N,H,W,C]   w [kh,kw,C,K]   y [N,Ho,Wo,K], all row by row (engine/conv/geometry.h has the sizes)
// Forward    y[n,i,j,k] = sum over r,s,c of x[n, i*stride + r - padding, j*stride + s - padding, c] * w[r,s,c,k],
//            where x is zero outside its borders
// Backward   y is a sum of products.  Wherever forward adds x * w to a y, backward adds dy * w to that x's gradient
//            and dy * x to that w's.  So the three functions are one loop nest with three different last lines.
#pragma once

#include "engine/conv/geometry.h"
#include "engine/plain/numbers.h"

namespace deepen::plain {

Numbers conv2d(const ConvGeometry& g, const Numbers& x, const Numbers& w);                   // y
Numbers conv2d_data_gradient(const ConvGeometry& g, const Numbers& w, const Numbers& dy);    // dx
Numbers conv2d_weight_gradient(const ConvGeometry& g, const Numbers& x, const Numbers& dy);  // dw

}  // namespace deepen::plain
