#include "layers/module.h"

#include <span>

#include "engine/io/hash.h"

namespace deepen {
namespace {

std::string join(const std::string& prefix, std::string_view name) {
    return prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
}

// Walks a module and its parts depth first, in the order of visit(), and calls on_* with full names.
class Walk : public Visitor {
public:
    using OnTensor = std::function<void(const std::string& name, Tensor& value)>;
    using OnModule = std::function<void(const std::string& name, Module& part)>;

    OnTensor on_parameter = [](const std::string&, Tensor&) {};
    OnTensor on_buffer = [](const std::string&, Tensor&) {};
    OnModule on_module = [](const std::string&, Module&) {};

    void walk(const std::string& name, Module& part) {
        on_module(name, part);
        const std::string outside = std::exchange(prefix_, name);
        part.visit(*this);
        prefix_ = outside;
    }

    void parameter(std::string_view name, Tensor& value) override { on_parameter(join(prefix_, name), value); }
    void buffer(std::string_view name, Tensor& value) override { on_buffer(join(prefix_, name), value); }
    void module(std::string_view name, Module& part) override { walk(join(prefix_, name), part); }

private:
    std::string prefix_;
};

thread_local ForwardWatch::Told* watching = nullptr;

}  // namespace

Tensor Module::operator()(const Tensor& x) {
    Tensor y = forward(x);
    if (watching) (*watching)(*this, x, y);
    return y;
}

ForwardWatch::ForwardWatch(Told told) : told_(std::move(told)), before_(std::exchange(watching, &told_)) {}
ForwardWatch::~ForwardWatch() { watching = before_; }

void Module::train(bool on) {
    for (auto& [name, part] : named_modules(*this)) part->training_ = on && !part->frozen_;
}

void Module::freeze() {
    for (auto& [name, part] : named_modules(*this)) part->frozen_ = true;
    Walk walk;
    walk.on_parameter = [](const std::string&, Tensor& value) { value = value.detach(); };
    walk.walk("", *this);
    evaluate();
}

EvaluationMode::EvaluationMode(Module& net) {
    for (auto& [name, part] : named_modules(net)) before_.emplace_back(part, std::exchange(part->training_, false));
}

EvaluationMode::~EvaluationMode() {
    for (auto& [part, training] : before_) part->training_ = training;
}

void Module::name_parts(const std::string& name) {
    for (auto& [part_name, part] : named_modules(*this)) part->name_ = name.empty() ? part_name : join(name, part_name);
}

std::vector<NamedTensor> named_parameters(Module& module) {
    std::vector<NamedTensor> found;
    Walk walk;
    walk.on_parameter = [&](const std::string& name, Tensor& value) { found.push_back({name, value}); };
    walk.walk("", module);
    return found;
}

std::vector<NamedTensor> named_buffers(Module& module) {
    std::vector<NamedTensor> found;
    Walk walk;
    walk.on_buffer = [&](const std::string& name, Tensor& value) { found.push_back({name, value}); };
    walk.walk("", module);
    return found;
}

std::vector<std::pair<std::string, Module*>> named_modules(Module& module) {
    std::vector<std::pair<std::string, Module*>> found;
    Walk walk;
    walk.on_module = [&](const std::string& name, Module& part) { found.emplace_back(name, &part); };
    walk.walk("", module);
    return found;
}

Index parameter_count(Module& module) {
    Index count = 0;
    for (const NamedTensor& p : named_parameters(module)) count += p.tensor.size();
    return count;
}

void initialise(Module& net, std::uint64_t seed, Initialiser scheme) {
    for (auto& [name, part] : named_modules(net)) {
        Random random(seed, hash_of(std::as_bytes(std::span(name))));
        part->reset(scheme, random);
    }
}

}  // namespace deepen
