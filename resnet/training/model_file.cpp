#include "resnet/training/model_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/error.h"
#include "engine/number_text.h"
#include "resnet/training/class_names.h"

namespace deepen {
namespace {

// Nine digits bring a float back exactly; std::to_chars writes the shortest text that does.
template <class Number>
std::string shortest(Number value) {
    char digits[32];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string join_numbers(const std::vector<Real>& values) {
    std::string s;
    for (Real v : values) s += (s.empty() ? "" : ",") + shortest(v);
    return s;
}

std::vector<Real> split_numbers(const std::string& s, const std::string& what) {
    std::vector<Real> values;
    for (std::size_t at = 0, end; at < s.size(); at = end + 1) {
        end = std::min(s.find(',', at), s.size());
        Real v = 0;
        require(read_number(std::string_view(s).substr(at, end - at), v) && std::isfinite(v), what, " is '",
                s.substr(0, 60), "'; numbers separated by commas were expected.");
        values.push_back(v);
    }
    return values;
}

std::optional<std::string> metadatum(const TensorFile& file, const std::string& key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::nullopt : std::optional(found->second);
}

// The length of the first axis, which in files is that of the outputs, of whichever of two tensors is there.
Index outputs(const TensorFile& file, const std::string& path, const std::string& name, const std::string& or_name) {
    for (const std::string& known : {name, or_name})
        if (const auto found = file.tensors.find(known); found != file.tensors.end()) {
            require(found->second.rank() >= 1 && found->second.size() >= 1, path, ": '", known, "' has shape ",
                    found->second.shape(), ", which holds no numbers.  The file is damaged.");
            return found->second.shape()[0];
        }
    throw Error(text(path, ": there is no '", name, "' in this file, nor '", or_name,
                     "'; every net here has one of them.  Is it a weight file of such a net?"));
}

constexpr const char *in_first_1x1 = "first 1x1", *no_batch_norm = "none";

double parse_gate(const std::string& s) {
    double value = 0;
    require(read_number(s, value), "residual_gate is '", s.substr(0, 40),
            "'; a number was expected.");
    return value;
}

// timm's names for VGG's linear layers, and torchvision's, which are ours.
constexpr std::pair<std::string_view, std::string_view> timm_names[] = {
    {"pre_logits.fc1.", "classifier.0."}, {"pre_logits.fc2.", "classifier.3."}, {"head.fc.", "classifier.6."}};

// PyTorch's DataParallel puts a word before every name.
void remove_data_parallel(TensorFile& file) {
    constexpr std::string_view before = "module.";
    const auto has_it = [&](const auto& named) { return named.first.starts_with(before); };
    if (file.tensors.empty() || !std::all_of(file.tensors.begin(), file.tensors.end(), has_it)) return;
    std::map<std::string, Tensor> renamed;
    for (auto& [name, tensor] : file.tensors) renamed.emplace(name.substr(before.size()), tensor);
    file.tensors = std::move(renamed);
}

}  // namespace

TensorFile model_file(Module& net, const ModelOptions& model, const Preprocessing& preprocessing, Index image_size,
                      const std::vector<std::string>& class_names) {
    const ModelOptions o = completed(model);
    TensorFile file{.tensors = state_of(net),
                    .metadata = {{"format", "pt"},
                                 {"model", o.name},
                                 {"shortcut", std::string(name_of(*o.shortcut))},
                                 {"classes", std::to_string(o.classes)},
                                 {"width", std::to_string(o.width)},
                                 {"image_size", std::to_string(image_size)},
                                 {"mean", join_numbers(preprocessing.mean)},
                                 {"std", join_numbers(preprocessing.deviation)}}};
    if (!o.stride_in_3x3) file.metadata["stride"] = in_first_1x1;
    if (!o.batch_norm) file.metadata["batch_norm"] = no_batch_norm;
    if (o.residual_gate) file.metadata["residual_gate"] = shortest(*o.residual_gate);
    if (!class_names.empty()) file.metadata[class_names_key] = class_names_text(class_names);
    for (const auto& [name, part] : named_modules(net))
        if (part->type() == "BatchNorm2d") {
            const std::string counter = name + ".num_batches_tracked";
            file.tensors[counter] = Tensor(0);
            file.integers.insert(counter);
        }
    return file;
}

void save_model(const std::filesystem::path& path, Module& net, const ModelOptions& model,
                const Preprocessing& preprocessing, Index image_size, const std::vector<std::string>& class_names) {
    write_safetensors(path, model_file(net, model, preprocessing, image_size, class_names));
}

TensorFile read_model_file(const std::filesystem::path& path) {
    TensorFile file = read_safetensors(path);
    remove_data_parallel(file);
    for (const auto& [theirs, ours] : timm_names)
        for (const char* kind : {"weight", "bias"}) {
            auto entry = file.tensors.extract(text(theirs, kind));
            if (entry.empty()) continue;
            Tensor& t = entry.mapped();
            if (t.rank() == 4) t = flatten(t);           // [out,Cin,kh,kw] -> [out,in]
            entry.key() = text(ours, kind);
            file.tensors.insert(std::move(entry));
        }
    return file;
}

ModelOptions model_for(const TensorFile& file, const std::string& path, ModelOptions asked, Load load) {
    const auto agree = [&](const char* key, const std::string& ours, const std::string& theirs) {
        require(ours == theirs || load == Load::part, path, ": these weights are of a net with ", key, " ", theirs,
                ", but ", key, " ", ours, " was asked for.  Give the one the file was written for.");
    };
    const bool stride_asked = !asked.stride_in_3x3;
    if (const auto model = metadatum(file, "model")) {
        if (asked.name.empty()) asked.name = *model;
        else agree("model", completed(asked).name, *model);
    }
    if (asked.name.empty())
        throw UsageError(path + " does not say which net it is for.  Give --model, for example --model resnet20.");
    const auto shortcut = load == Load::whole ? metadatum(file, "shortcut") : std::nullopt;
    if (shortcut && asked.shortcut) agree("shortcut", std::string(name_of(*asked.shortcut)), *shortcut);
    if (metadatum(file, "stride") == in_first_1x1) asked.stride_in_3x3 = false;
    const bool same_net = load == Load::whole || metadatum(file, "model") == asked.name;
    const bool normalised = metadatum(file, "batch_norm") != no_batch_norm;
    require(asked.batch_norm || !normalised || load == Load::part, path, ": these weights are of a net with batch ",
            "norm, but one without it was asked for.  Give the one the file was written for.");
    if (same_net && !normalised) asked.batch_norm = false;
    const auto gate = same_net ? metadatum(file, "residual_gate") : std::nullopt;
    if (gate && asked.residual_gate) agree("residual_gate", shortest(*asked.residual_gate), *gate);
    if (asked.width == 0) asked.width = outputs(file, path, "conv1.weight", "features.0.weight");
    if (asked.classes == 0) asked.classes = outputs(file, path, "fc.bias", "classifier.6.bias");
    const char* whose = "its metadata describe";
    try {
        if (shortcut && !asked.shortcut) asked.shortcut = parse_shortcut(*shortcut);
        if (gate && !asked.residual_gate) asked.residual_gate = parse_gate(*gate);
        if (stride_asked) {                              // is it the file's fault, or the flag's?
            ModelOptions as_the_file_says = asked;
            as_the_file_says.stride_in_3x3 = true;
            completed(as_the_file_says);
            whose = "the stride asked for makes";
        }
        return completed(asked);
    } catch (const Error& e) {
        throw Error(text(path, ": ", whose, " a net that does not exist: ", e.what()));
    }
}

std::unique_ptr<Module> load_model(const TensorFile& file, const std::string& path, const ModelOptions& model) {
    std::unique_ptr<Module> net = make_model(model);
    load_state(*net, file.tensors, path);
    return net;
}

void require_in_proportion(Module& net, const TensorFile& file, const std::string& path) {
    constexpr Index always_allowed = Index{1} << 28;
    Index held = 0;
    for (const auto& [name, tensor] : file.tensors) held += tensor.size();
    const Index wanted = parameter_count(net);
    require(wanted <= std::max(always_allowed, 2 * held), path, ": this file asks for a net with ", wanted,
            " parameters, but holds only ", held, " numbers.  Check the file, and the model's name.");
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

std::optional<Index> image_size_of(const TensorFile& file, const std::string& path) {
    const auto digits = metadatum(file, "image_size");
    if (!digits) return std::nullopt;
    Index value = 0;
    require(read_number(*digits, value) && value >= 8 && value <= 2048, path, ": the metadata's image_size is '",
            digits->substr(0, 40), "'; a number from 8 to 2048 was expected.  Give --image-size.");
    return value;
}

}  // namespace deepen
