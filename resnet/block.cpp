#include "resnet/block.h"

#include "engine/error.h"

namespace deepen {

std::optional<ShortcutPath> shortcut_for(const BlockOptions& o, bool norm) {
    if (o.shortcut == Shortcut::none) return {};
    return std::optional<ShortcutPath>(std::in_place, ShortcutOptions{.kind = o.shortcut,
                                                                      .in_channels = o.in_channels,
                                                                      .out_channels = o.out_channels,
                                                                      .stride = o.stride,
                                                                      .norm = norm,
                                                                      .normalise = o.batch_norm});
}

Index inner_channels(const BlockOptions& o) {
    require(o.out_channels % Bottleneck::expansion == 0, "a bottleneck's ", o.out_channels,
            " output channels must be a multiple of ", Bottleneck::expansion, ".");
    return o.out_channels / Bottleneck::expansion;
}

// --- two layers (a Conv2d is 3x3 with padding 1 unless it says otherwise) -------------------------------

BasicBlock::BasicBlock(BlockOptions o)
    : conv1({.in_channels = o.in_channels, .out_channels = o.out_channels, .stride = o.stride}),
      bn1(o.out_channels, o.batch_norm),
      conv2({.in_channels = o.out_channels, .out_channels = o.out_channels}),
      bn2(o.out_channels, o.batch_norm),
      shortcut(shortcut_for(o)) {
    if (o.zero_last_scale) bn2.first_scale = 0;
    if (o.residual_gate) gate.emplace(*o.residual_gate);
}

Tensor BasicBlock::forward(const Tensor& x) {
    const Tensor y = relu(bn1(conv1(x)));
    if (!shortcut) return relu(bn2(conv2(y)));
    if (gate) return relu((*gate)(bn2(conv2(y))) + (*shortcut)(x));
    return relu(bn2(conv2(y)) + (*shortcut)(x));         // ops/add.cpp; backward, x receives two gradients, which add
}

void BasicBlock::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("conv2", conv2);
    v.module("bn2", bn2);
    if (gate) v.module("gate", *gate);
    if (shortcut) v.module("downsample", *shortcut);     // torchvision's name
}

// --- three layers ------------------------------------------------------------------------------------

Bottleneck::Bottleneck(BlockOptions o)
    : conv1({.in_channels = o.in_channels,
             .out_channels = inner_channels(o),
             .kernel = 1,
             .stride = o.stride_in_3x3 ? 1 : o.stride}),
      bn1(inner_channels(o), o.batch_norm),
      conv2({.in_channels = inner_channels(o),
             .out_channels = inner_channels(o),
             .stride = o.stride_in_3x3 ? o.stride : 1}),
      bn2(inner_channels(o), o.batch_norm),
      conv3({.in_channels = inner_channels(o), .out_channels = o.out_channels, .kernel = 1}),
      bn3(o.out_channels, o.batch_norm),
      shortcut(shortcut_for(o)) {
    if (o.zero_last_scale) bn3.first_scale = 0;
    if (o.residual_gate) gate.emplace(*o.residual_gate);
}

Tensor Bottleneck::forward(const Tensor& x) {
    const Tensor y = relu(bn1(conv1(x))), z = relu(bn2(conv2(y)));
    if (!shortcut) return relu(bn3(conv3(z)));
    if (gate) return relu((*gate)(bn3(conv3(z))) + (*shortcut)(x));
    return relu(bn3(conv3(z)) + (*shortcut)(x));
}

void Bottleneck::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("conv2", conv2);
    v.module("bn2", bn2);
    v.module("conv3", conv3);
    v.module("bn3", bn3);
    if (gate) v.module("gate", *gate);
    if (shortcut) v.module("downsample", *shortcut);
}

}  // namespace deepen
