// What does degradation look like?
//
// Error against epochs, as in Figure 6 of He et al. 2015: one colour per depth, plain nets on the left and residual
// nets on the right, with the same error axis.  Here training error is solid and test error dashed; the paper's figure
// has dashed lines for training error and bold ones for test error.
// Where a net was trained from several seeds, the line is their mean and a band spans their range.
//
// gnuplot draws; this file says what.  Figures come back as text: SVG for a page, characters for a
// terminal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "resnet/training/runs.h"
#include "resnet/training/terminal.h"

namespace deepen {

// Every row of every run, one per line, replaced atomically:
//     kind,depth,seed,epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds
void write_curves_csv(const std::filesystem::path& path, const std::vector<Run>& runs);

// All nets, plain left and residual right; one panel if there is one kind only.  An SVG document.  Each of the
// `unfinished` runs is a line of its own, with a ring at its end and a star at its name.
// Refuses runs without a single epoch.
std::string curves_svg(const std::vector<Run>& runs, const std::vector<Run>& unfinished = {});

// The deepest depth that was trained both ways: its plain and its residual net in one panel.
// Empty where there is no such depth.
std::string same_depth_svg(const std::vector<Run>& runs);

// curves_svg() for a terminal: training error as "o", test error as "." for each net, in its width (80 to 100
// columns), coloured where it is.
std::string curves_text(const std::vector<Run>& runs, const Terminal& terminal);

}  // namespace deepen
