// Are first weights what their papers say?
#include "layers/initialise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/gradcheck.h"
#include "layers/layers.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

constexpr double rounding = sizeof(Real) == 8 ? 1e-12 : 1e-5;

struct Channels {
    Index in, out;
};

void expect_near(const Tensor& a, const Tensor& b, const std::string& what) {
    ASSERT_EQ(a.shape(), b.shape()) << what;
    for (Index i = 0; i < a.size(); ++i) ASSERT_NEAR(a.data()[i], b.data()[i], rounding) << what << ", element " << i;
}

double squares(const Tensor& x) {
    double sum = 0;
    for (Real v : x.values()) sum += double(v) * v;
    return sum;
}

// --- dirac -------------------------------------------------------------------------------------------

TEST(Dirac, PassesAPictureThroughItsBordersIncluded) {
    const Tensor x = random_tensor({2, 6, 7, 3}, 1);
    for (Index kernel : {1, 3, 5, 7})
        for (Index out : {2, 3, 5}) {
            Conv2d conv({.in_channels = 3, .out_channels = out, .kernel = kernel});
            initialise(conv, 1, dirac);
            const Index common = std::min<Index>(3, out);
            expect_near(slice(conv(x), {{}, {}, {}, {0, common}}), slice(x, {{}, {}, {}, {0, common}}),
                        text("kernel ", kernel, ", 3 to ", out, " channels"));
        }
}

TEST(Dirac, PassesEverySecondPixelWithStrideTwo) {
    const Tensor x = random_tensor({2, 7, 8, 4}, 1);
    Conv2d conv({.in_channels = 4, .out_channels = 4, .stride = 2});
    initialise(conv, 1, dirac);
    expect_near(conv(x), subsample(x, 2, 4), "stride 2");
}

// Batch norm would divide by the variance of a constant output.
TEST(Dirac, FillsOutputsWithoutAnInputAsHeNormal) {
    Conv2d conv({.in_channels = 3, .out_channels = 5}), he({.in_channels = 3, .out_channels = 5});
    initialise(conv, 1, dirac);
    initialise(he, 1, he_normal);
    const auto beyond = [](const Conv2d& c) { return slice(c.weight.detach(), {{}, {}, {}, {3, 5}}).values(); };
    EXPECT_EQ(beyond(conv), beyond(he));
}

TEST(Dirac, AndDeltaOrthogonalLeaveALinearToHeNormal) {
    for (Initialiser scheme : {dirac, delta_orthogonal}) {
        Linear layer(8, 8), he(8, 8);
        initialise(layer, 1, scheme);
        initialise(he, 1, he_normal);
        EXPECT_EQ(layer.weight.values(), he.weight.values());
    }
}

// --- delta_orthogonal --------------------------------------------------------------------------------

TEST(DeltaOrthogonal, IsTwiceAnIdentityTimesItsTransposeAndZeroAroundTheCentre) {
    for (const auto& [in, out] : {Channels{6, 6}, Channels{3, 8}, Channels{8, 3}, Channels{64, 64}}) {
        Conv2d conv({.in_channels = in, .out_channels = out});
        initialise(conv, 1, delta_orthogonal);
        const Tensor centre = reshape(slice(conv.weight.detach(), {{1, 2}, {1, 2}}), {in, out});
        EXPECT_NEAR(squares(centre), squares(conv.weight), rounding) << "nothing but the centre";
        const Tensor product = in >= out ? matmul(transpose(centre), centre) : matmul(centre, transpose(centre));
        for (Index i = 0; i < std::min(in, out); ++i)
            for (Index j = 0; j < std::min(in, out); ++j)
                ASSERT_NEAR(product.at({i, j}), i == j ? 2 : 0, rounding) << in << " to " << out << " channels";
    }
}

TEST(DeltaOrthogonal, KeepsLengthsUpToTheFactorForRelu) {
    const Tensor x = random_tensor({2, 5, 6, 4}, 1);
    for (Index out : {4, 9}) {
        Conv2d conv({.in_channels = 4, .out_channels = out});
        initialise(conv, 1, delta_orthogonal);
        EXPECT_NEAR(squares(conv(x)) / squares(x), 2, 10 * rounding);
    }
}

TEST(DeltaOrthogonal, DrawsAnotherMatrixForAnotherSeed) {
    Conv2d a({.in_channels = 4, .out_channels = 4}), b({.in_channels = 4, .out_channels = 4});
    initialise(a, 1, delta_orthogonal);
    initialise(b, 2, delta_orthogonal);
    EXPECT_NE(a.weight.values(), b.weight.values());
}

// --- looks_linear ------------------------------------------------------------------------------------

// z from pairs (z, -z).
Tensor firsts(const Tensor& x) { return slice(x, {{}, {}, {}, {0, -1, 2}}); }

TEST(LooksLinear, PutsPairsTogetherAgainAndMakesPairsOfTheSameLength) {
    Conv2d first({.in_channels = 3, .out_channels = 8}), second({.in_channels = 8, .out_channels = 8});
    initialise(first, 1, looks_linear);
    initialise(second, 2, looks_linear);
    const Tensor x = random_tensor({2, 5, 6, 3}, 1), y = first(x), z = second(relu(y));
    for (const Tensor& pairs : {y, z})
        expect_near(firsts(pairs), -slice(pairs, {{}, {}, {}, {1, -1, 2}}), "the second of a pair");
    EXPECT_NEAR(squares(firsts(y)) / squares(x), 1, 10 * rounding);
    EXPECT_NEAR(squares(firsts(z)) / squares(firsts(y)), 1, 10 * rounding);
}

TEST(LooksLinear, RefusesAnOddNumberOfOutputs) {
    Conv2d conv({.in_channels = 4, .out_channels = 5});
    EXPECT_EQ(refusal_of([&] { initialise(conv, 1, looks_linear); }),
              "looks_linear: channels come in pairs, so a convolution cannot have 5 outputs.  Try an even --width, or "
              "another --init.");
}

}  // namespace
}  // namespace deepen
