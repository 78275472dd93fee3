// What does another engine answer to the same questions?
//
// Reads the files that make_golden.py had PyTorch write, and draws the weights and pictures that
// those files leave out (Note [Golden numbers] in that script: the formula and the names).
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/io/safetensors.h"
#include "engine/tensor.h"
#include "layers/module.h"

namespace deepen {

// One golden file, e.g. Golden("ops.safetensors").
class Golden {
public:
    explicit Golden(const std::string& file);

    Tensor tensor(const std::string& name) const;        // refuses a name that the file does not have
    bool has(const std::string& name) const { return file_.tensors.count(name) > 0; }

    // All tensors whose names begin with `prefix`, by the rest of their names.
    std::map<std::string, Tensor> tensors(const std::string& prefix) const;

private:
    std::string name_;
    TensorFile file_;
};

// Element i is float(u_i * scale), u_i in [-1,1) by the formula; the same in both builds.
Tensor golden_uniform(Shape shape, const std::string& name, double scale = 1);

// Names and shapes, in files' layouts, of all tensors of "plain20", "resnet20", "plain56" or "resnet56".
std::map<std::string, Shape> golden_shapes(const std::string& net);

// A net's weights in files' layouts: what evaluation starts from, or what the ten steps start from.
enum class GoldenWeights { evaluation, ten_steps };
std::map<std::string, Tensor> golden_weights(const std::string& net, GoldenWeights kind);

// The weights of evaluation, by the names and shapes that the net itself has.
void fill_golden(Module& net);

Tensor golden_pictures();                                // [4,32,32,3], for evaluation, of the labels 0 1 2 3
Tensor golden_batch(int step);                           // [16,32,32,3], for step 0 .. 9 of ten
std::vector<int> golden_labels(int step);                // 16

// Golden numbers are stored as floats, so the double build can see no more than their rounding.
inline constexpr double golden_tolerance = sizeof(Real) == sizeof(float) ? 1e-5 : 2e-7;

// What a golden file keeps of a large tensor: its sum, its sum of squares, and its first eight elements.
Tensor digest(const Tensor& t);

// Do shapes agree, and all elements to `tolerance` times the largest expected one?
testing::AssertionResult agree(const Tensor& actual, const Tensor& expected, double tolerance = golden_tolerance);

}  // namespace deepen
