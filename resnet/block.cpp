#include "resnet/block.h"

namespace deepen {

BasicBlock::BasicBlock(BlockOptions o)
    : conv1({.in_channels = o.in_channels, .out_channels = o.out_channels, .stride = o.stride}),
      bn1(o.out_channels),
      conv2({.in_channels = o.out_channels, .out_channels = o.out_channels}),
      bn2(o.out_channels) {
    if (o.shortcut != Shortcut::none)
        shortcut.emplace(ShortcutOptions{.kind = o.shortcut, .in_channels = o.in_channels,
                                         .out_channels = o.out_channels, .stride = o.stride});
}

Tensor BasicBlock::forward(const Tensor& x) {
    const Tensor y = conv_norm_relu(conv1, bn1, x);
    if (!shortcut) return conv_norm_relu(conv2, bn2, y);
    return conv_norm_add_relu(conv2, bn2, y, (*shortcut)(x));   // backward: x receives two gradients, which add
}

void BasicBlock::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("conv2", conv2);
    v.module("bn2", bn2);
    if (shortcut) v.module("downsample", *shortcut);     // torchvision's name
}

}  // namespace deepen
