// What is a net made of, and what does it cost?
//
// The graph that autograd records (engine/autograd.h) has every op, its output's shape and where its inputs came from,
// and the weights among these lead to the layer they belong to.  So one picture is sent through the net, and the graph
// is read from its end.  Nothing is counted twice or forgotten, whatever the net.
//
// Multiply-adds are those of convolutions and linear layers, one for each weight and place: the paper's "FLOPs"
// (He et al. 2015, Table 1).
#pragma once

#include "layers/module.h"

namespace deepen {

// One layer, or one op that has no weights.
struct SummaryRow {
    std::string name;  // "layer1.0.conv1"; of an op outside layers, "global_average_pool"
    std::string type;                                    // "Conv2d"; of an op outside layers, "op"
    std::string detail;                                  // "3x3, 64, /2": of a convolution, kernel, channels, stride
    Shape output;                                        // [N,H,W,C] or [N,classes]
    Index parameters = 0, buffers = 0;                   // numbers that learn; that do not, but are kept
    Index multiply_adds = 0;                             // forward, of the whole batch
    std::vector<int> inputs;                             // rows that it reads; -1: the picture

    Index bytes() const { return output.size() * static_cast<Index>(sizeof(Real)); }
};

struct Summary {
    Shape input;                                         // [N,H,W,3]
    std::vector<SummaryRow> rows;                        // in the order of computation
    Index parameters = 0, buffers = 0, multiply_adds = 0, activation_bytes = 0;   // sums
};

std::string grouped(Index n);                            // "25,557,032"

// Sends one picture of height x width through the net, in evaluation mode, and tells of a batch of `batch`.
// Refuses pictures that do not fit the net, as its layers do.
Summary summarise(Module& net, Index height, Index width, Index batch = 1);

}  // namespace deepen
