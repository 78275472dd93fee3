// Which nets are there, by name?
//
//     resnet18 resnet34 resnet50 resnet101 resnet152, plain18 plain34     ImageNet       imagenet.h
//     resnet20 resnet56 resnet110 resnet1202 ..., plain20 plain56 ...     CIFAR, 6n+2    cifar.h
//     resnet164 resnet1001                                                CIFAR, bottlenecks
//     preact-resnet110 preact-resnet164 preact-resnet1001 ...             CIFAR          preactivation.h
//     vgg16 vgg19 vgg16_bn vgg19_bn                                       ImageNet       vgg.h
//
// 50 = 6*8+2 and 152 = 6*25+2 are depths of both families.  resnet50 and resnet152 are the ImageNet nets; the CIFAR
// nets of these depths are called cifar-resnet50, cifar-plain50, ...
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resnet/shortcut.h"

namespace deepen {

struct ModelOptions {
    std::string name = "resnet20";
    // Of residual nets; none for the others.  Not given: A for nets of two-layer blocks on CIFAR, the paper's choice;
    // B for those of bottlenecks and on ImageNet, torchvision's.
    std::optional<Shortcut> shortcut = {};
    Index width = 0;                                     // channels of the first stage; 0: the paper's 16 or 64
    Index classes = 0;                                   // 0: 10 on CIFAR, 1000 on ImageNet
    bool stride_in_3x3 = true;  // of bottlenecks: torchvision's; false: in the first 1x1, the paper's
    bool zero_last_scale = false;                        // residual blocks start as their shortcuts (block.h)
    bool batch_norm = true;     // false: with the scales and shifts of batch norm alone; VGG's names have the choice
    std::optional<double> residual_gate = {};            // what each residual block's gate starts from (block.h)
};

// "Models are resnet18, resnet34, ...": all that there are, for a person.
std::string known_models();

// What was left open filled in, and what makes no sense refused: a name that is not known (the message lists those
// there are), a shortcut or a gate for a plain net, a stride to place in a net without bottlenecks.
ModelOptions completed(ModelOptions options);

// The net, weights still zero: initialise() it or load weights into it.  Refuses what completed() refuses.
std::unique_ptr<Module> make_model(const ModelOptions& options);

Index picture_size(const ModelOptions& options);         // pixels a side, in the paper: 32 or 224

// "resnet50, shortcut B, stride in the 3x3 (torchvision's)": what fixes the net, for a person.
std::string describe(const ModelOptions& options);
// The last part of it, which most nets do not have: ", last scales from zero, without batch norm".
std::string departures(const ModelOptions& options);

}  // namespace deepen
