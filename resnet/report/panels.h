// What is in a figure of error against iterations?
//
// Two panels, plain nets on the left and residual nets on the right, with one pair of axes for both, so that a height
// means the same on either side.  Each net is a line, or two: training error and test error.  What they look like is
// figure.h's concern, and curves_text.h's on a terminal.
#pragma once

#include <string>
#include <vector>

#include "resnet/report/runs.h"

namespace deepen {

struct Line {
    Net net;
    std::string colour;      // "#0072b2"
    std::string block;       // what gnuplot calls its numbers: "$plain20"
    bool published = false;  // by others: drawn behind ours

    std::string label() const;                                     // "plain-20"; with a star if it is not finished
    Index epochs() const;                                          // that all its seeds have
    Index iteration(Index epoch) const;                            // at the end of that epoch
    double percent(Index epoch, double EpochRecord::*what) const;  // mean over seeds
    double end(double EpochRecord::*what) const { return percent(epochs(), what); }
};

struct Panel {
    std::string title;
    std::vector<Line> lines;  // published ones first
};

// Plain left, residual right; one panel where there is one kind.  Each of the `unfinished` runs is a line of its own.
// Of `published` runs those are shown whose kind has a panel.  All runs must outlive the panels.  Refuses runs without
// a single epoch.
std::vector<Panel> panels_of(const std::vector<Run>& runs, const std::vector<Run>& unfinished = {},
                             const std::vector<Run>& published = {});

// One panel with the two lines.
Panel twins(const Net& plain, const Net& residual);

std::vector<Line> lines_in(const std::vector<Panel>& panels);

// What all panels of a figure share.
struct Axes {
    Index iterations = 0;  // of our longest line
    Index epochs = 0;      // of it
    double top = 0;        // error in percent
    bool several_seeds = false;
};

// The error axis ends at the largest error or, for long runs, at 2.5 times the largest final error: the first epochs
// may leave at the top, so that the ends can be told apart.
Axes axes_of(const std::vector<Panel>& panels);

// The paper's: 0 to 20 %, or further, as far as the ends of these nets ask for.  One net in five may end above if that
// at least halves the axis: a plain net of 110 layers, which hardly learns, must not press all others flat.
Axes zoomed_axes_of(const std::vector<Panel>& panels);

// Values between 0 and `last`, at most seven, a round number apart.
std::vector<Index> tics(Index last);

// Labels stand where their lines end, within 0 .. top, moved apart as far as they would else overlap.
std::vector<double> label_heights(const std::vector<double>& ends, double top, double apart);

}  // namespace deepen
