// What is a residual block made of?
//
//      two layers                                   three: the bottleneck
//
//            x ───────────────┐                           x ───────────────┐
//            │                │                           │                │
//       conv 3x3, stride      │                      conv 1x1, to out/4    │
//       batch norm, relu      │ shortcut(x)          batch norm, relu      │
//       conv 3x3              │                      conv 3x3, stride      │ shortcut(x)
//       batch norm            │                      batch norm, relu      │
//            │                │                      conv 1x1, to out      │
//            + ───────────────┘                      batch norm            │
//            │                                            │                │
//           relu                                          + ───────────────┘
//                                                         │
//                                                        relu
//
// He et al. 2015, Figures 2 and 5.  Take the right-hand line away and the plain block is left: plain and
// residual nets come from one definition and differ in nothing else.
//
// The block whose shortcut is x itself is also called "identity block", and the one whose shortcut is a projection
// "convolution block": the first block of a stage under option B.
//
// Where a bottleneck has stride 2, the paper gives it to the first 1x1, which then never looks at three of
// four pixels; torchvision gives it to the 3x3 ("v1.5"), for 6 % more multiply-adds and better accuracy.
#pragma once

#include "resnet/shortcut.h"

namespace deepen {

struct BlockOptions {
    Index in_channels, out_channels, stride = 1;
    Shortcut shortcut = Shortcut::A;
    bool stride_in_3x3 = true;                           // of a bottleneck; false: in its first 1x1
    // The last batch norm's scale starts from 0, so that the block starts as relu(shortcut(x)): Goyal et al. 2017,
    // "Accurate, large minibatch SGD", section 5.1.  For residual blocks: a plain one would start as 0.
    bool zero_last_scale = false;
    bool batch_norm = true;                              // false: only its scale and shift are left (layers.h)
    // Of residual blocks: relu(gate F(x) + shortcut(x)), with one learned gate that starts from this number.  From 0,
    // they need no batch norm: De and Smith 2020, arXiv:2002.10444; Bachlechner et al. 2020, arXiv:2003.04887.
    std::optional<double> residual_gate = {};
    bool after_stem = false;                             // the net's first block: preactivation.h
};

// x [N,H,W,in] -> [N,ceil(H/stride),ceil(W/stride),out]
class BasicBlock : public Module {
public:
    explicit BasicBlock(BlockOptions options);

    Conv2d conv1;
    BatchNorm2d bn1;
    Conv2d conv2;
    BatchNorm2d bn2;
    std::optional<ShortcutPath> shortcut;                // empty in a plain block
    std::optional<Gate> gate;                            // where there is a residual_gate

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return shortcut ? "ResidualBlock" : "PlainBlock"; }
};

// Likewise.  Refuses out_channels that 4 does not divide.
class Bottleneck : public Module {
public:
    explicit Bottleneck(BlockOptions options);

    Conv2d conv1;
    BatchNorm2d bn1;
    Conv2d conv2;
    BatchNorm2d bn2;
    Conv2d conv3;
    BatchNorm2d bn3;
    std::optional<ShortcutPath> shortcut;
    std::optional<Gate> gate;

    static constexpr Index expansion = 4;                // out_channels are so many times those in between
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return shortcut ? "Bottleneck" : "PlainBottleneck"; }
};

// What blocks share with those of preactivation.h: the right-hand line, empty in a plain block, and the channels
// between a bottleneck's 1x1 convolutions.
std::optional<ShortcutPath> shortcut_for(const BlockOptions& o, bool norm = true);
Index inner_channels(const BlockOptions& o);

// Fills stages one after another, counts[i] blocks in stage i.  `o` describes the very first block; from stage to
// stage channels double and maps halve.
template <class Block>
void add_stages(std::initializer_list<Sequential*> stages, std::span<const int> counts, BlockOptions o) {
    o.after_stem = true;
    for (std::size_t i = 0; Sequential* stage : stages) {
        for (int block = 0; block < counts[i]; ++block) {
            stage->add<Block>(o);
            o.in_channels = o.out_channels, o.stride = 1, o.after_stem = false;
        }
        ++i;
        o.out_channels *= 2, o.stride = 2;
    }
}

}  // namespace deepen
