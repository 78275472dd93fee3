// How is a surface drawn?
//
// z over a square, as hills seen from the side and, below, as a map with contours.  Surfaces that are drawn together
// share one scale of heights and colours, so that they can be compared.
#pragma once

#include <string>
#include <vector>

#include "engine/real.h"
#include "resnet/report/gnuplot.h"

namespace deepen {

struct Surface {
    std::string title;
    double reach = 1;                                    // x and y go from -reach to reach
    std::vector<double> z;                               // positive, drawn by its logarithm; rows of equal length
    double contour = 0;                                  // a level that is drawn in white on the map
};

// Side by side.  `z` is what the heights are, with units.
std::string drawn(const std::vector<Surface>& surfaces, const std::string& z, const std::string& name,
                  FigureFormat format);

}  // namespace deepen
