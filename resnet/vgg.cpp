#include "resnet/vgg.h"

#include "engine/error.h"

namespace deepen {
namespace {

constexpr Index side = 7;

// Along one axis, `count` averages over stretches from i n / count, rounded down, to (i+1) n / count, rounded up.
Tensor averaged_to(Index count, const Tensor& x, int axis) {
    const Index n = x.shape()[axis];
    if (n == count) return x;
    std::vector<Tensor> parts;
    for (Index i = 0; i < count; ++i) {
        std::vector<Range> ranges(x.rank());
        ranges[axis] = {.begin = i * n / count, .end = ((i + 1) * n + count - 1) / count};
        parts.push_back(mean(slice(x, ranges), {axis}, true));
    }
    return concatenate(parts, axis);
}

}  // namespace

VggClassifier::VggClassifier(Index in, Index hidden, Index classes)
    : first(in, hidden), second(hidden, hidden), third(hidden, classes) {}

void VggClassifier::visit(Visitor& v) {
    v.module("0", first);
    v.module("3", second);
    v.module("6", third);
}

Vgg::Vgg(VggOptions o) : classifier(8 * o.width * side * side, o.hidden, o.classes) {
    require(o.depth == 16 || o.depth == 19, "VGG nets have 16 or 19 layers, but depth ", o.depth, " was asked for.");
    Index in = 3;
    for (int stage = 0; stage < 5; ++stage) {
        const Index out = o.width << std::min(stage, 3);
        const int convolutions = stage < 2 ? 2 : o.depth == 16 ? 3 : 4;
        for (int i = 0; i < convolutions; ++i, in = out) {
            features.add<Conv2d>(Conv2dOptions{.in_channels = in, .out_channels = out, .bias = true});
            if (o.batch_norm) features.add<BatchNorm2d>(out);
            features.add<Relu>();
        }
        features.add<MaxPool2d>(PoolOptions{.kernel = 2});
    }
    name_parts();
}

Tensor Vgg::forward(const Tensor& x) {
    const Tensor maps = averaged_to(side, averaged_to(side, features(x), 1), 2);
    return classifier(flatten(transpose(maps, {0, 3, 1, 2})));   // PyTorch's order: channels, then places
}

void Vgg::visit(Visitor& v) {
    v.module("features", features);
    v.module("classifier", classifier);
}

}  // namespace deepen
