// How are lines and points drawn, on paper and on a terminal?
//
// A figure is plots side by side, and each plot is series of points (x, y).  Theory is dashed, what was measured is
// not.  gnuplot draws the same plots as SVG, PDF or PNG, and as characters.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "resnet/report/gnuplot.h"
#include "resnet/report/terminal.h"

namespace deepen {

struct Series {
    enum class Look { line, dashed, points, rings, line_and_points };

    std::string name;                                    // in the key; empty: not there
    std::string colour;                                  // "#0072b2"
    Look look = Look::line_and_points;
    std::vector<std::pair<double, double>> points;       // those that are not finite are left out
};

struct Plot {
    static constexpr double automatic = std::numeric_limits<double>::quiet_NaN();

    std::string title, x, y;                             // what the axes are, with units
    bool log_y = false;
    double bottom = automatic, top = automatic;          // of the y axis
    std::vector<std::string> places;                     // names of x = 1, 2, ..., where x is no number
    std::vector<Series> series;
};

// `name` is what an SVG calls itself.
std::string drawn(const std::vector<Plot>& plots, const std::string& name, FigureFormat format);

// One below the other, in the terminal's width (60 to 100 columns).
std::string drawn_as_text(const std::vector<Plot>& plots, const Terminal& terminal);

// Okabe and Ito's (2008), which can be told apart by most readers: plain nets vermillion, residual nets blue, those
// with pre-activation green; lighter the further from the deepest, which has place 0.
std::string colour_of(const std::string& kind, std::size_t place);

}  // namespace deepen
