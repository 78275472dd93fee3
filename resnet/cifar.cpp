#include "resnet/cifar.h"

#include <charconv>

#include "engine/error.h"

namespace deepen {
namespace {

int blocks_per_stage(int depth) {
    require(depth >= 8 && depth <= 10000 && (depth - 2) % 6 == 0,
            "CIFAR nets have 6n+2 layers: 8, 14, 20, 32, 44, 56, 110, ..., but depth ", depth,
            " was asked for.  The nearest is ", 6 * std::max(1, (std::min(depth, 10000) + 1) / 6) + 2, ".");
    return (depth - 2) / 6;
}

void add_stage(Sequential& stage, int blocks, BlockOptions first) {
    stage.add<BasicBlock>(first);
    for (int i = 1; i < blocks; ++i)
        stage.add<BasicBlock>(BlockOptions{
            .in_channels = first.out_channels, .out_channels = first.out_channels, .shortcut = first.shortcut});
}

}  // namespace

CifarNet::CifarNet(CifarOptions o)
    : conv1({.in_channels = 3, .out_channels = o.width}), bn1(o.width), fc(4 * o.width, o.classes), options_(o) {
    const int n = blocks_per_stage(o.depth);
    add_stage(layer1, n, {.in_channels = o.width, .out_channels = o.width, .stride = 1, .shortcut = o.shortcut});
    add_stage(layer2, n, {.in_channels = o.width, .out_channels = 2 * o.width, .stride = 2, .shortcut = o.shortcut});
    add_stage(layer3, n,
              {.in_channels = 2 * o.width, .out_channels = 4 * o.width, .stride = 2, .shortcut = o.shortcut});
    name_parts();
}

Tensor CifarNet::forward(const Tensor& x) {
    Tensor y = conv_norm_relu(conv1, bn1, x);
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
    std::string_view digits = name;
    if (name.starts_with("resnet")) {
        require(shortcut != Shortcut::none, "model '", name, "' has shortcuts, but shortcut 'none' was asked for.  ",
                "Try 'plain", name.substr(6), "', or shortcut A, B or C.");
        options.shortcut = shortcut;
        digits.remove_prefix(6);
    } else if (name.starts_with("plain")) {
        options.shortcut = Shortcut::none;
        digits.remove_prefix(5);
    } else {
        digits = {};
    }
    if (digits.starts_with("-")) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), options.depth);
    require(
        error == std::errc() && end == digits.data() + digits.size(), "model '", name,
        "' is not known.  Try resnet or plain followed by a depth of 6n+2: resnet20, resnet56, plain20, plain56, ...");
    blocks_per_stage(options.depth);
    return options;
}

std::string model_name(const CifarOptions& options) {
    return text(options.shortcut == Shortcut::none ? "plain" : "resnet", options.depth);
}

}  // namespace deepen
