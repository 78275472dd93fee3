#include "resnet/training/checkpoint.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/hash.h"
#include "engine/printable.h"
#include "engine/ranks/transport.h"
#include "layers/weights.h"

namespace deepen {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* version = "1";
const std::string velocity = "velocity.";

// nlohmann writes a double with as many digits as bring it back.
std::string to_json(const TrainingState& s) {
    return Json{{"epoch", s.epoch},
                {"step", s.step},
                {"iteration", s.iteration},
                {"lr", s.lr},
                {"warm", s.warm},
                {"errors", s.running.errors},
                {"pictures", s.running.count},
                {"loss_sum", s.running.loss_sum},
                {"seconds", s.seconds}}
        .dump();
}

TrainingState parse_state(const std::string& progress, const std::string& log, const std::string& name) {
    const Json j = Json::parse(progress, nullptr, false);
    const auto member = [&](const char* key, bool fits(const Json&)) -> const Json& {
        require(j.is_object() && j.contains(key) && fits(j[key]), name,
                ": the progress in this checkpoint has no good '", key, "'.  The file is damaged.");
        return j[key];
    };
    const auto whole = [&](const char* key) {
        return member(key,
                      [](const Json& v) { return v.is_number_unsigned() && v.get<std::uint64_t>() < (1ull << 62); })
            .get<Index>();
    };
    const auto number = [&](const char* key) {
        return member(key, [](const Json& v) { return v.is_number(); }).get<double>();
    };
    TrainingState s{.epoch = whole("epoch"),
                    .step = whole("step"),
                    .iteration = whole("iteration"),
                    .lr = number("lr"),
                    .warm = member("warm", [](const Json& v) { return v.is_boolean(); }).get<bool>(),
                    .running = {.errors = whole("errors"), .count = whole("pictures"), .loss_sum = number("loss_sum")},
                    .seconds = number("seconds"),
                    .history = parse_history(log, name + ": the log in this checkpoint")};
    require(s.epoch == static_cast<Index>(s.history.size()) + 1, name, ": this checkpoint is in epoch ", s.epoch,
            ", but its log has ", s.history.size(), " rows.  The file is damaged.");
    return s;
}

}  // namespace

std::string checksum_of(const TensorFile& file) {
    std::uint64_t h = hash_of(file.tensors);
    for (const auto& [key, value] : file.metadata)
        if (key != "checksum")
            for (const std::string* s : {&key, &value})
                h = hash_of(std::as_bytes(std::span(s->c_str(), s->size() + 1)), h);
    return hexadecimal(h);
}

void write_checkpoint(const std::filesystem::path& path, TensorFile weights, Trainer& trainer,
                      const std::string& recipe) {
    for (const NamedTensor& v : trainer.velocities()) weights.tensors[velocity + v.name] = to_file_layout(v.tensor);
    const TrainingState state = trainer.state();
    weights.metadata["checkpoint"] = version;
    weights.metadata["real"] = real_name;
    weights.metadata["recipe"] = recipe;
    weights.metadata["progress"] = to_json(state);
    weights.metadata["log"] = history_text(state.history);
    weights.metadata["checksum"] = checksum_of(weights);
    write_safetensors(path, weights, Stored::exact);
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
    const std::string name = path.string();
    Checkpoint c{.file = read_safetensors(path)};
    const auto said = [&](const char* key) {
        const auto found = c.file.metadata.find(key);
        return found == c.file.metadata.end() ? "" : found->second;
    };
    require(!said("checkpoint").empty(), name,
            " is no checkpoint: it holds weights, but not where their training stood.  ",
            "Checkpoints are in the folder checkpoints/ of a run.");
    require(said("checkpoint") == version, name, ": this checkpoint is of format ",
            printable_name(said("checkpoint")).substr(0, 20), "; this program reads format ", version,
            ".  Go on with the program that wrote it.");
    require(said("real") == real_name, name, ": this checkpoint was calculated in ",
            printable_name(said("real")).substr(0, 20), ", this program calculates in ", real_name,
            ".  Go on with the build that wrote it.");
    require(said("checksum") == checksum_of(c.file), name, ": this checkpoint is damaged: its checksum does not fit.");
    c.recipe = said("recipe");
    c.state = parse_state(said("progress"), said("log"), name);
    return c;
}

void share_state(Module& net, Trainer& trainer) {
    if (ranks::count() == 1) return;
    for (const auto& tensors : {named_parameters(net), named_buffers(net), trainer.velocities()})
        for (NamedTensor t : tensors) ranks::broadcast(std::as_writable_bytes(t.tensor.data()));
    std::string progress = to_json(trainer.state()), log = history_text(trainer.state().history);
    ranks::broadcast(progress);
    ranks::broadcast(log);
    if (ranks::rank() > 0) trainer.set_state(parse_state(progress, log, "rank 0"));
}

void restore(const Checkpoint& checkpoint, const std::string& path, Module& net, Trainer& trainer) {
    load_state(net, checkpoint.file.tensors, path);
    for (NamedTensor& v : trainer.velocities()) {
        const auto found = checkpoint.file.tensors.find(velocity + v.name);
        require(found != checkpoint.file.tensors.end(), path, ": this checkpoint has no ", velocity, v.name, ".");
        const Tensor from = from_file_layout(found->second);
        require(from.shape() == v.tensor.shape(), path, ": ", velocity, v.name, " in this checkpoint has the shape ",
                from.shape(), "; expected ", v.tensor.shape(), ".");
        std::copy(from.data().begin(), from.data().end(), v.tensor.data().begin());
    }
    trainer.set_state(checkpoint.state);
}

}  // namespace deepen
