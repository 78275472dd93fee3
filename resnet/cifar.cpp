#include "resnet/cifar.h"

#include <algorithm>
#include <charconv>

#include "engine/error.h"

namespace deepen {
namespace {

// 50 = 6*8+2 and 152 = 6*25+2, but these depths belong to the ImageNet nets.
bool needs_prefix(int depth) { return depth == 50 || depth == 152; }

}  // namespace

std::array<int, 3> CifarOptions::counts() const {
    const int layers = bottleneck ? 9 : 6, in_range = std::clamp(depth, layers + 2, 10000);
    const int nearest = layers * std::max(1, (in_range - 2 + layers / 2) / layers) + 2;
    require(depth == in_range && (depth - 2) % layers == 0, "CIFAR nets ", bottleneck ? "of bottlenecks " : "", "have ",
            layers, "n+2 layers: ", bottleneck ? "11, 20, 29, ..., 164, ..., 1001" : "8, 14, 20, 32, 44, 56, 110",
            ", ..., but depth ", depth, " was asked for.  The nearest is ",
            nearest, needs_prefix(nearest) ? text(", called cifar-resnet", nearest) : "", ".");
    const int n = (depth - 2) / layers;
    return {n, n, n};
}

Index CifarOptions::last_channels() const { return 4 * first_block().out_channels; }

BlockOptions CifarOptions::first_block() const {
    return {.in_channels = width,
            .out_channels = bottleneck ? Bottleneck::expansion * width : width,
            .shortcut = shortcut,
            .stride_in_3x3 = stride_in_3x3,
            .zero_last_scale = zero_last_scale,
            .batch_norm = batch_norm,
            .residual_gate = residual_gate};
}

CifarNet::CifarNet(CifarOptions o)
    : conv1({.in_channels = 3, .out_channels = o.width}),
      bn1(o.width, o.batch_norm),
      fc(o.last_channels(), o.classes),
      options_(o) {
    if (o.bottleneck) add_stages<Bottleneck>({&layer1, &layer2, &layer3}, o.counts(), o.first_block());
    else add_stages<BasicBlock>({&layer1, &layer2, &layer3}, o.counts(), o.first_block());
    name_parts();
}

Tensor CifarNet::forward(const Tensor& x) {
    Tensor y = relu(bn1(conv1(x)));
    y = layer3(layer2(layer1(y)));
    return fc(global_average_pool(y));
}

void CifarNet::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("layer1", layer1);
    v.module("layer2", layer2);
    v.module("layer3", layer3);
    v.module("fc", fc);
}

std::unique_ptr<CifarNet> cifar_resnet(CifarOptions options) { return std::make_unique<CifarNet>(options); }

CifarOptions parse_cifar_model(const std::string& name, Shortcut shortcut) {
    CifarOptions options;
    std::string_view rest = name;
    if (rest.starts_with("cifar-")) rest.remove_prefix(6);
    const bool residual = rest.starts_with("resnet"), plain = rest.starts_with("plain");
    rest.remove_prefix(residual ? 6 : plain ? 5 : 0);
    if (rest.starts_with("-")) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), options.depth);
    require((residual || plain) && error == std::errc() && end == rest.data() + rest.size(), "model '", name,
            "' is not known.  Try resnet or plain followed by a depth of 6n+2: resnet20, resnet56, plain20, plain56, ",
            "...");
    require(plain || shortcut != Shortcut::none, "model '", name, "' has shortcuts, but shortcut 'none' was asked ",
            "for.  Try 'plain", rest, "', or shortcut A, B or C.");
    options.shortcut = plain ? Shortcut::none : shortcut;
    options.bottleneck = options.depth == 164 || options.depth == 1001;
    options.counts();
    return options;
}

std::string model_name(const CifarOptions& options) {
    return text(needs_prefix(options.depth) ? "cifar-" : "", options.shortcut == Shortcut::none ? "plain" : "resnet",
                options.depth);
}

}  // namespace deepen
