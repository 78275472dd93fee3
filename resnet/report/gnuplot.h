// How are curves drawn?
//
// By gnuplot, which writes the same curves as SVG for a page and as characters for a terminal.  It
// is run as a program, so nothing is linked and a machine without it can do all but draw.
#pragma once

#include <string>

namespace deepen {

// What gnuplot writes to its standard output when it reads `script`.  The user's ~/.gnuplot is left
// out, so that figures look the same everywhere.  Refuses where gnuplot is missing (saying which
// package has it) and where it fails (saying what it complained of).
std::string run_gnuplot(const std::string& script, const std::string& program = "gnuplot");

// SVG for pages, PDF for print, PNG (300 dots an inch in the width of a page) for whatever takes no other.
enum class FigureFormat { svg, pdf, png };

std::string ending(FigureFormat format);  // "svg"

// Whether gnuplot was built with what draws that.  Debian's gnuplot-nox has all three.
bool can_draw(FigureFormat format);

struct Sheet {
    int width, height;                    // in the units of an SVG, 96 an inch
    int font = 13;
    std::string name;                     // what an SVG calls itself
};

// The file's bytes: what `script` draws, on white.
std::string draw(const std::string& script, const Sheet& sheet, FigureFormat format);

}  // namespace deepen
