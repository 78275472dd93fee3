// How is a net drawn?
//
// Like Figure 3 of He et al. 2015: boxes for what has weights or changes the maps' size, one column per stage.  Beside
// the boxes are the shortcuts, solid where they carry their input as it is, dashed where they change its shape.
// Batch norm and relu go with the convolution before them.  Of many equal blocks in a row, one is drawn, with their
// number.
//
// SVG needs nothing but a browser; DOT is for graphviz (`dot -Tpdf`), which finds its own places for all the rows.
#pragma once

#include <string>

#include "layers/summary.h"

namespace deepen {

std::string svg_drawing(const Summary& summary, const std::string& title);
std::string dot_drawing(const Summary& summary, const std::string& title);

}  // namespace deepen
