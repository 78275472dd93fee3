#include "resnet/training/recipe.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "engine/build_info.h"
#include "engine/error.h"
#include "resnet/data/decoders.h"
#include "resnet/training/class_names.h"

namespace deepen {
namespace {

using Json = nlohmann::ordered_json;

// Of a net of the CIFAR families, whose names end in it.
int depth(const ModelOptions& model) {
    const std::string name = completed(model).name;
    return std::stoi(name.substr(name.find_last_not_of("0123456789") + 1));
}

std::string_view name_of(ScheduleOptions::Kind kind) {
    switch (kind) {
        case ScheduleOptions::Kind::constant:
            return "constant";
        case ScheduleOptions::Kind::step:
            return "multistep";
        case ScheduleOptions::Kind::cosine:
            return "cosine";
    }
    throw InternalError("internal error, please report it: a schedule without a name");
}

Json to_json(const ModelOptions& model) {
    const ModelOptions o = completed(model);
    Json j{{"name", o.name},       {"shortcut", name_of(*o.shortcut)}, {"width", o.width},
           {"classes", o.classes}, {"stride_in_3x3", o.stride_in_3x3}, {"zero_last_scale", o.zero_last_scale}};
    // Named only where they are not as in the paper, so that runs from before they were there still fit.
    if (!o.batch_norm) j["batch_norm"] = false;
    if (o.residual_gate) j["residual_gate"] = *o.residual_gate;
    return j;
}

// The weights by their hash: where they lie does not matter.
Json to_json(const FineTuning& f) {
    return f.weights.empty() ? Json() : Json{{"weights", f.hash}, {"partial", f.partial}, {"frozen", f.frozen}};
}

Json to_json(const ScheduleOptions& o) {
    return {{"lr", o.base},
            {"kind", name_of(o.kind)},
            {"milestones", o.milestones},
            {"factor", o.factor},
            {"total", o.total},
            {"warmup", o.warmup},
            {"warmup_until_learning", o.warmup_until_learning}};
}

Json to_json(const Augmentation& a) {
    return {{"views", name_of(a.views)}, {"colour", a.colour}, {"lighting", a.lighting}};
}

Json to_json(const TrainingOptions& o) {
    return {{"epochs", o.epochs},
            {"max_iterations", o.max_iterations},
            {"batch", o.batch},
            {"augment", to_json(o.augment)},
            {"schedule", to_json(o.schedule)},
            {"momentum", o.sgd.momentum},
            {"nesterov", o.sgd.nesterov},
            {"weight_decay", o.sgd.weight_decay},
            {"decay_norm_and_bias", o.sgd.decay_norm_and_bias},
            {"seed", o.seed}};
}

// An empty vector has no address, and zlib begins anew when it gets none.
uLong crc(uLong so_far, const void* bytes, std::size_t size) {
    return size == 0 ? so_far : crc32_z(so_far, static_cast<const Bytef*>(bytes), size);
}

std::string hexadecimal_crc(uLong sum) {
    char digits[2 * sizeof sum + 1];
    std::snprintf(digits, sizeof digits, "%08lx", sum);
    return digits;
}

// In full, unless there are so many that a checksum of them must do.
std::string names_of_classes(const DataSplits& data) {
    constexpr std::size_t longest = 2000;
    const std::string names = class_names_text(data.train.classes);
    return names.size() <= longest ? names : hexadecimal_crc(crc(crc32_z(0, nullptr, 0), names.data(), names.size()));
}

}  // namespace

std::string Recipe::name() const { return text(completed(model).name, "-seed", training.seed); }
std::string Recipe::kind() const { return completed(model).shortcut == Shortcut::none ? "plain" : "residual"; }

std::string Recipe::json(const DataSplits& data) const {
    Json j{{"format", 2},
           {"commit", build_info().commit},
           {"model", to_json(model)},
           {"initialiser", initialiser},
           {"pretrained", to_json(pretrained)},
           {"training", to_json(training)},
           {"data",
            {{"train", data.train.count()},
             {"test", data.test.count()},
             {"height", data.train.height},
             {"width", data.train.width},
             {"checksum", checksum(data)},
             {"class_names", names_of_classes(data)},
             {"normalisation", per_pixel_mean ? "per-pixel mean" : "per-channel mean and deviation"}}}};
    if (data.train.decoded || data.test.decoded) {
        j["decoders"] = describe_decoders();
        j["data"]["decoders"] = decoder_names();
    }
    return j.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void follow_paper(Recipe& recipe, Index iterations) {
    require(picture_size(recipe.model) == 32, "the paper's schedule is known here for the nets of CIFAR-10; ",
            recipe.model.name, " is one of ImageNet.  Say what it should be with --lr, --lr-scheduler and the others.");
    TrainingOptions& t = recipe.training;
    constexpr double rate = 0.1;
    t.batch = 128;
    t.sgd = {.lr = rate, .momentum = 0.9, .weight_decay = 1e-4};
    t.schedule = {.base = rate,
                  .kind = ScheduleOptions::Kind::step,
                  .milestones = {iterations / 2, iterations * 3 / 4},
                  .factor = 0.1,
                  .warmup_until_learning = depth(recipe.model) >= 110};
    t.augment = {.views = Views::shifted};
    t.max_iterations = iterations;
    recipe.initialiser = "he_normal";
    recipe.per_pixel_mean = true;
}

namespace {

Json parsed_recipe(const std::string& recipe) {
    constexpr int depth_of_ours = 4;  // what lies deeper is not looked at, and cannot exhaust a stack
    const auto near = [](int depth, Json::parse_event_t, Json&) { return depth <= depth_of_ours; };
    return Json::parse(recipe, near, false);
}

}  // namespace

bool is_recipe(const std::string& found) {
    const Json parsed = parsed_recipe(found);
    return parsed.is_object() && parsed.contains("model") && parsed.contains("training");
}

std::vector<SettingDifference> setting_differences(const std::string& found, const std::string& here) {
    const auto flat = [](const std::string& recipe) {
        const Json parsed = parsed_recipe(recipe);
        return parsed.is_object() && !parsed.empty() ? parsed.flatten() : Json::object();    // {} has no names
    };
    const Json there = flat(found), ours = flat(here);
    // Not compared: the program's commit and its decoders' versions, which are there to be known, and names of classes
    // and of decoders that an older run lacks.
    const auto compared = [&](const std::string& key) {
        const bool newer = key == "/data/class_names" || key == "/data/decoders";
        return key != "/commit" && key != "/decoders" && (!newer || (there.contains(key) && ours.contains(key)));
    };
    std::vector<SettingDifference> all;
    const auto add = [&](const std::string& pointer, const std::string& theirs, const std::string& mine) {
        std::string name = pointer.substr(1);
        std::replace(name.begin(), name.end(), '/', '.');
        all.push_back({name, theirs, mine});
    };
    const auto shown = [](const Json& j, const std::string& key) {
        constexpr std::size_t enough = 60;
        return j.contains(key) ? j[key].dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, enough)
                               : "not given";
    };
    for (const auto& [key, value] : ours.items())
        if (compared(key) && (!there.contains(key) || there[key] != value))
            add(key, shown(there, key), shown(ours, key));
    for (const auto& [key, value] : there.items())
        if (compared(key) && !ours.contains(key)) add(key, shown(there, key), "not given");
    return all;
}

std::string differences(const std::string& found, const std::string& here) {
    std::string all;
    for (const SettingDifference& d : setting_differences(found, here))
        all += text(all.empty() ? "" : ", ", d.name, " is ", d.there, " there, ", d.here, " here");
    return all;
}

std::string checksum(const DataSplits& data) {
    uLong sum = crc32_z(0, nullptr, 0);
    for (const PictureSet* set : {&data.train, &data.test}) {
        sum = crc(sum, set->pixels.data(), set->pixels.size());
        sum = crc(sum, set->checksums.data(), set->checksums.size() * sizeof(std::uint32_t));
        sum = crc(sum, set->labels.data(), set->labels.size() * sizeof(int));
    }
    return hexadecimal_crc(sum);
}

}  // namespace deepen
