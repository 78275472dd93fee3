// What else helps deep nets but the shortcut: do nets start as these remedies say?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/gradcheck.h"
#include "resnet/cifar.h"

namespace deepen {
namespace {

constexpr double rounding = sizeof(Real) == 8 ? 1e-12 : 1e-5;

std::vector<std::string> names_of(const std::vector<NamedTensor>& tensors) {
    std::vector<std::string> names;
    for (const NamedTensor& t : tensors) names.push_back(t.name);
    return names;
}

// --- looks_linear ------------------------------------------------------------------------------------

// By how much f(2x - 3y) differs from 2 f(x) - 3 f(y), as a part of it.
double departure_from_linear(Module& net, const Tensor& x, const Tensor& y) {
    const Tensor of_sum = net(2 * x - 3 * y), sum = 2 * net(x) - 3 * net(y);
    double most = 0, largest = 0;
    for (Index i = 0; i < sum.size(); ++i) {
        most = std::max<double>(most, std::abs(of_sum.data()[i] - sum.data()[i]));
        largest = std::max<double>(largest, std::abs(sum.data()[i]));
    }
    return most / largest;
}

TEST(LooksLinear, StartsAPlainNetAsALinearFunction) {
    const Tensor x = random_tensor({2, 8, 9, 3}, 1), y = random_tensor({2, 8, 9, 3}, 2);
    for (bool batch_norm : {false, true}) {
        CifarNet net({.depth = 20, .shortcut = Shortcut::none, .width = 4, .batch_norm = batch_norm});
        net.train(!batch_norm);  // by the running statistics, which are 0 and 1
        initialise(net, 1, looks_linear);
        EXPECT_LT(departure_from_linear(net, x, y), 10 * rounding);
        initialise(net, 1, delta_orthogonal);
        EXPECT_GT(departure_from_linear(net, x, y), 0.01) << "without pairs";
    }
}

// Statistics of a batch are no linear function of it, but those of -x are those of x, the mean negated.
TEST(LooksLinear, StartsAPlainNetWithBatchNormAsAnOddFunction) {
    CifarNet net({.depth = 20, .shortcut = Shortcut::none, .width = 4});
    initialise(net, 1, looks_linear);
    const Tensor x = random_tensor({4, 16, 16, 3}, 1), y = net(x), of_negated = net(-x);
    for (Index i = 0; i < y.size(); ++i) EXPECT_NEAR(of_negated.data()[i], -y.data()[i], 100 * rounding);
    EXPECT_GT(std::abs(y.data()[0]), 0.01);
}

// --- without batch norm ------------------------------------------------------------------------------

TEST(WithoutBatchNorm, AScaleAndAShiftAreLeft) {
    BatchNorm2d norm(2, false);
    norm.scale.data()[0] = 2, norm.scale.data()[1] = -1;
    norm.shift.data()[0] = 3, norm.shift.data()[1] = 5;
    const Tensor x({2, 1, 1, 2}, {1, 2, 100, 7});
    for (bool training : {true, false}) {
        norm.train(training);
        EXPECT_EQ(norm(x).values(), (std::vector<Real>{5, 3, 203, -2}));
    }
}

TEST(WithoutBatchNorm, AFreshNetIsItsConvolutions) {
    for (Shortcut shortcut : {Shortcut::none, Shortcut::B}) {
        BasicBlock block({.in_channels = 3, .out_channels = 4, .stride = 2, .shortcut = shortcut, .batch_norm = false});
        initialise(block, 1);
        const Tensor x = random_tensor({2, 5, 6, 3}, 1), y = block.conv2(relu(block.conv1(x)));
        EXPECT_EQ(block(x).values(), relu(block.shortcut ? y + (*block.shortcut)(x) : y).values());
    }
}

TEST(WithoutBatchNorm, APictureIsSeenAloneAsInItsBatch) {
    for (bool bottleneck : {false, true}) {
        CifarNet net({.depth = bottleneck ? 11 : 8,
                      .shortcut = Shortcut::C,
                      .width = 4,
                      .bottleneck = bottleneck,
                      .batch_norm = false});
        initialise(net, 1);
        const Tensor x = random_tensor({3, 8, 8, 3}, 1);
        const Tensor alone = net(slice(x, {{1, 2}})), in_batch = slice(net(x), {{1, 2}});
        for (Index i = 0; i < alone.size(); ++i) EXPECT_NEAR(alone.data()[i], in_batch.data()[i], 1e-3);
    }
}

TEST(WithoutBatchNorm, ANetHasTheSameParametersAndNoRunningStatistics) {
    CifarNet with({.depth = 8, .shortcut = Shortcut::B}),
        without({.depth = 8, .shortcut = Shortcut::B, .batch_norm = false});
    EXPECT_EQ(names_of(named_parameters(with)), names_of(named_parameters(without)));
    EXPECT_FALSE(named_buffers(with).empty());
    EXPECT_EQ(names_of(named_buffers(without)), std::vector<std::string>());
}

// --- the residual gate -------------------------------------------------------------------------------

template <class Block>
void expect_gate(BlockOptions o) {
    const Tensor x = random_tensor({2, 5, 5, o.in_channels}, 7);
    const auto fresh = [&](std::optional<double> gate) {
        o.residual_gate = gate;
        Block block(o);
        initialise(block, 1);
        return block(x).values();
    };
    o.residual_gate = 0;
    Block closed(o);
    initialise(closed, 1);
    EXPECT_EQ(closed(x).values(), relu((*closed.shortcut)(x)).values());
    EXPECT_EQ(fresh(1), fresh({}));
    EXPECT_NE(fresh(0.5), fresh({}));
}

TEST(ResidualGate, FromZeroStartsABlockAsItsShortcutAndFromOneAsItWouldBe) {
    for (Shortcut s : {Shortcut::A, Shortcut::B, Shortcut::C})
        for (bool batch_norm : {true, false})
            for (Index stride : {1, 2}) {
                const BlockOptions o{.in_channels = 4,
                                     .out_channels = 4 * stride,
                                     .stride = stride,
                                     .shortcut = s,
                                     .batch_norm = batch_norm};
                expect_gate<BasicBlock>(o);
                expect_gate<Bottleneck>(o);
            }
}

TEST(ResidualGate, IsOneParameterPerBlockAndLeavesTheOthersAsTheyWere) {
    CifarNet with({.depth = 8, .residual_gate = 0.5}), without({.depth = 8});
    initialise(with, 1);
    initialise(without, 1);
    std::vector<NamedTensor> parameters = named_parameters(with), others = named_parameters(without);
    std::vector<std::string> gates;
    std::erase_if(parameters, [&](const NamedTensor& p) {
        if (!p.name.ends_with("gate.weight")) return false;
        gates.push_back(p.name);
        EXPECT_EQ(p.tensor.values(), std::vector<Real>{0.5});
        return true;
    });
    EXPECT_EQ(gates,
              (std::vector<std::string>{"layer1.0.gate.weight", "layer2.0.gate.weight", "layer3.0.gate.weight"}));
    ASSERT_EQ(names_of(parameters), names_of(others));
    for (std::size_t i = 0; i < others.size(); ++i)
        EXPECT_EQ(parameters[i].tensor.values(), others[i].tensor.values()) << others[i].name;
}

TEST(ResidualGate, StartsAnewWithItsNet) {
    Gate gate(0.5);
    gate.scalar.data()[0] = 3;
    initialise(gate, 1);
    EXPECT_EQ(gate.scalar.item(), 0.5);
}

// De and Smith 2020: while it is zero, the gate alone learns, and opens the way for the layers behind it.
TEST(ResidualGate, ThatIsZeroGetsAGradientAndItsLayersGetNone) {
    BasicBlock block({.in_channels = 3, .out_channels = 3, .residual_gate = 0});
    initialise(block, 1);
    sum(block(random_tensor({2, 5, 5, 3}, 7)) * random_tensor({2, 5, 5, 3}, 8)).backward();
    EXPECT_NE(block.gate->scalar.grad().item(), 0);
    for (Real g : block.conv1.weight.grad().values()) EXPECT_EQ(g, 0);
}

}  // namespace
}  // namespace deepen
