// What does degradation look like?
//
// Error against iterations, as in Figure 6 of He et al. 2015: one colour per depth, plain nets on the left and residual
// nets on the right, with the same error axis (panels.h); in our look and in the paper's (figure.h).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "resnet/report/figure.h"
#include "resnet/report/runs.h"

namespace deepen {

// Every row of every run, one per line:
//     kind,depth,seed,epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds
std::string curves_csv(const std::vector<Run>& runs);

// What is drawn: runs, which are finished, those that are not, and those published by others (published.h).
struct Curves {
    std::vector<Run> runs, unfinished, published;

    std::vector<Run> ours() const;  // finished and unfinished
};

// All nets, plain left and residual right; one panel if there is one kind only.  Each of the unfinished runs is a line
// of its own, with a ring at its end and a star at its name.  Refuses runs without a single epoch.
std::string curves_figure(const Curves& curves, Look look, FigureFormat format = FigureFormat::svg);

// The deepest depth that was trained both ways: its plain and its residual net in one panel.
// Empty where there is no such depth.
std::string same_depth_figure(const std::vector<Run>& runs, FigureFormat format = FigureFormat::svg);

// Writes, replacing each file atomically, curves.csv and as SVG, PDF and PNG
//     curves         in our look
//     figure6        in the paper's
//     same-depth     where there is such a depth
// `suffix` is put behind each name: curves-A.csv.  `say` is told which format this gnuplot cannot draw.
void write_figures(const std::filesystem::path& folder, const std::string& suffix, const Curves& curves,
                   const std::function<void(const std::string&)>& say);

}  // namespace deepen
