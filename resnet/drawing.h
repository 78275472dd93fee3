// What does a net look like?
//
// Like Figure 3 of He et al. 2015: boxes for what has weights or changes the maps' size, a column a stage, and beside
// the line of boxes the shortcuts, solid where they carry their input as it is, dashed where they change its shape.
// Batch norm and relu go with the convolution before them.  Of nets with many equal blocks in a row, one is drawn, and
// how often it is there.
//
// SVG needs nothing but a browser; DOT is for graphviz (`dot -Tpdf`), which finds its own places for all the rows.
#pragma once

#include <string>

#include "layers/summary.h"

namespace deepen {

std::string svg_drawing(const Summary& summary, const std::string& title);
std::string dot_drawing(const Summary& summary, const std::string& title);

}  // namespace deepen
