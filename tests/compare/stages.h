// What comes out of a net's stages, under the names that torchvision has for the modules that put it out?
#pragma once

#include <map>
#include <string>

#include "layers/module.h"

namespace deepen {

// Of one pass through an ImageNet net: every max pooling, layer1 to layer4, and "logits".
inline std::map<std::string, Tensor> stages_of(Module& net, const Tensor& x) {
    std::map<const Module*, std::string> names;
    for (const auto& [name, module] : named_modules(net))
        if (module->type() == "MaxPool2d" || (name.starts_with("layer") && name.size() == 6)) names[module] = name;
    std::map<std::string, Tensor> stages;
    const ForwardWatch watch([&](Module& module, const Tensor&, const Tensor& y) {
        if (const auto found = names.find(&module); found != names.end()) stages[found->second] = y;
    });
    stages["logits"] = net(x);
    return stages;
}

}  // namespace deepen
