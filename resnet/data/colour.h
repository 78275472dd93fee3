// How are the colours of training pictures varied?
//
// A cat is a cat on a grey day and at sunset.  So colours are changed at random before the net sees them:
//
//   jitter      brightness  v' = f v                        contrast  v' = f v + (1 - f) m,  m the mean grey
//               saturation  v' = f v + (1 - f) grey(v)      grey = 0.299 red + 0.587 green + 0.114 blue
//               in random order, each with its own f, evenly from 1 - jitter to 1 + jitter
//   lighting    the same is added to every pixel: a1 l1 p1 + a2 l2 p2 + a3 l3 p3, where p and l are the principal
//               directions of colours over ImageNet and the variances along them, and a is normal with deviation
//               `lighting`
//
// Source: torchvision's ColorJitter; Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep
// convolutional neural networks", section 4.1, with lighting 0.1, which He et al. 2015, section 3.4, follow.  The
// paper does not print p and l; these are those of fb.resnet.torch.
#pragma once

#include <array>

#include "engine/random.h"
#include "resnet/data/pixels.h"

namespace deepen {

struct ColourChange {
    enum class Kind { brightness, contrast, saturation };
    struct Step {
        Kind kind;
        double factor;
    };
    std::vector<Step> steps;                             // one after the other; colours are clipped in between
    std::array<double, 3> offset = {0, 0, 0};            // added at the end: red, green, blue, in 255ths
};

// jitter and lighting 0: no change.
ColourChange random_colour_change(Random& random, double jitter, double lighting);

void apply(const ColourChange& change, Pixels& picture);

}  // namespace deepen
