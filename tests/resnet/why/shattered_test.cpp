// Are gradients by the input what they should be, and are the laws of their correlation told apart?
#include <gtest/gtest.h>

#include <cmath>

#include "engine/autograd.h"
#include "engine/io/files.h"
#include "engine/ops.h"
#include "resnet/why/shattered.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

Tensor random_inputs(Index count, Index side, std::uint64_t seed = 3) {
    Tensor x = Tensor::zeros({count, side, side, 3});
    Random random(seed);
    for (Real& v : x.data()) v = static_cast<Real>(random.normal());
    return x;
}

TEST(InputGradients, AreFiniteDifferencesOfTheOutput) {
    Chain net("residual", 1, 4);
    initialise(net, 1);
    const Tensor x = random_inputs(3, 4);
    calibrate(net, x);
    const Tensor g = input_gradients(net, x);
    ASSERT_EQ(g.shape(), x.shape());
    const NoGrad no_grad;
    const EvaluationMode evaluation(net);
    const auto output = [&](std::size_t k, double by) {
        Tensor moved = x.clone();
        moved.data()[k] += static_cast<Real>(by);
        const Tensor y = net(moved);
        double sum = 0;
        for (const Real v : y.data()) sum += v;
        return sum;
    };
    double found = 0, expected = 0;
    for (std::size_t k = 0; k < 20; ++k) {
        const double difference = (output(7 * k, 1e-2) - output(7 * k, -1e-2)) / 2e-2;
        found += difference * std::as_const(g).data()[7 * k], expected += difference * difference;
    }
    EXPECT_NEAR(found / expected, 1, 0.02);  // the two agree in direction and size; relu bends a few
}

TEST(InputGradients, OfOneInputDoNotDependOnTheOthers) {
    Chain net("plain", 2, 4);
    initialise(net, 1);
    const Tensor x = random_inputs(3, 4);
    calibrate(net, x);
    Tensor other = x.clone();
    for (std::size_t k = 48; k < 144; ++k) other.data()[k] += 1;
    const std::vector<Real> a = input_gradients(net, x).values(), b = input_gradients(net, other).values();
    EXPECT_TRUE(std::equal(a.begin(), a.begin() + 48, b.begin()));
    EXPECT_FALSE(std::equal(a.begin() + 48, a.end(), b.begin() + 48));
}

TEST(Calibrate, MakesEvaluationModeTheTrainingModeOfThoseInputs) {
    Chain net("preactivation", 1, 4);
    initialise(net, 1);
    const Tensor x = random_inputs(5, 8);
    calibrate(net, x);
    const NoGrad no_grad;
    net.train();
    const std::vector<Real> training = net(x).values();
    net.evaluate();
    const std::vector<Real> evaluated = net(x).values();
    for (std::size_t i = 0; i < training.size(); ++i)  // running variances are divided by n - 1
        EXPECT_NEAR(evaluated[i], training[i], 0.02 * std::abs(training[i]) + 1e-3);
}

TEST(Correlation, IsTheCosineOfAngles) {
    Tensor g = Tensor::zeros({3, 2});
    const double rows[] = {1, 0, 3, 3, 0, -2};
    std::copy(std::begin(rows), std::end(rows), g.data().begin());
    EXPECT_NEAR(correlation(g, 0, 1), std::sqrt(0.5), 1e-6);
    EXPECT_NEAR(mean_correlation(g), (std::sqrt(0.5) + 0 - std::sqrt(0.5)) / 3, 1e-6);
    EXPECT_NEAR(autocorrelation(g, 0), 1, 1e-6);
    EXPECT_NEAR(autocorrelation(g, 1), 0, 1e-6);
    EXPECT_NEAR(autocorrelation(g, 2), 0, 1e-6);
}

// Where nothing bends, every input has the same gradient.
TEST(Correlation, IsOneInALinearNet) {
    struct Linearly : Module {
        Conv2d conv{{.in_channels = 3, .out_channels = 1}};
        Tensor forward(const Tensor& x) override { return global_average_pool(conv(x)); }
        void visit(Visitor& v) override { v.module("conv", conv); }
        std::string_view type() const override { return "Linearly"; }
    } net;
    initialise(net, 1);
    EXPECT_NEAR(mean_correlation(input_gradients(net, random_inputs(4, 4))), 1, 1e-5);
}

