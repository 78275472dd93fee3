// What did deep nets look like before there were shortcuts?
//
// Simonyan and Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", Table 1,
// columns D (16 layers) and E (19): nothing but 3x3 convolutions, each with relu, between five max pools, then three
// linear layers that hold nine tenths of the weights.  The paper of residual nets compares itself with them
// (He et al. 2015, section 3.3, Figure 3): VGG-19 takes 19.6 billion multiply-adds, ResNet-34 3.6.
//
//     output map   112x112    56x56       28x28        14x14        7x7
//     channels     64, 64     128, 128    256 x 3 (4)  512 x 3 (4)  512 x 3 (4)     4096, 4096, classes
//
// Names are torchvision's: features.0, features.2, ..., classifier.0, .3, .6; vgg16_bn has batch norm after each
// convolution.  In training the paper drops half of the first two linear layers' outputs at random; here it does not
// (there is no dropout in this engine), which changes nothing for a net that is trained already.
#pragma once

#include "layers/layers.h"

namespace deepen {

struct VggOptions {
    int depth = 16;                                      // 16 or 19
    bool batch_norm = false;
    Index width = 64;                                    // channels of the first stage
    Index hidden = 4096;                                 // outputs of the first two linear layers
    Index classes = 1000;
};

// Three linear layers with relus between them: x [N,in] -> [N,classes].
class VggClassifier : public Module {
public:
    VggClassifier(Index in, Index hidden, Index classes);

    Linear first, second, third;                         // torchvision counts its relus and dropouts too: 0, 3 and 6

    Tensor forward(const Tensor& x) override { return third(relu(second(relu(first(x))))); }
    void visit(Visitor& v) override;
    std::string_view type() const override { return "VggClassifier"; }
};

// x [N,H,W,3] -> logits [N,classes].  H and W are 224 in the paper, which leaves maps of 7x7; others, from 32 up, are
// averaged (or repeated) to 7x7, as torchvision's AdaptiveAvgPool2d does.
class Vgg : public Module {
public:
    explicit Vgg(VggOptions options);                    // refuses other depths

    Sequential features;
    VggClassifier classifier;

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "Vgg"; }
};

}  // namespace deepen
