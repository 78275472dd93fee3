// Which nets does the paper train on CIFAR-10?
//
// 6n+2 weighted layers (He et al. 2015, section 4.2): a 3x3 stem, three stages of n two-layer blocks,
// global average pooling, and a linear layer.
//
//     output map     32x32    16x16    8x8
//     layers         1+2n     2n       2n         n = 3: 20 layers, n = 9: 56, n = 18: 110
//     channels       16       32       64         the first block of stages 2 and 3 has stride 2
//
// With option A shortcuts, which have no parameters, a plain net and its residual twin have the same
// parameters, layer for layer.
//
// He et al. 2016 ("Identity mappings in deep residual networks") go deeper with three-layer bottlenecks whose outputs
// have 64, 128 and 256 channels: 9n+2 layers, 164 and 1001.
#pragma once

#include <array>

#include "resnet/block.h"

namespace deepen {

struct CifarOptions {
    int depth = 20;                                      // 6n+2, with bottlenecks 9n+2
    Shortcut shortcut = Shortcut::A;                     // none: the plain twin
    Index width = 16;                                    // channels of the stem, and of the first stage's 3x3
    Index classes = 10;
    bool bottleneck = false;
    bool stride_in_3x3 = true, zero_last_scale = false, batch_norm = true;  // as in BlockOptions
    std::optional<double> residual_gate = {};            // likewise

    // What follows from them: blocks in each stage (refuses a depth of another form), channels of the last stage, and
    // how the first block is to be.
    std::array<int, 3> counts() const;
    Index last_channels() const;
    BlockOptions first_block() const;
};

// x [N,H,W,3] -> logits [N,classes].  H and W are 32 in the paper; any from 1 up works.
class CifarNet : public Module {
public:
    explicit CifarNet(CifarOptions options);             // refuses a depth that is not of that form

    Conv2d conv1;
    BatchNorm2d bn1;
    Sequential layer1, layer2, layer3;
    Linear fc;

    const CifarOptions& options() const { return options_; }
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "CifarNet"; }

private:
    CifarOptions options_;
};

std::unique_ptr<CifarNet> cifar_resnet(CifarOptions options = {});

// "resnet20", "plain56", ... -> depth and kind.  `shortcut` is what residual nets get.  Refuses other
// names, saying which there are.  "cifar-resnet50" is the same as "resnet50" here, where nothing but CIFAR nets are
// known; among all models (models.h) resnet50 is the ImageNet net.
CifarOptions parse_cifar_model(const std::string& name, Shortcut shortcut = Shortcut::A);
std::string model_name(const CifarOptions& options);     // "resnet20", "cifar-resnet50": a name of models.h

}  // namespace deepen
