// Which nets does the paper train on ImageNet?
//
// Five of them, of 18 to 152 weighted layers (He et al. 2015, Table 1), and the plain twins of the first two:
//
//     output map   112x112       56x56           56x56      28x28      14x14      7x7
//                  7x7, 64, /2   max pool, /2    stage 1    stage 2    stage 3    stage 4     average, linear
//     18           1                             2 blocks   2          2          2           two layers a block
//     34                                         3          4          6          3
//     50                                         3          4          6          3           bottlenecks: three
//     101                                        3          4          23         3
//     152                                        3          8          36         3
//     channels     64                            64, 128, 256, 512; bottlenecks put out four times as many
//
// Names are torchvision's, so that its weights fit: conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, fc.
#pragma once

#include "resnet/block.h"

namespace deepen {

struct ImagenetOptions {
    int depth = 50;                                      // 18, 34, 50, 101, 152
    Shortcut shortcut = Shortcut::B;                     // none: the plain twin
    Index width = 64;                                    // channels of the stem, and of the first stage's 3x3
    Index classes = 1000;
    bool stride_in_3x3 = true, zero_last_scale = false, batch_norm = true;  // as in BlockOptions
    std::optional<double> residual_gate = {};            // likewise
};

// x [N,H,W,3] -> logits [N,classes].  H and W are 224 in the paper; any from 1 up works.
class ImagenetNet : public Module {
public:
    explicit ImagenetNet(ImagenetOptions options);       // refuses other depths

    Conv2d conv1;
    BatchNorm2d bn1;
    MaxPool2d maxpool;
    Sequential layer1, layer2, layer3, layer4;
    Linear fc;

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "ImagenetNet"; }
};

}  // namespace deepen
