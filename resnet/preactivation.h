// What if batch norm and relu come before each convolution instead of after it?
//
//      x ───────────────┐            The right-hand line is then free of any function, from the first
//      │                │            block of a stage to its last: signals pass forwards, gradients backwards,
//  batch norm, relu     │            and nets of 1001 layers train well.
//  conv 3x3, stride     │ shortcut
//  batch norm, relu     │            y = x + F(x)            He et al. 2016, "Identity mappings in deep
//  conv 3x3             │                                    residual networks", equation (9), Figure 4(e)
//      │                │
//      + ───────────────┘            The bottleneck likewise, with 1x1, 3x3 and 1x1.
//
// What stands after the last addition, a batch norm and a relu, belongs to the net.  Where the shortcut is a
// projection, and in the first block after the stem, the first batch norm and relu come before the two ways
// part (the paper's appendix).  Projections are bare convolutions here.
//
// Names follow the usual PyTorch code (bearpaw/pytorch-classification): layer1.0.bn1, layer1.0.conv1, ..., bn.
#pragma once

#include "resnet/cifar.h"

namespace deepen {

// What blocks of two and of three layers have in common: everything but the layers between.
// x [N,H,W,in] -> [N,ceil(H/stride),ceil(W/stride),out]
class Preactivation : public Module {
public:
    BatchNorm2d bn1;
    std::optional<ShortcutPath> shortcut;

    Tensor forward(const Tensor& x) final;
    void visit(Visitor& v) final;

protected:
    explicit Preactivation(const BlockOptions& options);
    virtual Tensor layers(const Tensor& activated) = 0;  // from the first convolution to the last
    virtual void visit_layers(Visitor& v) = 0;

private:
    bool after_stem_;
};

class PreactivationBlock : public Preactivation {
public:
    explicit PreactivationBlock(BlockOptions options);

    Conv2d conv1;
    BatchNorm2d bn2;
    Conv2d conv2;

    std::string_view type() const override { return "PreactivationBlock"; }

private:
    Tensor layers(const Tensor& activated) override;
    void visit_layers(Visitor& v) override;
};

// Refuses out_channels that 4 does not divide.
class PreactivationBottleneck : public Preactivation {
public:
    explicit PreactivationBottleneck(BlockOptions options);

    Conv2d conv1;
    BatchNorm2d bn2;
    Conv2d conv2;
    BatchNorm2d bn3;
    Conv2d conv3;

    std::string_view type() const override { return "PreactivationBottleneck"; }

private:
    Tensor layers(const Tensor& activated) override;
    void visit_layers(Visitor& v) override;
};

// The nets of cifar.h from these blocks.  x [N,H,W,3] -> logits [N,classes]
class PreactivationNet : public Module {
public:
    explicit PreactivationNet(CifarOptions options);     // refuses depths as CifarNet does

    Conv2d conv1;
    Sequential layer1, layer2, layer3;
    BatchNorm2d bn;
    Linear fc;

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "PreactivationNet"; }
};

}  // namespace deepen
