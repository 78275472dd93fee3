// What does batch normalisation compute in training, and what is its gradient?
//
// Shapes     x, y [R,C]: R rows of C channels (a batch of feature maps [N,H,W,C] has R = N H W)   gamma, beta [C]
// Forward    for each channel:   mean = sum of x / R          variance = sum of (x - mean)^2 / R
//                                inv_std = 1 / sqrt(variance + epsilon)
//                                xhat = (x - mean) inv_std    y = gamma xhat + beta
// Backward   dbeta  = sum of dy                               beta is added to every y of its channel
//            dgamma = sum of dy xhat                          and gamma multiplies every xhat
//            dx     = gamma inv_std (dy - dbeta / R - xhat dgamma / R)
//
// Where do the last two terms come from?  x reaches y on three paths: through xhat itself, through the mean and through
// the variance, and every x of the channel has a part in both of these.  With g = dy gamma, the gradient at xhat:
//
//     through the numerator    g inv_std
//     through the mean         d(mean)/dx = 1/R, and every xhat falls by inv_std as the mean rises:
//                              -inv_std sum(g) / R
//     through the variance     d(variance)/dx = 2 (x - mean) / R,   d(xhat)/d(variance) = -xhat inv_std^2 / 2:
//                              -inv_std xhat sum(g xhat) / R
//
// (The variance depends on the mean, too, but d(variance)/d(mean) = -2 sum(x - mean) / R = 0.)  With
// sum(g) = gamma dbeta and sum(g xhat) = gamma dgamma, the three are dx above.  Where epsilon is 0, dx has no part
// along a vector of ones nor along xhat: a change of x that only moves or stretches a channel does not change y.
//
// Source     Ioffe and Szegedy 2015, "Batch normalization", Algorithm 1, and section 3 for the gradient
#pragma once

#include "engine/plain/numbers.h"

namespace deepen::plain {

struct Normalised {
    Numbers y, xhat;                                     // [R,C]
    Numbers mean, variance, inv_std;                     // [C]
};
struct BatchNormGradients {
    Numbers dx, dgamma, dbeta;
};

Normalised batch_norm(const Numbers& x, const Numbers& gamma, const Numbers& beta, double epsilon = 1e-5);
BatchNormGradients batch_norm_backward(const Normalised& n, const Numbers& gamma, const Numbers& dy);

}  // namespace deepen::plain
