// How does a figure of curves look?
//
// In one of two looks:
//
//     ours       training error solid, test error dashed, and all of both: degradation is about training
//     paper      as Figure 6 of He et al. 2015: training error dashed, test error bold, zoomed to 0 .. 20 %, small
//                enough for two columns of print.  A net that ends above the zoom is named there
//
// In either, a line is a mean over seeds, and thin lines are the seeds.  Curves published by others are thin and grey.
//
// A figure is a gnuplot script: first each line's numbers as a named block of data, then one `plot` for each panel.
// gnuplot then draws it as SVG, PDF or PNG.
#pragma once

#include <string>
#include <vector>

#include "resnet/report/gnuplot.h"
#include "resnet/report/panels.h"

namespace deepen {

enum class Look { ours, paper };

// The file's bytes.  `name` is what an SVG calls itself.
std::string figure(const std::vector<Panel>& panels, Look look, FigureFormat format, const std::string& name);

}  // namespace deepen
