#include "resnet/imagenet.h"

#include <array>

#include "engine/error.h"

namespace deepen {
namespace {

// A row of Table 1.
struct Row {
    int depth;
    std::array<int, 4> counts;
    bool bottleneck;
};

constexpr Row table[] = {{18, {2, 2, 2, 2}, false},
                         {34, {3, 4, 6, 3}, false},
                         {50, {3, 4, 6, 3}, true},
                         {101, {3, 4, 23, 3}, true},
                         {152, {3, 8, 36, 3}, true}};

const Row& row_of(int depth) {
    for (const Row& row : table)
        if (row.depth == depth) return row;
    throw Error(text("ImageNet nets have 18, 34, 50, 101 or 152 layers, but depth ", depth, " was asked for."));
}

Index expansion(int depth) { return row_of(depth).bottleneck ? Bottleneck::expansion : 1; }

}  // namespace

ImagenetNet::ImagenetNet(ImagenetOptions o)
    : conv1({.in_channels = 3, .out_channels = o.width, .kernel = 7, .stride = 2}),
      bn1(o.width, o.batch_norm),
      maxpool({.kernel = 3, .stride = 2, .padding = 1}),
      fc(8 * expansion(o.depth) * o.width, o.classes) {
    const BlockOptions first{.in_channels = o.width,
                             .out_channels = expansion(o.depth) * o.width,
                             .shortcut = o.shortcut,
                             .stride_in_3x3 = o.stride_in_3x3,
                             .zero_last_scale = o.zero_last_scale,
                             .batch_norm = o.batch_norm,
                             .residual_gate = o.residual_gate};
    const auto& [depth, counts, bottleneck] = row_of(o.depth);
    if (bottleneck) add_stages<Bottleneck>({&layer1, &layer2, &layer3, &layer4}, counts, first);
    else add_stages<BasicBlock>({&layer1, &layer2, &layer3, &layer4}, counts, first);
    name_parts();
}

Tensor ImagenetNet::forward(const Tensor& x) {
    const Tensor y = maxpool(relu(bn1(conv1(x))));
    return fc(global_average_pool(layer4(layer3(layer2(layer1(y))))));
}

void ImagenetNet::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("maxpool", maxpool);
    v.module("layer1", layer1);
    v.module("layer2", layer2);
    v.module("layer3", layer3);
    v.module("layer4", layer4);
    v.module("fc", fc);
}

}  // namespace deepen
