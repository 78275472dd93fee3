#include "resnet/training/fine_tuning.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/io/hash.h"
#include "engine/printable.h"

namespace deepen {

FineTuning fine_tuning(const std::filesystem::path& weights, const TensorFile& file, bool partial,
                       std::vector<std::string> frozen) {
    return {.weights = weights,
            .hash = hexadecimal(hash_of(file.tensors)),
            .partial = partial,
            .frozen = std::move(frozen)};
}

TensorFile read_pretrained(const FineTuning& from) {
    TensorFile file = read_model_file(from.weights);
    require(hexadecimal(hash_of(file.tensors)) == from.hash, from.weights.string(),
            ": these weights have changed since the program began.  Start it again.");
    return file;
}

Misfits load_pretrained(Module& net, const FineTuning& from, const TensorFile& file) {
    if (from.partial) return load_fitting(net, file.tensors, from.weights.string());
    load_state(net, file.tensors, from.weights.string());
    return {};
}

void freeze_parts(Module& net, const std::vector<std::string>& names) {
    const std::vector<std::pair<std::string, Module*>> parts = named_modules(net);
    const auto linear = [](const auto& part) { return part.second->type() == "Linear"; };
    const auto last = std::find_if(parts.rbegin(), parts.rend(), linear);
    for (const std::string& name : names) {
        if (name == whole_body) {
            // A part that holds others, as the net itself, would take the last layer with it.
            for (const auto& [part_name, part] : parts)
                if (named_modules(*part).size() == 1 && part != last->second) part->freeze();
            continue;
        }
        const auto named = [&](const auto& part) { return !part.first.empty() && part.first == name; };
        const auto found = std::find_if(parts.begin(), parts.end(), named);
        if (found == parts.end()) {
            std::string all;
            for (const auto& [part_name, part] : parts)
                if (!part_name.empty() && part_name.find('.') == std::string::npos) all += " " + part_name;
            throw Error(text("--freeze: the net has no part '", printable_name(name), "'.  Its parts are", all,
                             ", what these hold (layer1.0, ...), and ", whole_body, " for all but the last layer."));
        }
        found->second->freeze();
    }
    const std::vector<NamedTensor> parameters = named_parameters(net);
    require(std::any_of(parameters.begin(), parameters.end(),
                        [](const NamedTensor& p) { return p.tensor.requires_grad(); }),
            "--freeze: nothing is left that learns.  Freeze fewer parts.");
}

Preprocessing preprocessing_from(const TensorFile& file, const std::string& path, const ModelOptions& model,
                                 const PictureSet& pictures) {
    if (const auto known = preprocessing_of(file, path)) return *known;
    return picture_size(model) == 224 ? Preprocessing::imagenet() : Preprocessing::per_channel(pictures);
}

}  // namespace deepen
