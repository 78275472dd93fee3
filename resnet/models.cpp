#include "resnet/models.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "resnet/imagenet.h"
#include "resnet/preactivation.h"
#include "resnet/vgg.h"

namespace deepen {
namespace {

constexpr std::array imagenet_names{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "plain18", "plain34"};
constexpr std::array vgg_names{"vgg16", "vgg19", "vgg16_bn", "vgg19_bn"};
constexpr std::string_view preactivated = "preact-";

bool is_one_of(const std::string& name, const auto& names) {
    return std::find(std::begin(names), std::end(names), name) != names.end();
}

// What a name says.
enum class Family { cifar, preactivation, imagenet, vgg };
struct Named {
    Family family;
    std::string name;                                    // as it is usually written
    int depth;
    bool residual, bottleneck;
};

Named parse_cifar(const std::string& name) {
    const bool preactivation = name.starts_with(preactivated);
    const std::string rest = preactivation ? name.substr(preactivated.size()) : name;
    CifarOptions cifar;
    try {
        cifar = parse_cifar_model(rest);
    } catch (const Error& e) {
        throw Error(text(e.what(), "  ", known_models()));
    }
    const bool residual = cifar.shortcut != Shortcut::none;
    require(residual || !preactivation, "model '", name, "' is not known: nets with pre-activation have shortcuts.  ",
            known_models());
    const std::string usual = model_name(cifar);
    require(preactivation || usual == rest || !usual.starts_with("cifar-") || rest.starts_with("cifar-"), "model '",
            name, "' is not known.  For the CIFAR net of ", cifar.depth, " layers, try '", usual, "'.  ",
            known_models());
    return {.family = preactivation ? Family::preactivation : Family::cifar,
            .name = preactivation ? text(preactivated, "resnet", cifar.depth) : usual,
            .depth = cifar.depth,
            .residual = residual,
            .bottleneck = cifar.bottleneck};
}

Named parse(const std::string& name) {
    const auto digits = [&] { return std::stoi(name.substr(name.find_first_of("0123456789"))); };
    if (is_one_of(name, vgg_names))
        return {.family = Family::vgg, .name = name, .depth = digits(), .residual = false, .bottleneck = false};
    if (is_one_of(name, imagenet_names))
        return {.family = Family::imagenet,
                .name = name,
                .depth = digits(),
                .residual = name.starts_with("resnet"),
                .bottleneck = digits() >= 50};
    return parse_cifar(name);
}

bool on_imagenet(Family family) { return family == Family::imagenet || family == Family::vgg; }

CifarOptions cifar_options(const Named& named, const ModelOptions& o) {
    return {.depth = named.depth,
            .shortcut = *o.shortcut,
            .width = o.width,
            .classes = o.classes,
            .bottleneck = named.bottleneck,
            .stride_in_3x3 = o.stride_in_3x3,
            .zero_last_scale = o.zero_last_scale,
            .batch_norm = o.batch_norm,
            .residual_gate = o.residual_gate};
}

}  // namespace

std::string known_models() {
    std::string s;
    for (const char* name : imagenet_names) s += text(name, ", ");
    for (const char* name : vgg_names) s += text(name, ", ");
    return text("Models are ", s, "and for CIFAR resnetN and plainN of N = 6n+2 layers (resnet20, plain56, ...; ",
                "cifar-resnet50 where ImageNet has the name), resnet164, resnet1001, and preact-resnetN likewise.");
}

ModelOptions completed(ModelOptions o) {
    const Named named = parse(o.name);
    o.name = named.name;
    const Shortcut usual = !named.residual                                     ? Shortcut::none
                           : named.bottleneck || on_imagenet(named.family) ? Shortcut::B
                                                                               : Shortcut::A;
    if (!o.shortcut) o.shortcut = usual;
    require(named.residual || o.shortcut == Shortcut::none, "model '", o.name, "' has no shortcuts, but shortcut ",
            name_of(*o.shortcut), " was asked for.  Leave the shortcut out, or take a resnet.");
    require(!named.residual || o.shortcut != Shortcut::none, "model '", o.name, "' has shortcuts, but shortcut 'none' ",
            "was asked for.  Take shortcut A, B or C, or a plain net.");
    require(named.bottleneck || o.stride_in_3x3, "model '", o.name,
            "' has no bottlenecks, so there is no choice of where their stride is.");
    require(
        !o.zero_last_scale || (named.residual && named.family != Family::preactivation), "model '", o.name,
        "' has no blocks that end with a batch norm and an addition, so there is no last scale to start from zero.");
    require(o.batch_norm || named.family == Family::cifar || named.family == Family::imagenet, "model '", o.name,
            "' cannot be had without batch norm.  Take a plain net or a resnet; of VGG, vgg16 and vgg19 have none.");
    require(!o.residual_gate || (named.residual && named.family != Family::preactivation), "model '", o.name,
            "' has no blocks that compute relu(F(x) + shortcut(x)), so there is nothing for a residual gate to scale.");
    require(std::isfinite(o.residual_gate.value_or(0)), "model '", o.name, "': a residual gate cannot start from ",
            o.residual_gate.value_or(0), ".");
    require(o.width >= 0 && o.classes >= 0, "model '", o.name, "': width ", o.width, " and ", o.classes,
            " classes were asked for; both must be at least 1, or 0 for the paper's.");
    if (o.width == 0) o.width = on_imagenet(named.family) ? 64 : 16;
    if (o.classes == 0) o.classes = on_imagenet(named.family) ? 1000 : 10;
    return o;
}

std::unique_ptr<Module> make_model(const ModelOptions& options) {
    const ModelOptions o = completed(options);
    const Named named = parse(o.name);
    switch (named.family) {
        case Family::cifar:
            return std::make_unique<CifarNet>(cifar_options(named, o));
        case Family::preactivation:
            return std::make_unique<PreactivationNet>(cifar_options(named, o));
        case Family::imagenet:
            return std::make_unique<ImagenetNet>(ImagenetOptions{.depth = named.depth,
                                                                 .shortcut = *o.shortcut,
                                                                 .width = o.width,
                                                                 .classes = o.classes,
                                                                 .stride_in_3x3 = o.stride_in_3x3,
                                                                 .zero_last_scale = o.zero_last_scale,
                                                                 .batch_norm = o.batch_norm,
                                                                 .residual_gate = o.residual_gate});
        case Family::vgg:
            return std::make_unique<Vgg>(VggOptions{.depth = named.depth,
                                                    .batch_norm = o.name.ends_with("_bn"),
                                                    .width = o.width,
                                                    .classes = o.classes});
    }
    throw InternalError("internal error, please report it: a family without nets");
}

Index picture_size(const ModelOptions& options) { return on_imagenet(parse(options.name).family) ? 224 : 32; }

std::string describe(const ModelOptions& options) {
    const ModelOptions o = completed(options);
    std::string s = o.name;
    if (o.shortcut != Shortcut::none) s += text(", shortcut ", name_of(*o.shortcut));
    if (parse(o.name).bottleneck)
        s += o.stride_in_3x3 ? ", stride in the 3x3 (torchvision's)" : ", stride in the first 1x1 (the paper's)";
    return s + departures(o);
}

std::string departures(const ModelOptions& o) {
    return text(o.zero_last_scale ? ", last scales from zero" : "", o.batch_norm ? "" : ", without batch norm",
                o.residual_gate ? text(", residual gates from ", *o.residual_gate) : "");
}

}  // namespace deepen
