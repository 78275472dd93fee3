// What do the plain versions compute on?
//
// Lists of doubles, and nothing else.  As everywhere here, dx is the derivative of the loss L with respect to x: dL/dx.
// The files of this folder are the engine's maths once more, in loops that follow the formulas: no threads, no
// vectors, no laziness, no cleverness.  Read them first; the fast versions are tested against them
// (tests/engine/plain_test.cpp).
//
//     conv2d            seven loops
//     batch_norm        forward in three passes over a channel, backward in two
//     residual_block    all of it together: forward, loss, backward, one step of SGD
//     autograd          reverse-mode differentiation of scalars
#pragma once

#include <vector>

#include "engine/real.h"

namespace deepen::plain {

using Numbers = std::vector<double>;

}  // namespace deepen::plain
