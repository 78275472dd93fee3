// Can a net do without one of its blocks?
//
// Veit, Wilber and Belongie 2016 (arXiv:1605.06431), sections 4.1 to 4.3, on trained nets:
//
//     1  taking out any one block hardly changes a residual net's error, but at the blocks that change the shape
//     2  the same done to a plain net (VGG, there) leaves a guess
//     3  taking out more, or exchanging blocks, makes the error grow smoothly                 shown, not judged
//
// They read it as follows: n blocks are 2^n paths through a residual net, and taking out one of n leaves half of them,
// most of which are short; a plain net has one path.  "Ensemble" is their word, and disputed: the paths share weights
// and are trained together.
#pragma once

#include "resnet/why/notebook.h"
#include "resnet/why/study.h"
#include "resnet/why/trained.h"

namespace deepen {

namespace threshold {
// Points of error that one missing block of a residual net may cost, the median over blocks that keep the shape.  Veit
// et al.'s Figure 3 has hardly any visible rise for a net of 54 blocks; the value was written down before any run here.
constexpr double one_block = 2;
// A plain net without a block is near guessing if it has at least such a share of a guess's errors.
constexpr double near_guessing = 0.9;
}  // namespace threshold

// What was found in one net; errors from 0 to 1.
struct Lesions {
    const TrainedNet* net = nullptr;
    double whole = 0;
    std::vector<double> without;                         // each block, from the input
    std::vector<bool> keeps_shape;
    // Several draws each: {how many blocks were taken out, error}, {Kendall's tau of the order, error}.
    std::vector<std::pair<double, double>> several, exchanged;

    double median_rise() const;                          // in points, over blocks that keep the shape
    double median_without() const;                       // error, over the same
};

// Of two orders of the same blocks, from -1 (reversed) to 1 (equal): (agreeing - other pairs) / pairs.
double kendall_tau(const std::vector<Index>& order);

Index lesions_passes(const TrainedNet& net);             // how often pictures will go through it
Lesions lesions(const TrainedNet& net, const PictureSet& pictures, Notebook& notebook,
                const std::function<void()>& measured);

// The claims, from what was found.  `guessing` is the error of a guess.
std::vector<Claim> judge_lesions(const std::vector<Lesions>& found, Index pictures, double guessing);

// `measured` is told of each pass.
Study lesion_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures, Notebook& notebook,
                   const std::function<void()>& measured);

}  // namespace deepen
