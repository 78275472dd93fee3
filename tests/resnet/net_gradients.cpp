// Gradient checks of whole layers, blocks and small nets: every weight of each.
#include <gtest/gtest.h>

#include "engine/gradcheck.h"
#include "resnet/preactivation.h"

namespace deepen {
namespace {

// A net has thousands of relus; a step this small hardly ever carries one of them over its kink, and
// costs rounding of 1e-16 / 1e-7 = 1e-9, far below the tolerance.
constexpr double difference_step = 1e-7;

// Checks x and every parameter of `module`: the function runs the module with its parameters replaced.
void expect_gradients(Module& module, const Tensor& x, std::uint64_t seed,
                      const std::function<Tensor(const Tensor&)>& finish) {
    struct Replace : Visitor {
        std::vector<Tensor>& values;
        std::size_t next = 1;  // values[0] is x
        explicit Replace(std::vector<Tensor>& v) : values(v) {}
        void parameter(std::string_view, Tensor& t) override { t = values.at(next++); }
        void buffer(std::string_view, Tensor&) override {}
        void module(std::string_view, Module& part) override { part.visit(*this); }
    };
    initialise(module, seed);
    std::vector<Tensor> inputs{x};
    // Scales away from 1 and shifts away from 0, so that no factor hides.
    for (NamedTensor& p : named_parameters(module))
        inputs.push_back(p.tensor.rank() == 1 ? random_tensor(p.tensor.shape(), ++seed, 0.5, 1.5)
                                              : p.tensor.detach().clone());
    const GradientReport report = check_gradients(
        [&](std::vector<Tensor>& in) {
            Replace replace(in);
            module.visit(replace);
            return finish(module(in[0]));
        },
        inputs, {.step = difference_step});
    EXPECT_TRUE(report.ok) << report.message;
}

const auto as_is = [](const Tensor& y) { return y; };

TEST(LayerGradients, Hold) {
    Conv2d conv({.in_channels = 3, .out_channels = 2, .stride = 2, .bias = true});
    expect_gradients(conv, random_tensor({2, 5, 4, 3}, 1), 1, as_is);
    BatchNorm2d norm(3);
    expect_gradients(norm, random_tensor({2, 3, 4, 3}, 2), 2, as_is);
    Linear linear(5, 3);
    expect_gradients(linear, random_tensor({4, 5}, 3), 3, as_is);
}

TEST(BlockGradients, HoldForEveryShortcut) {
    for (Shortcut s : {Shortcut::none, Shortcut::A, Shortcut::B, Shortcut::C})
        for (Index stride : {1, 2}) {
            BasicBlock block({.in_channels = 3, .out_channels = stride == 1 ? 3 : 6, .stride = stride, .shortcut = s});
            expect_gradients(block, random_tensor({2, 4, 5, 3}, 4), 11, as_is);
        }
}

template <class Block>
void expect_block_gradients(BlockOptions o) {
    Block block(o);
    expect_gradients(block, random_tensor({2, 4, 5, o.in_channels}, 4), 11, as_is);
}

TEST(BlockGradients, HoldForBottlenecksAndPreactivation) {
    for (const BlockOptions& o :
         {BlockOptions{.in_channels = 4, .out_channels = 8, .stride = 2, .shortcut = Shortcut::B},
          BlockOptions{
              .in_channels = 4, .out_channels = 8, .stride = 2, .shortcut = Shortcut::A, .stride_in_3x3 = false},
          BlockOptions{.in_channels = 4, .out_channels = 4, .shortcut = Shortcut::A, .after_stem = true}}) {
        expect_block_gradients<Bottleneck>(o);
        expect_block_gradients<PreactivationBlock>(o);
        expect_block_gradients<PreactivationBottleneck>(o);
    }
}

TEST(BlockGradients, HoldForAGateAndWithoutBatchNorm) {
    for (bool batch_norm : {true, false})
        for (const BlockOptions& o :
             {BlockOptions{.in_channels = 4, .out_channels = 4, .batch_norm = batch_norm, .residual_gate = 0},
              BlockOptions{.in_channels = 4,
                           .out_channels = 8,
                           .stride = 2,
                           .shortcut = Shortcut::B,
                           .batch_norm = batch_norm,
                           .residual_gate = 0}}) {
            expect_block_gradients<BasicBlock>(o);
            expect_block_gradients<Bottleneck>(o);
        }
    expect_block_gradients<BasicBlock>(
        {.in_channels = 3, .out_channels = 3, .shortcut = Shortcut::none, .batch_norm = false});
}

TEST(NetGradients, HoldForWholeNetsOfEveryShortcut) {
    const std::vector<int> labels{1, 0, 2};
    for (Shortcut s : {Shortcut::none, Shortcut::A, Shortcut::B, Shortcut::C}) {
        CifarNet net({.depth = 8, .shortcut = s, .width = 2, .classes = 3});
        expect_gradients(net, random_tensor({3, 8, 8, 3}, 5), 21,
                         [&](const Tensor& logits) { return cross_entropy(logits, labels); });
    }
}

}  // namespace
}  // namespace deepen
