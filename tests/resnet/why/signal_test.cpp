// Is what passes through a net measured as signal.h says?
#include <gtest/gtest.h>

#include <cmath>

#include "engine/autograd.h"
#include "resnet/cifar.h"
#include "resnet/why/signal.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// A net in which every layer but one is linear and by hand.
struct TwoConvolutions : Module {
    Conv2d conv1{{.in_channels = 2, .out_channels = 3}}, conv2{{.in_channels = 3, .out_channels = 4}};

    Tensor forward(const Tensor& x) override { return conv2(relu(conv1(x))); }
    void visit(Visitor& v) override { v.module("conv1", conv1), v.module("conv2", conv2); }
    std::string_view type() const override { return "TwoConvolutions"; }
};

double norm(std::span<const Real> values) {
    double squares = 0;
    for (const Real v : values) squares += static_cast<double>(v) * v;
    return std::sqrt(squares);
}

TEST(SignalWatch, NotesTheNormOfTheGradientAtEachConvolutionsOutput) {
    TwoConvolutions net;
    net.name_parts();
    initialise(net, 1);
    Random random(2);
    Tensor x = Tensor::zeros({2, 5, 6, 2}), g = Tensor::zeros({2, 5, 6, 4});
    for (Tensor* t : {&x, &g})
        for (Real& v : t->data()) v = static_cast<Real>(random.normal());

    std::vector<LayerSignal> found;
    {
        const SignalWatch watch;
        sum(net(x) * g).backward();  // dL/dy is g
        found = watch.layers();
    }
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].layer, "conv1");
    EXPECT_NEAR(found[1].gradient, norm(std::as_const(g).data()), 1e-4);

    // The same by making conv1's output a variable.
    const Tensor u = variable(net.conv1(x).detach());
    sum(net.conv2(relu(u)) * g).backward();
    EXPECT_NEAR(found[0].gradient, norm(u.grad().values()), 1e-4);
}

// What watches must not change what is watched.
TEST(SignalWatch, LeavesGradientsAsTheyAre) {
    const auto gradients = [](bool watched) {
        auto net = cifar_resnet({.depth = 8, .width = 4});
        initialise(*net, 1);
        Tensor x = Tensor::full({3, 8, 8, 3}, Real(0.5));
        std::optional<SignalWatch> watch;
        if (watched) watch.emplace();
        cross_entropy((*net)(x), std::vector<int>{1, 2, 3}).backward();
        std::vector<std::vector<Real>> all;
        for (const NamedTensor& t : named_parameters(*net)) all.push_back(t.tensor.grad().values());
        return all;
    };
    EXPECT_EQ(gradients(true), gradients(false));
}

// 54 layers of 3x3 convolution, batch norm and relu.
struct Chain : Module {
    Sequential layers;
    explicit Chain(Index channels) {
        for (int i = 0; i < 54; ++i) {
            layers.add<Conv2d>(Conv2dOptions{.in_channels = channels, .out_channels = channels});
            layers.add<BatchNorm2d>(channels);
            layers.add<Relu>();
        }
    }
    Tensor forward(const Tensor& x) override { return layers(x); }
    void visit(Visitor& v) override { v.module("layers", layers); }
    std::string_view type() const override { return "Chain"; }
};

// The growth of the gradient a layer with PyTorch, chains of the same kind: 1.173 at 64 channels on 8x8, 1.178 at 16 on
// 16x16.  1.211 would be without borders and with many channels.
double growth_in_a_chain(Index channels, Index size, std::uint64_t seed) {
    Chain net(channels);
    initialise(net, seed);
    Random random(seed, 1);
    Tensor x = Tensor::zeros({32, size, size, channels}), g = Tensor::zeros({32, size, size, channels});
    for (Tensor* t : {&x, &g})
        for (Real& v : t->data()) v = static_cast<Real>(random.normal());
    const SignalWatch watch;
    sum(net(x) * g).backward();
    Passage passage;
    for (const LayerSignal& layer : watch.layers()) passage.gradients.push_back(layer.gradient);
    return passage.growth();
}

TEST(Signal, GrowsInPlainChainsAsWithPyTorch) {
    double wide = 0, narrow = 0;
    for (std::uint64_t seed : {1, 2, 3}) {
        wide += std::log(growth_in_a_chain(64, 8, seed)) / 3;
        narrow += std::log(growth_in_a_chain(16, 16, seed)) / 3;
    }
    EXPECT_NEAR(wide, std::log(1.173), 0.05 * std::log(1.173));
    EXPECT_NEAR(narrow, std::log(1.178), 0.1 * std::log(1.178));
}

TEST(Signal, FitsTheSlopeOfALogarithm) {
    EXPECT_NEAR(slope_of_logarithm({1, 10, 100, 1000}), 1, 1e-12);
    EXPECT_NEAR(slope_of_logarithm({8, 4, 2, 1}), -std::log10(2), 1e-12);
    EXPECT_NEAR((Passage{.gradients = {8, 4, 2, 1}}.growth()), 2, 1e-12);
    EXPECT_NEAR((Passage{.gradients = {5, 500, 50}}.orders()), 2, 1e-12);
}

