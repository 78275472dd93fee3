// What happens in one training step of a residual block, every gradient written out?
//
//     forward    a1 = conv(x, w1)    n1 = bn(a1)    y1 = relu(n1)
//                a2 = conv(y1, w2)   n2 = bn(a2)    s = n2 + x         y = relu(s)
//     loss       L = sum of (y - target)^2 / 2
//     backward   dy  = y - target
//                ds  = dy where s > 0, else 0
//                dn2 = ds                           a sum hands its gradient on to both of its terms:
//                dx  = ds + ...                     the shortcut's share arrives at x untouched
//                da2, dgamma2, dbeta2   from dn2    plain/batch_norm.h
//                dw2, dy1               from da2    plain/conv2d.h
//                dn1 = dy1 where n1 > 0, else 0
//                da1, dgamma1, dbeta1   from dn1
//                dw1, and dx += ...     from da1    the second share: what went through the two convolutions
//     step       w <- w - rate dw                   and likewise gamma and beta
//
// Without the shortcut (`residual` false) s = n2, and dx has the second share alone: the plain block.
//
// Source: He et al. 2015, "Deep residual learning", equation (1) and Figure 2; the last relu is the "second
// nonlinearity after the addition" of section 3.2.
#pragma once

#include "engine/plain/batch_norm.h"
#include "engine/plain/conv2d.h"

namespace deepen::plain {

struct ResidualBlock {
    ConvGeometry g;                                      // of both convolutions: 3x3, as many channels out as in
    Numbers w1, gamma1, beta1, w2, gamma2, beta2;
    bool residual = true;

    struct Pass {                                        // what forward leaves: y for the loss, the rest for backward
        Numbers y1, s, y;
        Normalised n1, n2;
    };
    struct Gradients {
        Numbers dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2;
    };

    Pass forward(const Numbers& x) const;
    Gradients backward(const Numbers& x, const Pass& pass, const Numbers& dy) const;
    void step(const Gradients& d, double rate);
};

double squared_error(const Numbers& y, const Numbers& target);                // L
Numbers squared_error_gradient(const Numbers& y, const Numbers& target);      // dL/dy

}  // namespace deepen::plain
