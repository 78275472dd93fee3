// What passes through a net, forward and backward?
//
// While a SignalWatch lives, every convolution and every block of resnet/block.h and resnet/preactivation.h that this
// thread runs is noted: of a block, the variance
// of what it returns; of a convolution, the norm of the gradient that comes back to its output, once backward has run.
//
//     SignalWatch watch;
//     cross_entropy(net(x), labels).backward();
//     watch.layers()[3].gradient;                       // |dL/du| of the fourth convolution's output u
//
// How: a convolution's output knows the node that made it (engine/autograd.h), and the node's backward function is
// called with the gradient of that output.  We put our own function in its place, which notes the norm and calls it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/module.h"

namespace deepen {

struct LayerSignal {
    std::string layer;                                   // "layer1.0.conv1"
    double gradient = 0;                                 // |dL/du|, over the whole batch; 0 before backward
};

struct BlockSignal {
    std::string block;                                   // "layer1.0"
    double variance = 0;                                 // of the numbers that it returns
};

class SignalWatch {
public:
    SignalWatch();

    const std::vector<LayerSignal>& layers() const { return *layers_; }    // in the order of the forward pass
    const std::vector<BlockSignal>& blocks() const { return blocks_; }

private:
    std::shared_ptr<std::vector<LayerSignal>> layers_;   // backward functions may outlive the watch
    std::vector<BlockSignal> blocks_;
    ForwardWatch watch_;
};

}  // namespace deepen
