#include "resnet/training/model_file.h"

#include <charconv>
#include <cmath>

#include "engine/error.h"
#include "layers/weights.h"

namespace deepen {
namespace {

// Nine digits bring a float back exactly; std::to_chars writes the shortest text that does.
std::string join_numbers(const std::vector<Real>& values) {
    std::string s;
    for (Real v : values) {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
        s += (s.empty() ? "" : ",") + std::string(digits, end);
    }
    return s;
}

std::vector<Real> split_numbers(const std::string& s, const std::string& what) {
    std::vector<Real> values;
    const char *at = s.data(), *const end = s.data() + s.size();
    while (at != end) {
        Real v = 0;
        const auto [next, error] = std::from_chars(at, end, v);
        require(error == std::errc() && std::isfinite(v) && (next == end || *next == ','), what, " is '",
                s.substr(0, 60), "'; numbers separated by commas were expected.");
        values.push_back(v);
        at = next == end ? end : next + 1;
    }
    return values;
}

}  // namespace

TensorFile model_file(CifarNet& net, const Preprocessing& preprocessing, Index image_size) {
    const CifarOptions& o = net.options();
    return {.tensors = state_of(net),
            .metadata = {{"format", "pt"},
                         {"model", model_name(o)},
                         {"shortcut", std::string(name_of(o.shortcut))},
                         {"classes", std::to_string(o.classes)},
                         {"width", std::to_string(o.width)},
                         {"image_size", std::to_string(image_size)},
                         {"mean", join_numbers(preprocessing.mean)},
                         {"std", join_numbers(preprocessing.deviation)}}};
}

void save_model(const std::filesystem::path& path, CifarNet& net, const Preprocessing& preprocessing,
                Index image_size) {
    write_safetensors(path, model_file(net, preprocessing, image_size));
}

void load_weights(CifarNet& net, const TensorFile& file, const std::string& path) {
    const auto agree = [&](const std::string& key, const std::string& ours) {
        const auto found = file.metadata.find(key);
        require(found == file.metadata.end() || found->second == ours, path, ": these weights are of a net with ", key,
                " ", found == file.metadata.end() ? "" : found->second, ", but ", key, " ", ours,
                " was asked for.  Give the one the file was written for.");
    };
    agree("model", model_name(net.options()));
    agree("shortcut", std::string(name_of(net.options().shortcut)));
    load_state(net, file.tensors, path);
}

std::optional<Preprocessing> preprocessing_of(const TensorFile& file, const std::string& path) {
    const auto mean = file.metadata.find("mean"), deviation = file.metadata.find("std");
    if (mean == file.metadata.end() || deviation == file.metadata.end()) return std::nullopt;
    Preprocessing p{.mean = split_numbers(mean->second, path + ": the metadata's mean"),
                    .deviation = split_numbers(deviation->second, path + ": the metadata's std")};
    require(p.mean.size() >= 3 && p.mean.size() % 3 == 0 && p.deviation.size() == 3, path, ": the metadata give ",
            p.mean.size(), " mean value(s) and ", p.deviation.size(),
            " of std; 3 of each (a channel each) were expected, or a mean for each pixel.");
    for (Real d : p.deviation) require(d > 0, path, ": the metadata's std holds ", d, "; deviations must be positive.");
    return p;
}

}  // namespace deepen