TEST(Signal, IsMeasuredInEachNetAtEachStep) {
    const SignalOptions options{.depths = {8, 14, 20},
                                .deepest_that_explodes = 14,
                                .seeds = {1, 2},
                                .trained_depth = 8,
                                .steps = {1, 3},
                                .batch = 8,
                                .width = 4};
    Index measured = 0;
    const Scratch scratch;
    Notebook notebook(scratch / "n.csv");
    const std::vector<Passage> all = measure_signals(options, few_pictures().train, notebook, [&] { ++measured; });
    EXPECT_EQ(measured, signal_measurements(options));
    EXPECT_EQ(std::ssize(all), measured);
    for (const Passage& p : all) {
        EXPECT_EQ(std::ssize(p.gradients), p.depth - 1);
        EXPECT_EQ(std::ssize(p.variances), (p.depth - 2) / 2);
        for (const double g : p.gradients) EXPECT_GT(g, 0);
    }
    EXPECT_EQ(all[0].gradients, measure_signals(options, few_pictures().train, notebook, [] {})[0].gradients);
}

TEST(Signal, GoesOnAfterAnInterruptionToTheSameNumbers) {
    const Scratch scratch;
    const auto after = [&](std::vector<Index> steps, Notebook& notebook) {
        const SignalOptions options{
            .depths = {8}, .seeds = {1}, .trained_depth = 8, .steps = steps, .batch = 8, .width = 4};
        return measure_signals(options, few_pictures().train, notebook, [] {});
    };
    Notebook whole(scratch / "whole.csv"), part(scratch / "part.csv");
    const std::vector<Passage> expected = after({1, 3}, whole);
    after({1}, part);
    part.write();
    Notebook again(scratch / "part.csv");
    const std::vector<Passage> found = after({1, 3}, again);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].gradients, expected[i].gradients) << found[i].what();
        EXPECT_EQ(found[i].variances, expected[i].variances) << found[i].what();
    }
}

// --- the verdict ----------------------------------------------------------------------------------------

std::vector<double> curve(std::size_t count, double factor, double first = 1) {
    std::vector<double> values{first};
    while (values.size() < count) values.push_back(values.back() * factor);
    return values;
}

// As if measured: by what factor gradients fall a layer, and variances grow a block.
struct Invented {
    double plain = 1 / 1.19, residual_growth = 1.5, without_norm = 2, with_norm = 1.01, left = 0.2;
    double scatter = 0.001;

    std::vector<Passage> passages() const {
        std::vector<Passage> all;
        for (std::uint64_t seed : {1, 2, 3}) {
            const double f = 1 + scatter * (static_cast<double>(seed) - 2);
            for (int depth : {20, 56}) {
                const auto layers = static_cast<std::size_t>(depth - 1), blocks = layers / 2;
                // Through the whole residual net, whatever its depth: residual_growth to the power of depth^0 or so.
                const double a_layer = std::pow(residual_growth, -1.0 / depth);
                all.push_back({.kind = "plain",
                               .depth = depth,
                               .seed = seed,
                               .gradients = curve(layers, plain * f),
                               .variances = curve(blocks, 1)});
                all.push_back({.kind = "residual",
                               .depth = depth,
                               .seed = seed,
                               .gradients = curve(layers, a_layer),
                               .variances = curve(blocks, with_norm * f)});
                all.push_back({.kind = "residual",
                               .depth = depth,
                               .seed = seed,
                               .norm = false,
                               .gradients = curve(layers, 1),
                               .variances = curve(blocks, without_norm * f)});
            }
            all.push_back({.kind = "plain",
                           .depth = 56,
                           .seed = seed,
                           .steps = 100,
                           .gradients = curve(55, std::pow(plain * f, left * f)),
                           .variances = curve(27, 1)});
        }
        return all;
    }
    Outcome judged(std::size_t claim) const { return judge_signals(passages()).at(claim).outcome; }
};

TEST(Signal, IsJudged) {
    using enum Outcome;
    for (std::size_t claim : {0, 1, 2, 3}) EXPECT_EQ(Invented().judged(claim), holds) << claim;
    EXPECT_EQ((Invented{.plain = 1 / 1.1}.judged(0)), fails);
    EXPECT_EQ((Invented{.plain = 1 / 1.3}.judged(0)), fails);
    EXPECT_EQ((Invented{.plain = 1 / 1.161}.judged(0)), unclear);
    EXPECT_EQ((Invented{.without_norm = 1.2}.judged(2)), fails);
    EXPECT_EQ((Invented{.with_norm = 1.3}.judged(2)), fails);
    EXPECT_EQ((Invented{.without_norm = 2.2}.judged(2)), unclear);
    EXPECT_EQ((Invented{.left = 0.9}.judged(3)), fails);
    EXPECT_EQ((Invented{.left = 0.5, .scatter = 0.1}.judged(3)), unclear);
    for (const Claim& claim : judge_signals({})) EXPECT_EQ(claim.outcome, untested);
}

TEST(Signal, OfAResidualNetIsJudgedByHowItGrowsWithDepth) {
    const auto judged = [](double exponent) {
        std::vector<Passage> all;
        for (int depth : {20, 302}) {
            const double a_layer = std::pow(10, -std::pow(depth, exponent) / depth / 10);
            for (const char* kind : {"plain", "residual"})
                all.push_back({.kind = kind,
                               .depth = depth,
                               .seed = 1,
                               .gradients = curve(static_cast<std::size_t>(depth - 1), a_layer),
                               .variances = {}});
        }
        return judge_signals(all).at(1).outcome;
    };
    EXPECT_EQ(judged(0.2), Outcome::holds);
    EXPECT_EQ(judged(0.6), Outcome::unclear);
    EXPECT_EQ(judged(1), Outcome::fails);
}

}  // namespace
}  // namespace deepen
