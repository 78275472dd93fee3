// What do the plain versions compute on?
//
// Lists of doubles, and nothing else.  The files of this folder are the engine's maths once more, in loops that
// follow the formulas: no threads, no vectors, no laziness, no cleverness.  Read them first; the fast versions are
// tested against them (tests/engine/plain_test.cpp).
//
//     autograd          reverse-mode differentiation of scalars
//     conv2d            seven loops
//     batch_norm        two passes over each channel
//     residual_block    all of it together: forward, loss, backward, one step of SGD
#pragma once

#include <vector>

#include "engine/real.h"

namespace deepen::plain {

using Numbers = std::vector<double>;

}  // namespace deepen::plain
