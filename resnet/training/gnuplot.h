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

}  // namespace deepen
