// Which parts of a picture does a trained net classify?
//
// The picture is scaled until its shorter side is, say, 256 pixels, and the net sees 224 x 224 of it:
//
//     +---+-------+---+      centre   the middle, once
//     | 1 |       | 2 |      ten      the four corners and the middle, each also mirrored; the ten answers are
//     |   +---+---+   |               averaged
//     +---|   5   |---+
//     |   +---+---+   |
//     | 3 |       | 4 |
//     +---+-------+---+
//
// Source: Krizhevsky, Sutskever and Hinton 2012, section 4.1, "averaging the predictions made by the network's softmax
// layer on the ten patches"; He et al. 2015, section 3.4, "the standard 10-crop testing".
#pragma once

#include "resnet/data/pixels.h"

namespace deepen {

enum class Crops { centre, ten };

// size x size each; shorter_side is at least size.
std::vector<Pixels> crops_of(const Pixels& picture, Index shorter_side, Index size, Crops crops);

}  // namespace deepen
