// How does one walk through the space of a net's weights?
//
// From where training ended, w, along two random directions d and e:
//
//     w + a d + b e
//
// Li et al. 2018, "Visualizing the loss landscape of neural nets" (arXiv:1712.09913), section 4: random directions are
// *filter-normalised*.  Behind batch norm a filter's size has no meaning: twice the weights give the same output, and a
// step of one length is a large one for small weights.  So the direction of each filter f (all weights that make one
// output) is scaled to the size of that filter:
//
//     d_f <- d_f |w_f| / |d_f|
//
// and a = 1 is a step as large as the weights are, in every net.  Biases and batch norm's scales and shifts, which
// belong to no filter, stay where they are.
#pragma once

#include <cstdint>
#include <vector>

#include "layers/module.h"

namespace deepen {

class WeightWalk {
public:
    // Two directions, drawn from `seed` and the names of the weights: nets that share names share directions, but for
    // the sizes of their filters.
    WeightWalk(Module& net, std::uint64_t seed);
    ~WeightWalk();                                       // back at the start
    WeightWalk(const WeightWalk&) = delete;
    WeightWalk& operator=(const WeightWalk&) = delete;

    void go(double a, double b);                         // to w + a d + b e, from wherever the net is

private:
    struct Weight {
        Tensor tensor;                                   // the net's own
        std::vector<Real> start, d, e;
    };
    std::vector<Weight> weights_;
};

}  // namespace deepen
