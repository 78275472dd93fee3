// What is a layer, and how does a net know its weights?
//
// A Module owns tensors and other modules as plain members, computes forward(), and names what it
// owns in visit().  From visit() alone follow the parameter list of the optimiser, the names in a
// weight file, the summary, and train/evaluation mode: no registry, no macros.
//
//     struct TwoLayers : Module {
//         Linear first{2, 8}, second{8, 1};
//         Tensor forward(const Tensor& x) override { return second(relu(first(x))); }
//         void visit(Visitor& v) override { v.module("first", first); v.module("second", second); }
//     };
//     TwoLayers net;
//     initialise(net, 1);                     // until then weights are 0, and scales of batch norm 1
//
// Names are joined by dots and follow torchvision ("layer1.0.conv1.weight"), so that trained
// weights move in and out unchanged.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tensor.h"
#include "layers/initialise.h"

namespace deepen {

class Module;

// Receives the parts of a module, each under its own name.
class Visitor {
public:
    virtual ~Visitor() = default;
    virtual void parameter(std::string_view name, Tensor& value) = 0;   // learns
    virtual void buffer(std::string_view name, Tensor& value) = 0;      // does not learn, but is kept
    virtual void module(std::string_view name, Module& part) = 0;
};

class Module {
public:
    virtual ~Module() = default;

    virtual Tensor forward(const Tensor& x) = 0;
    virtual void visit(Visitor& v) = 0;
    virtual std::string_view type() const = 0;          // "Conv2d", for summaries

    Tensor operator()(const Tensor& x);                 // forward(x), and tells the ForwardWatch of it

    // Draws this module's own weights afresh (initialise.h); its parts draw theirs.
    virtual void reset(Initialiser, Random&) {}

    // Training or evaluation mode, of this module and all its parts.
    void train(bool on = true);
    void evaluate() { train(false); }
    bool training() const { return training_; }

    // For good: the parameters of this module and its parts get no gradient any more, and it stays in evaluation mode,
    // so that running statistics do not move either.
    void freeze();
    bool frozen() const { return frozen_; }

    // Where this module stands in its net, e.g. "layer2.0.conv1".  Empty until name_parts().
    const std::string& name() const { return name_; }
    // Tells every part its full name: call once on a finished net.  Error messages use it.
    void name_parts(const std::string& name = "");

protected:
    Module() = default;
    Module(const Module&) = delete;                     // a net is one thing, no two share weights by accident
    Module& operator=(const Module&) = delete;

private:
    friend class EvaluationMode;

    bool training_ = true, frozen_ = false;
    std::string name_;
};

// While one of these lives, a net is in evaluation mode; then each part is in the mode it was in before.
class EvaluationMode {
public:
    explicit EvaluationMode(Module& net);
    ~EvaluationMode();
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    std::vector<std::pair<Module*, bool>> before_;
};

// While one of these lives, this thread calls it whenever a module has made y from x by operator(): inner modules
// before those that hold them.
class ForwardWatch {
public:
    using Told = std::function<void(Module& module, const Tensor& x, const Tensor& y)>;
    explicit ForwardWatch(Told told);
    ~ForwardWatch();
    ForwardWatch(const ForwardWatch&) = delete;
    ForwardWatch& operator=(const ForwardWatch&) = delete;

private:
    Told told_, *before_;
};

// A tensor of a module under its full name.  The Tensor is a handle on the module's own storage.
struct NamedTensor {
    std::string name;
    Tensor tensor;
};

std::vector<NamedTensor> named_parameters(Module& module);   // in the order of visit()
std::vector<NamedTensor> named_buffers(Module& module);
std::vector<std::pair<std::string, Module*>> named_modules(Module& module);   // itself, then its parts, depth first
Index parameter_count(Module& module);

// Draws all weights of a net, each layer's from a stream of its own (initialise.h).  Biases become 0, batch norm the
// identity with running statistics 0 and 1.
void initialise(Module& net, std::uint64_t seed, Initialiser scheme = he_normal);

}  // namespace deepen
