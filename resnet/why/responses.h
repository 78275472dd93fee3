// How much do the layers of a net respond?
//
// He et al. 2015, section 4.2 ("Analysis of Layer Responses") and Figure 7: the standard deviation of each 3x3 layer's
// output, after batch norm and before relu and addition.  "For ResNets, this analysis reveals the response strength of
// the residual functions."  Two claims:
//
//     1  "ResNets have generally smaller responses than their plain counterparts."  The paper takes it as support for
//        its motivation that residual functions are generally closer to zero than non-residual ones.
//     2  "the deeper ResNet has smaller magnitudes of responses": with more layers, each changes the signal less.
//
// What the paper leaves open is chosen here: evaluation mode (running statistics), pictures of the test set, the
// deviation over all pictures, places and channels of a layer.
//
// Layers cannot be paired between nets of different depths.  So two nets are compared by all pairs of a layer of one
// and a layer of the other:
//
//     P = share of pairs in which the first net's layer responds less              (ties count half)
//
// P is the statistic of Mann and Whitney (1947), U / (n m).  If both nets' layers came from one distribution, its
// standard deviation would be sqrt((n + m + 1) / (12 n m)), and we take 1.96 of these, 95 %, as the least by which P
// must differ from 1/2.  Layers of a net are not independent of each other: a yardstick, then, and no test.
#pragma once

#include "resnet/why/study.h"
#include "resnet/why/trained.h"

namespace deepen {

struct Response {
    std::string layer;                                   // "layer1.0.bn1"
    double deviation = 0;
};

// Of every batch norm that follows a 3x3 convolution (a bottleneck's 1x1s and projections are left out), in the order
// of layers.
std::vector<Response> responses(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing);

// P of above: how often a value of `a` is smaller than one of `b`.
double share_smaller(const std::vector<double>& a, const std::vector<double>& b);
// Whether `a` is generally smaller: holds, fails (it is generally larger) or unclear.  Untested where one is empty.
Outcome generally_smaller(const std::vector<double>& a, const std::vector<double>& b);

// `measured` is told of each net when it is done.
Study responses_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures,
                      const std::function<void()>& measured);

}  // namespace deepen
