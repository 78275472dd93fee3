// What does the loss look like around a trained net's weights?
//
// Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the loss landscape of neural nets" (arXiv:1712.09913),
// section 5: the loss on a square of weights w + a d + b e (walk.h) around those that training ended at,
//
//     1  of plain nets turns with depth from nearly convex to chaotic
//     2  of residual nets keeps its shape: the contour 0.1 above the minimum is as wide in a deep net as in a
//        shallow one
//     3  of plain nets is narrower the deeper the net is
//
// A square is two of hundreds of thousands of dimensions.  What looks convex there has a positive *mean* curvature, and
// saddles seldom come out as such (Boettcher and Wheeler 2022, arXiv:2208.13219).
#pragma once

#include "resnet/data/loader.h"
#include "resnet/why/notebook.h"
#include "resnet/why/study.h"
#include "resnet/why/trained.h"

namespace deepen {

namespace threshold {
// Whose contour: the level of Li et al., section 5.
constexpr double contour = 0.1;
// The width of a deep net's contour is that of the shallow one if this much of it is left: in the paper's Figure 6 the
// contours of ResNet-20 and ResNet-110 differ by less than a fifth, those of plain-20 and plain-110 by far more.
constexpr double width_left = 0.8;
// From one draw of directions to the next, widths differ by about a tenth: what a single net may be off by.
constexpr double width_noise = 0.1;
// A surface is more chaotic than another if it has so many local minima more.  One or two may be the grid's: a narrow
// valley that runs across it looks like a chain of pits.
constexpr double more_minima = 3, minima_noise = 1;
}  // namespace threshold

struct LandscapeOptions {
    Index points = 25;                                   // a side of the grid; odd, so that one is the net itself
    double reach = 1;                                    // a and b go from -reach to reach
    std::uint64_t seed = 1;                              // of the directions
};

struct Landscape {
    const TrainedNet* net = nullptr;
    LandscapeOptions options;
    std::vector<double> loss;                            // row by row: a grows along a row, b from row to row

    double at(Index column, Index row) const { return loss[static_cast<std::size_t>(row * options.points + column)]; }
    double place(Index point) const;                     // a of a column, or b of a row
    double centre() const { return loss[loss.size() / 2]; }

    // The diameter of a disk as large as the part around the centre where loss < centre + level.  Between the points of
    // the grid, sqrt(loss - centre) is interpolated: along a ray of a quadratic bowl it is linear.
    double width(double level) const;
    // Points of the grid, not at its border, that are lower than all eight around them.
    Index minima() const;
};

// `batches` is what the loss is the mean of; each point costs a pass forward, in evaluation mode, and nothing else.
Landscape landscape(const TrainedNet& net, const std::vector<Batch>& batches, const LandscapeOptions& options,
                    Notebook& notebook, const std::function<void()>& measured);

std::vector<Claim> judge_landscapes(const std::vector<Landscape>& found, double guessing_loss);

// On pictures of the training set.  `measured` is told of each point.
Study landscape_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures, const LandscapeOptions& options,
                      Notebook& notebook, const std::function<void()>& measured);

}  // namespace deepen
