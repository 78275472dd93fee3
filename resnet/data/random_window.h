// How does a net learn to recognise things of any size, anywhere in the picture?
//
// It sees another window of each picture every time.  There are two ways to draw one:
//
//   resized crop      a window of random area and proportion, anywhere in the picture, scaled to what the net takes.
//                     area: 8 to 100 % of the picture's; width / height: 3/4 to 4/3, evenly on a logarithmic scale.
//                     The harder one, and today's habit (torchvision's RandomResizedCrop with its defaults).
//   scale jitter      the picture scaled to a random size, and a window of the size the net takes, anywhere in it.
//                     shorter side: 256 to 480 for nets of 224 pixels, in proportion for others.  The paper's.
//
// Source: Szegedy et al. 2014, "Going deeper with convolutions", section 6; He et al. 2015, section 3.4, after
// Simonyan and Zisserman 2014, section 3.1.
#pragma once

#include "engine/random.h"
#include "resnet/data/pixels.h"

namespace deepen {

// Ten windows are drawn; where none fits into the picture, it is the largest in the middle whose proportion is
// allowed.  (Only long and narrow pictures come to that.)
Window random_resized_crop(Random& random, Size picture);

struct ScaledPart {
    Size scaled;                                         // what the picture is scaled to
    Window part;                                         // of that
};
ScaledPart random_scale(Random& random, Size picture, Size part);

}  // namespace deepen
