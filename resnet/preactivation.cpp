#include "resnet/preactivation.h"

namespace deepen {
namespace {

// What the shortcut carries: x, or where both ways begin with it, x after the first batch norm and relu.
Tensor add_shortcut(const Tensor& y, std::optional<ShortcutPath>& shortcut, const Tensor& x, const Tensor& activated,
                    bool after_stem) {
    if (!shortcut) return y;
    return y + (*shortcut)(after_stem || shortcut->has_parameters() ? activated : x);
}

}  // namespace

// --- two layers --------------------------------------------------------------------------------------

PreactivationBlock::PreactivationBlock(BlockOptions o)
    : bn1(o.in_channels),
      conv1({.in_channels = o.in_channels, .out_channels = o.out_channels, .stride = o.stride}),
      bn2(o.out_channels),
      conv2({.in_channels = o.out_channels, .out_channels = o.out_channels}),
      shortcut(shortcut_for(o, false)),
      after_stem_(o.after_stem) {}

Tensor PreactivationBlock::forward(const Tensor& x) {
    const Tensor activated = bn1.then_relu(x);
    const Tensor y = conv2(conv_norm_relu(conv1, bn2, activated));
    return add_shortcut(y, shortcut, x, activated, after_stem_);
}

void PreactivationBlock::visit(Visitor& v) {
    v.module("bn1", bn1);
    v.module("conv1", conv1);
    v.module("bn2", bn2);
    v.module("conv2", conv2);
    if (shortcut) v.module("downsample", *shortcut);
}

// --- three layers ------------------------------------------------------------------------------------

PreactivationBottleneck::PreactivationBottleneck(BlockOptions o)
    : bn1(o.in_channels),
      conv1({.in_channels = o.in_channels,
             .out_channels = inner_channels(o),
             .kernel = 1,
             .stride = o.stride_in_3x3 ? 1 : o.stride}),
      bn2(inner_channels(o)),
      conv2({.in_channels = inner_channels(o),
             .out_channels = inner_channels(o),
             .stride = o.stride_in_3x3 ? o.stride : 1}),
      bn3(inner_channels(o)),
      conv3({.in_channels = inner_channels(o), .out_channels = o.out_channels, .kernel = 1}),
      shortcut(shortcut_for(o, false)),
      after_stem_(o.after_stem) {}

Tensor PreactivationBottleneck::forward(const Tensor& x) {
    const Tensor activated = bn1.then_relu(x);
    const Tensor y = conv3(conv_norm_relu(conv2, bn3, conv_norm_relu(conv1, bn2, activated)));
    return add_shortcut(y, shortcut, x, activated, after_stem_);
}

void PreactivationBottleneck::visit(Visitor& v) {
    v.module("bn1", bn1);
    v.module("conv1", conv1);
    v.module("bn2", bn2);
    v.module("conv2", conv2);
    v.module("bn3", bn3);
    v.module("conv3", conv3);
    if (shortcut) v.module("downsample", *shortcut);
}

// --- the net -----------------------------------------------------------------------------------------

PreactivationNet::PreactivationNet(CifarOptions o)
    : conv1({.in_channels = 3, .out_channels = o.width}),
      bn(o.last_channels()),
      fc(o.last_channels(), o.classes) {
    if (o.bottleneck) add_stages<PreactivationBottleneck>({&layer1, &layer2, &layer3}, o.counts(), o.first_block());
    else add_stages<PreactivationBlock>({&layer1, &layer2, &layer3}, o.counts(), o.first_block());
    name_parts();
}

Tensor PreactivationNet::forward(const Tensor& x) {
    const Tensor y = layer3(layer2(layer1(conv1(x))));
    return fc(global_average_pool(bn.then_relu(y)));
}

void PreactivationNet::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("layer1", layer1);
    v.module("layer2", layer2);
    v.module("layer3", layer3);
    v.module("bn", bn);
    v.module("fc", fc);
}

}  // namespace deepen
