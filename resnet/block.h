// What is a residual block made of?
//
//            x ───────────────┐
//            │                │
//       conv 3x3, stride      │
//       batch norm, relu      │ shortcut(x)
//       conv 3x3              │
//       batch norm            │
//            │                │
//            + ───────────────┘
//            │
//           relu
//
// He et al. 2015, Figure 2, and section 4.2 for CIFAR-10.  Take the right-hand line away and the plain
// block is left: plain and residual nets come from this one definition and differ in nothing else.
#pragma once

#include "resnet/shortcut.h"

namespace deepen {

struct BlockOptions {
    Index in_channels, out_channels, stride = 1;
    Shortcut shortcut = Shortcut::A;
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

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return shortcut ? "ResidualBlock" : "PlainBlock"; }
};

}  // namespace deepen
