// Which layers are there?  Those a ResNet is made of.
//
// Each is an op of the engine together with the weights it needs.  Weights are zero until
// initialise() (initialise.h) or until they are loaded (weights.h).
#pragma once

#include <memory>

#include "engine/ops.h"
#include "layers/module.h"

namespace deepen {

// x [N,H,W,in] -> [N,Ho,Wo,out].  `padding` defaults to what keeps the size at stride 1.
struct Conv2dOptions {
    Index in_channels, out_channels;
    Index kernel = 3, stride = 1, padding = kernel / 2;
    bool bias = false;                                   // batch norm, which follows, has a shift of its own
};

class Conv2d : public Module {
public:
    explicit Conv2d(Conv2dOptions options);

    Tensor weight;                                       // [kh,kw,Cin,Cout]; as "weight" [Cout,Cin,kh,kw] in files
    Tensor bias;                                         // [Cout], or undefined
    ConvAlgorithm algorithm = ConvAlgorithm::automatic;

    const Conv2dOptions& options() const { return options_; }
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    void reset(Initialiser scheme, Random& random) override;
    std::string_view type() const override { return "Conv2d"; }

private:
    Conv2dOptions options_;
};

// x [N,H,W,C] -> the same shape.  In training mode by the batch's statistics, else by the running ones.
// With normalise = false by neither: scale x + shift, all that a net without batch norm has in its place.  Such a layer
// has no running statistics in files.
class BatchNorm2d : public Module {
public:
    explicit BatchNorm2d(Index channels, bool normalise = true);

    const bool normalise;
    Tensor scale, shift;                                 // [C]; "weight" and "bias" in files
    Tensor running_mean, running_variance;               // [C]; "running_mean" and "running_var" in files
    Real momentum = Real(0.1), epsilon = Real(1e-5);
    Real first_scale = 1;                                // what initialise() sets the scale to

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    void reset(Initialiser scheme, Random& random) override;
    std::string_view type() const override { return normalise ? "BatchNorm2d" : "ScaleAndShift"; }
};

// x -> scalar x, with one learned number for all of x.  It decays as the scales of batch norm do, whose place it takes
// (SgdOptions::decay_norm_and_bias).
class Gate : public Module {
public:
    explicit Gate(double first);                         // what initialise() sets the number to

    Tensor scalar;                                       // [1]; "weight" in files

    Tensor forward(const Tensor& x) override { return x * scalar; }
    void visit(Visitor& v) override { v.parameter("weight", scalar); }
    void reset(Initialiser scheme, Random& random) override;
    std::string_view type() const override { return "Gate"; }

private:
    Real first_;
};

// x [N,in] -> x w + b [N,out].
class Linear : public Module {
public:
    Linear(Index in, Index out);

    Tensor weight;                                       // [in,out]; as "weight" [out,in] in files
    Tensor bias;                                         // [out]

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    void reset(Initialiser scheme, Random& random) override;
    std::string_view type() const override { return "Linear"; }
};

class Relu : public Module {
public:
    Tensor forward(const Tensor& x) override { return relu(x); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "Relu"; }
};

class MaxPool2d : public Module {
public:
    explicit MaxPool2d(PoolOptions options) : options_(options) {}
    Tensor forward(const Tensor& x) override { return max_pool2d(x, options_); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "MaxPool2d"; }

private:
    PoolOptions options_;
};

class AveragePool2d : public Module {
public:
    explicit AveragePool2d(PoolOptions options) : options_(options) {}
    Tensor forward(const Tensor& x) override { return average_pool2d(x, options_); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "AveragePool2d"; }

private:
    PoolOptions options_;
};

class GlobalAveragePool : public Module {
public:
    Tensor forward(const Tensor& x) override { return global_average_pool(x); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "GlobalAveragePool"; }
};

class Flatten : public Module {
public:
    Tensor forward(const Tensor& x) override { return flatten(x); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "Flatten"; }
};

// One layer after the other, named "0", "1", ...
class Sequential : public Module {
public:
    // Appends a layer made from `arguments` and returns it.
    template <class Layer, class... Arguments>
    Layer& add(Arguments&&... arguments) {
        parts_.push_back(std::make_unique<Layer>(std::forward<Arguments>(arguments)...));
        return static_cast<Layer&>(*parts_.back());
    }

    Index size() const { return static_cast<Index>(parts_.size()); }
    Module& operator[](Index i) { return *parts_.at(i); }

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "Sequential"; }

private:
    std::vector<std::unique_ptr<Module>> parts_;
};

}  // namespace deepen
