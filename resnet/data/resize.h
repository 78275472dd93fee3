// How does a large picture become a small one without turning into noise?
//
// Each small pixel is a weighted mean of the large ones under it.  The weights are a triangle that is
// as wide as the scale: 1 at the small pixel's centre, 0 one small pixel further.
//
//            /\                 s = large pixels to a small one
//          /    \               weight of large pixel j = max(0, 1 - |j + 1/2 - centre| / s), then normalised
//        /        \             centre of small pixel i = middle + (i + 1/2 - size/2) s
//     --+----+----+--
//      -s  centre  s
//
// Without the widening (bilinear sampling), pixels between the samples are skipped and fine patterns
// alias.  Where a picture is enlarged (s < 1) the triangle keeps the width of a pixel: that is bilinear
// interpolation.  The filter is the same along rows and columns, so it is applied to one after the other.
#pragma once

#include <cstdint>
#include <span>

#include "engine/real.h"

namespace deepen {

// Scales [height,width,3] so that the shorter side becomes `size` and cuts size x size from its centre.
void scale_and_crop(std::span<const std::uint8_t> picture, Index height, Index width, Index size,
                    std::span<std::uint8_t> out);

}  // namespace deepen
