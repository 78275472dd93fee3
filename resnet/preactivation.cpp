#include "resnet/preactivation.h"

namespace deepen {

// --- what two layers and three have in common ----------------------------------------------------------

Preactivation::Preactivation(const BlockOptions& o)
    : bn1(o.in_channels), shortcut(shortcut_for(o, false)), after_stem_(o.after_stem) {}

Tensor Preactivation::forward(const Tensor& x) {
    const Tensor activated = relu(bn1(x));
    Tensor y = layers(activated);
    if (!shortcut) return y;
    const bool part_later = after_stem_ || shortcut->has_parameters();   // after the first batch norm and relu
    return y + (*shortcut)(part_later ? activated : x);
}

void Preactivation::visit(Visitor& v) {
    v.module("bn1", bn1);
    visit_layers(v);
    if (shortcut) v.module("downsample", *shortcut);
}

// --- two layers --------------------------------------------------------------------------------------

PreactivationBlock::PreactivationBlock(BlockOptions o)
    : Preactivation(o),
      conv1({.in_channels = o.in_channels, .out_channels = o.out_channels, .stride = o.stride}),
      bn2(o.out_channels),
      conv2({.in_channels = o.out_channels, .out_channels = o.out_channels}) {}

Tensor PreactivationBlock::layers(const Tensor& activated) {
    return conv2(relu(bn2(conv1(activated))));
}

void PreactivationBlock::visit_layers(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn2", bn2);
    v.module("conv2", conv2);
}

// --- three layers ------------------------------------------------------------------------------------

PreactivationBottleneck::PreactivationBottleneck(BlockOptions o)
    : Preactivation(o),
      conv1({.in_channels = o.in_channels,
             .out_channels = inner_channels(o),
             .kernel = 1,
             .stride = o.stride_in_3x3 ? 1 : o.stride}),
      bn2(inner_channels(o)),
      conv2({.in_channels = inner_channels(o),
             .out_channels = inner_channels(o),
             .stride = o.stride_in_3x3 ? o.stride : 1}),
      bn3(inner_channels(o)),
      conv3({.in_channels = inner_channels(o), .out_channels = o.out_channels, .kernel = 1}) {}

Tensor PreactivationBottleneck::layers(const Tensor& activated) {
    return conv3(relu(bn3(conv2(relu(bn2(conv1(activated)))))));
}

void PreactivationBottleneck::visit_layers(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn2", bn2);
    v.module("conv2", conv2);
    v.module("bn3", bn3);
    v.module("conv3", conv3);
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
    Tensor y = layer3(layer2(layer1(conv1(x))));
    return fc(global_average_pool(relu(bn(y))));
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
