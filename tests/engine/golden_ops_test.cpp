// Do our ops compute what PyTorch's do, forward and backward?
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/error.h"
#include "engine/ops.h"
#include "tests/golden/golden.h"

namespace deepen {
namespace {

using Inputs = std::vector<Tensor>;

const Golden& golden() {
    static const Golden file("ops.safetensors");
    return file;
}

// Calls f with the case's inputs of these names, and compares y and, for its dy, all gradients.
template <class Op>
void expect_golden(const std::string& name, const std::vector<std::string>& inputs, const Op& f) {
    SCOPED_TRACE(name);
    Inputs x;
    for (const std::string& input : inputs) x.push_back(variable(golden().tensor(name + "/" + input)));
    Tensor y = f(x);
    EXPECT_TRUE(agree(y, golden().tensor(name + "/y"))) << "y";
    y.backward(golden().tensor(name + "/dy"));
    for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_TRUE(agree(x[i].grad(), golden().tensor(name + "/d" + inputs[i]))) << "d" << inputs[i];
}

TEST(GoldenOps, Conv2d) {
    const struct { const char* name; Index stride, padding; } cases[] = {
        {"k3s1p1", 1, 1}, {"k3s1p0", 1, 0}, {"k3s2p1", 2, 1}, {"k1s1p0", 1, 0}, {"k1s2p0", 2, 0},
        {"k5s1p2", 1, 2}, {"k7s2p3", 2, 3}, {"k2x3s1p1", 1, 1}, {"k3s1p1_wide", 1, 1},
    };
    for (const auto& c : cases)
        expect_golden(text("conv2d_", c.name), {"x", "w", "b"}, [&](const Inputs& in) {
            return conv2d(in[0], in[1], in[2], {.stride = c.stride, .padding = c.padding});
        });
}

TEST(GoldenOps, BatchNormAndItsRunningStatistics) {
    for (const auto& [name, training] : {std::pair<std::string, bool>{"batch_norm_training", true},
                                         {"batch_norm_training_rows", true}, {"batch_norm_evaluation", false}}) {
        Tensor mean = golden().tensor(name + "/mean").clone(), variance = golden().tensor(name + "/variance").clone();
        expect_golden(name, {"x", "scale", "shift"}, [&, training = training](const Inputs& in) {
            return batch_norm(in[0], in[1], in[2], mean, variance, {.training = training});
        });
        EXPECT_TRUE(agree(mean, golden().tensor(name + "/mean_after"))) << name;
        EXPECT_TRUE(agree(variance, golden().tensor(name + "/variance_after"))) << name;
    }
}

TEST(GoldenOps, Pooling) {
    for (const auto& [kernel, stride, padding] : {std::array<Index, 3>{2, 2, 0}, {3, 2, 1}, {3, 1, 1}}) {
        const PoolOptions options{.kernel = kernel, .stride = stride, .padding = padding};
        const std::string suffix = text("_k", kernel, "s", stride, "p", padding);
        expect_golden("max_pool2d" + suffix, {"x"}, [&](const Inputs& in) { return max_pool2d(in[0], options); });
        expect_golden("average_pool2d" + suffix, {"x"},
                      [&](const Inputs& in) { return average_pool2d(in[0], options); });
    }
    expect_golden("global_average_pool", {"x"}, [](const Inputs& in) { return global_average_pool(in[0]); });
}

TEST(GoldenOps, Matrices) {
    expect_golden("matmul", {"a", "b"}, [](const Inputs& in) { return matmul(in[0], in[1]); });
    expect_golden("linear", {"x", "w", "b"}, [](const Inputs& in) { return matmul(in[0], in[1]) + in[2]; });
}

TEST(GoldenOps, Classification) {
    expect_golden("softmax", {"x"}, [](const Inputs& in) { return softmax(in[0]); });
    expect_golden("log_softmax", {"x"}, [](const Inputs& in) { return log_softmax(in[0]); });
    std::vector<int> labels;
    for (const Real label : golden().tensor("cross_entropy/labels").values()) labels.push_back(static_cast<int>(label));
    expect_golden("cross_entropy", {"x"}, [&](const Inputs& in) { return cross_entropy(in[0], labels); });
}

TEST(GoldenOps, Functions) {
    const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {
        {"exp", exp}, {"log", log}, {"sqrt", sqrt}, {"tanh", tanh}, {"sigmoid", sigmoid}, {"relu", relu},
        {"negate", negate}};
    for (const auto& [name, f] : functions)
        expect_golden(name, {"x"}, [&, f = f](const Inputs& in) { return f(in[0]); });
    for (const char* exponent : {"3", "2.5", "-0.5"})
        expect_golden(text("power_", exponent), {"x"}, [&](const Inputs& in) {
            return power(in[0], static_cast<Real>(std::stod(exponent)));
        });
}

TEST(GoldenOps, ArithmeticWithBroadcasting) {
    const std::pair<const char*, Tensor (*)(const Tensor&, const Tensor&)> operations[] = {
        {"add", add}, {"subtract", subtract}, {"multiply", multiply}, {"divide", divide}};
    for (const auto& [name, f] : operations)
        for (const char* shapes : {"same", "last", "inner", "first", "scalar"})
            expect_golden(text(name, "_", shapes), {"a", "b"}, [f = f](const Inputs& in) { return f(in[0], in[1]); });
}

TEST(GoldenOps, Reductions) {
    const std::pair<const char*, Tensor (*)(const Tensor&, std::vector<int>, bool)> reductions[] = {
        {"sum", sum}, {"mean", mean}, {"max", max}};
    const struct { const char* name; std::vector<int> axes; bool keep; } cases[] = {
        {"all", {}, false}, {"0", {0}, false}, {"1", {1}, false}, {"2_keep", {2}, true}, {"02", {0, 2}, false},
        {"01_keep", {0, 1}, true}};
    for (const auto& [name, f] : reductions)
        for (const auto& c : cases)
            expect_golden(text(name, "_", c.name), {"x"},
                          [&, f = f](const Inputs& in) { return f(in[0], c.axes, c.keep); });
}

}  // namespace
}  // namespace deepen
