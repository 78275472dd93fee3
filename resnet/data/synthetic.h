// Which pictures can be learned from without a download?
//
// Ten shapes, drawn anew for every picture: 32x32, in random colours, at a random place, size and angle,
// over a cloudy background, with a stroke across and a blob beside as distractors, and noise on top.
// A mean picture tells almost nothing about its class, so a linear classifier fails; edges, corners and
// how they sit together must be found, which is what convolutions are for.
//
//     disc  ring  crescent  square  triangle  star  cross  heart  arrow  bars
//
// A shape is a signed distance (negative inside), in units of its own radius; its edge is blended over
// one pixel, which antialiases it.  No shape is another one turned or mirrored.
//
// Every picture is a pure function of (seed, split, index): sets of different counts share their first
// pictures, and threads do not matter.  Labels go round: picture i is of class i mod 10.
#pragma once

#include "resnet/data/pictures.h"

namespace deepen {

// Uses options.seed, train_count (at least 1) and test_count (at least 0), 10,000,000 at most.
DataSplits synthetic_data(const DataOptions& options);

}  // namespace deepen
