// How does a large picture become a small one without turning into noise?
//
// Each small pixel is a weighted mean of the large ones under it.  The weights are a triangle that is
// as wide as the scale: 1 at the small pixel's centre, 0 one small pixel further.
//
//            /\                 s = large pixels to a small one
//          /    \               weight of large pixel j = max(0, 1 - |j + 1/2 - centre| / s), then normalised
//        /        \             centre of small pixel i = (i + 1/2) s
//     --+----+----+--
//      -s  centre  s
//
// Without the widening (bilinear sampling), pixels between the samples are skipped and fine patterns
// alias.  Where a picture is enlarged (s < 1) the triangle keeps the width of a pixel: that is bilinear
// interpolation.  The filter is the same along rows and columns, so it is applied to one after the other.
//
// This is the filter of Pillow's BILINEAR, which trained nets of torchvision saw their pictures through,
// bit for bit: weights are rounded to 22 binary places and results to bytes, after the rows and again after
// the columns.  Whole numbers also give the same bytes on every processor.
#pragma once

#include "resnet/data/pixels.h"

namespace deepen {

// A window of the picture scaled to `size`.  Pixels outside the window have no part in it.
Pixels resized(const Pixels& picture, const Window& window, Size size);

// The whole picture scaled to `size`, but only a part of the result: no more is computed than is asked for.
Pixels part_of_resized(const Pixels& picture, Size size, const Window& part);

// The size at which the shorter side is `shorter`; the longer one keeps its proportion, rounded down, as
// torchvision's Resize has it.
Size with_shorter_side(Size picture, Index shorter);

// What a trained net is shown of a picture: its shorter side scaled to `shorter`, and `part` of it from the middle.
Pixels fitted(const Pixels& picture, Index shorter, Size part);

}  // namespace deepen