TEST(Shattered, IsMeasuredInEachChain) {
    const ShatteredOptions options{
        .blocks = {1, 2}, .seeds = {1, 2}, .pictures = 4, .line = 8, .along = {2}, .along_seeds = 1, .width = 4};
    const Scratch scratch;
    const std::filesystem::path file = scratch / "measured.csv";
    Index measured = 0;
    std::vector<Shattering> all;
    {
        Notebook notebook(file);
        all = measure_shattering(options, few_pictures().train, notebook, [&] { ++measured; });
    }
    EXPECT_EQ(measured, shattered_measurements(options));
    ASSERT_EQ(all.size(), 12u);
    for (const Shattering& s : all) {
        EXPECT_LT(std::abs(s.correlation), 1);
        EXPECT_EQ(s.along.size(), s.layers == 5 && s.seed == 1 ? 4u : 0u);
        if (s.along.empty()) continue;
        EXPECT_NEAR(s.along[0], 1, 1e-6);
        EXPECT_GT(s.along[1], s.along[3]);
    }
    Notebook other(scratch / "other.csv");
    EXPECT_EQ(all[7].correlation, measure_shattering(options, few_pictures().train, other, [] {})[7].correlation);

    // What was measured is not measured again: a number that was changed by hand comes back.
    std::string noted = read_text_file(file);
    const std::size_t at = noted.find("plain chain of 1 blocks of width 4; seed 1; 4 pictures #0,");
    ASSERT_NE(at, noted.npos) << noted;
    const std::size_t number = noted.find(',', at) + 1;
    scratch.write("measured.csv", noted.replace(number, noted.find('\n', number) - number, "0.125"));
    Notebook again(file);
    const std::vector<Shattering> same = measure_shattering(options, few_pictures().train, again, [] {});
    EXPECT_EQ(same[0].correlation, 0.125);
    for (std::size_t i = 1; i < all.size(); ++i) {
        EXPECT_EQ(same[i].correlation, all[i].correlation) << i;
        EXPECT_EQ(same[i].along, all[i].along) << i;
        EXPECT_EQ(same[i].component, all[i].component) << i;
    }
}

// --- the verdict ----------------------------------------------------------------------------------------

TEST(Shattered, FitsBothLaws) {
    std::vector<std::pair<int, double>> halves, roots;
    for (int l : {3, 5, 7, 9, 13}) halves.emplace_back(l, std::pow(0.5, l)), roots.emplace_back(l, std::pow(l, -0.5));
    EXPECT_EQ(decay(halves).depths, 3u);  // 2^-9 is not told from zero
    EXPECT_NEAR(decay(halves).factor, 0.5, 1e-9);
    EXPECT_GT(decay(halves).share, 0.99);
    EXPECT_EQ(decay(roots).depths, 5u);
    EXPECT_NEAR(decay(roots).exponent, -0.5, 1e-9);
    EXPECT_LT(decay(roots).share, 1e-6);
    EXPECT_EQ(decay({{3, -0.1}, {5, 0.5}}).depths, 0u);
}

TEST(Shattered, IsJudged) {
    // Correlations c f^L of plain and c L^p of residual chains, with some scatter from seed to seed.
    const auto judged = [](double f, double p, double first_p, double scatter, bool power = true) {
        std::vector<Shattering> all;
        for (std::uint64_t seed : {1, 2, 3}) {
            const double s = scatter * (static_cast<double>(seed) - 2);
            for (int l : {3, 5, 7, 9, 13, 17}) {
                const auto note = [&](const char* kind, double c) {
                    all.push_back({.kind = kind, .layers = l, .seed = seed, .correlation = c});
                };
                if (f > 0) note("plain", std::pow(f + s, l));
                note("residual", power ? std::pow(l, p + s) : std::pow(0.9 + s / 10, l));
                note("preactivation", std::pow(l, first_p + s));
            }
        }
        std::vector<Outcome> outcomes;
        for (const Claim& claim : judge_shattering(all)) outcomes.push_back(claim.outcome);
        return outcomes;
    };
    using enum Outcome;
    using Outcomes = std::vector<Outcome>;
    EXPECT_EQ(judged(0.5, -0.5, -0.5, 0.01), (Outcomes{holds, holds, holds}));
    EXPECT_EQ(judged(0.8, -1.5, -0.5, 0.01), (Outcomes{fails, holds, fails}));
    EXPECT_EQ(judged(0.3, -0.5, -0.5, 0.01, false), (Outcomes{untested, fails, fails}));  // only 0.3^3 is not zero
    EXPECT_EQ(judged(0.6, -0.6, -0.5, 0.1), (Outcomes{unclear, holds, unclear}));
    EXPECT_EQ(judged(0, -0.5, -0.5, 0.01), (Outcomes{untested, holds, holds}));
    EXPECT_EQ(judge_shattering({})[2].outcome, untested);
}

}  // namespace
}  // namespace deepen
