#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

using Values = std::vector<Real>;
constexpr Real inf = std::numeric_limits<Real>::infinity();

void expect_near(const Tensor& t, const std::vector<double>& expected) {
    ASSERT_EQ(t.size(), static_cast<Index>(expected.size()));
    for (Index i = 0; i < t.size(); ++i) EXPECT_NEAR(t.data()[i], expected[i], 1e-5) << "at " << i;
}

TEST(Arithmetic, WorksElementByElement) {
    const Tensor a({3}, {6, -4, 1}), b({3}, {2, 8, -5});
    EXPECT_EQ((a + b).values(), (Values{8, 4, -4}));
    EXPECT_EQ((a - b).values(), (Values{4, -12, 6}));
    EXPECT_EQ((a * b).values(), (Values{12, -32, -5}));
    EXPECT_EQ((a / b).values(), (Values{3, Real(-0.5), Real(-0.2)}));
    EXPECT_EQ((-a).values(), (Values{-6, 4, -1}));
    EXPECT_EQ(power(a, 2).values(), (Values{36, 16, 1}));
}

TEST(Arithmetic, MixesTensorsWithPlainNumbers) {
    const Tensor x({2}, {1, 2});
    EXPECT_EQ((2 * x + 1).values(), (Values{3, 5}));
    EXPECT_EQ((1 - x).values(), (Values{0, -1}));
    EXPECT_EQ((x / 2).values(), (Values{Real(0.5), 1}));
}

TEST(Arithmetic, RepeatsShortAxes) {
    const Tensor rows({2, 3}, {1, 2, 3, 4, 5, 6}), row({3}, {10, 20, 30}), column({2, 1}, {100, 200});
    EXPECT_EQ((rows + row).values(), (Values{11, 22, 33, 14, 25, 36}));
    EXPECT_EQ((column - rows).values(), (Values{99, 98, 97, 196, 195, 194}));
    EXPECT_EQ((column + row).values(), (Values{110, 120, 130, 210, 220, 230}));
    EXPECT_EQ((column + row).shape(), (Shape{2, 3}));
    EXPECT_EQ((rows + Tensor::zeros({1, 1, 1})).shape(), (Shape{1, 2, 3}));
    EXPECT_EQ((Tensor::zeros({0, 3}) + row).shape(), (Shape{0, 3}));
}

TEST(Arithmetic, SumsGradientsOverRepeatedAxes) {
    Tensor row = variable(Tensor::zeros({3})), column = variable(Tensor::zeros({2, 1})), one = variable(0);
    (row + column + one).backward(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(row.grad().values(), (Values{5, 7, 9}));
    EXPECT_EQ(column.grad().values(), (Values{6, 15}));
    EXPECT_EQ(one.grad().item(), 21);
}

// Large enough for many chunks, and with lengths that no chunk or vector divides.
TEST(Arithmetic, AgreesWithPlainLoopsWhereWorkIsCutIntoChunks) {
    constexpr Index N = 37, H = 53, C = 41;
    Tensor x = variable(random_tensor({N, H, C}, 1)), b = variable(random_tensor({H, 1}, 2));
    Tensor bias = variable(random_tensor({C}, 3));
    const Tensor dy = random_tensor({N, H, C}, 4);
    Tensor y = x * b + bias;
    y.backward(dy);

    std::vector<double> db(H), dbias(C);
    for (Index n = 0; n < N; ++n)
        for (Index h = 0; h < H; ++h)
            for (Index c = 0; c < C; ++c) {
                ASSERT_NEAR(y.at({n, h, c}), x.at({n, h, c}) * b.at({h, 0}) + bias.at({c}), 1e-6);
                ASSERT_NEAR(x.grad().at({n, h, c}), dy.at({n, h, c}) * b.at({h, 0}), 1e-6);
                db[h] += dy.at({n, h, c}) * x.at({n, h, c});
                dbias[c] += dy.at({n, h, c});
            }
    for (Index h = 0; h < H; ++h) EXPECT_NEAR(b.grad().at({h, 0}), db[h], 1e-4);
    for (Index c = 0; c < C; ++c) EXPECT_NEAR(bias.grad().at({c}), dbias[c], 1e-4);
}

TEST(Arithmetic, RefusesShapesThatDoNotBroadcastNamingTheOp) {
    const Tensor a = Tensor::zeros({2, 3}), b = Tensor::zeros({2});
    const auto expected = [](const std::string& op) {
        return op + ": shapes [2,3] and [2] do not broadcast: aligned from the last axis, lengths must be equal or "
                    "one of them 1, but axis -1 has 3 and 2.  Reshape one of them.";
    };
    EXPECT_EQ(refusal_of([&] { add(a, b); }), expected("add"));
    EXPECT_EQ(refusal_of([&] { subtract(a, b); }), expected("subtract"));
    EXPECT_EQ(refusal_of([&] { multiply(a, b); }), expected("multiply"));
    EXPECT_EQ(refusal_of([&] { divide(a, b); }), expected("divide"));
}

TEST(Functions, HaveTheirKnownValues) {
    expect_near(exp(Tensor({3}, {0, 1, -2})), {1, 2.718282, 0.135335});
    expect_near(log(Tensor({3}, {1, 10, 0.5})), {0, 2.302585, -0.693147});
    expect_near(sqrt(Tensor({3}, {0, 2, 9})), {0, 1.414214, 3});
    expect_near(tanh(Tensor({3}, {0, 0.5, -20})), {0, 0.462117, -1});
    expect_near(sigmoid(Tensor({3}, {0, 2, -2})), {0.5, 0.880797, 0.119203});
    expect_near(power(Tensor({3}, {4, 9, 0.25}), Real(-0.5)), {0.5, 0.333333, 2});
}

TEST(Functions, FollowIeeeAtTheirEdges) {
    EXPECT_TRUE(std::isnan(log(Tensor(-1)).item()));
    EXPECT_EQ(log(Tensor(0)).item(), -inf);
    EXPECT_TRUE(std::isnan(sqrt(Tensor(-1)).item()));
    EXPECT_EQ((Tensor(1) / 0).item(), inf);
    EXPECT_TRUE(std::isnan((Tensor(0) / 0).item()));
    EXPECT_EQ(exp(Tensor(1000)).item(), inf);
    EXPECT_EQ(sigmoid(Tensor(-1000)).item(), 0);
    EXPECT_EQ(sigmoid(Tensor(1000)).item(), 1);
    EXPECT_TRUE(std::isnan(relu(Tensor(std::nan(""))).item()));
}

TEST(Functions, ZerothPowerIsOneWithoutASlopeAlsoAtZero) {
    Tensor x = variable(Tensor({2}, {0, 3}));
    Tensor y = power(x, 0);
    EXPECT_EQ(y.values(), (Values{1, 1}));
    sum(y).backward();
    EXPECT_EQ(x.grad().values(), (Values{0, 0}));
}

TEST(Matmul, MultipliesRowsByColumns) {
    const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6}), b({3, 2}, {7, 8, 9, 10, 11, 12});
    EXPECT_EQ(matmul(a, b).values(), (Values{58, 64, 139, 154}));
    EXPECT_EQ(matmul(Tensor::ones({2, 0}), Tensor::ones({0, 3})).values(), Values(6, 0));
    EXPECT_EQ(matmul(Tensor::ones({0, 2}), Tensor::ones({2, 3})).shape(), (Shape{0, 3}));
}

TEST(Matmul, AgreesWithThreeLoopsWhereItIsCutIntoBands) {
    for (const auto& [M, K, N] : {std::tuple<Index, Index, Index>{300, 90, 70}, {5, 130, 900}}) {
        Tensor a = variable(random_tensor({M, K}, 1)), b = variable(random_tensor({K, N}, 2));
        const Tensor dy = random_tensor({M, N}, 3);
        Tensor y = matmul(a, b);
        y.backward(dy);
        Tensor da = Tensor::zeros({M, K}), db = Tensor::zeros({K, N}), expected = Tensor::zeros({M, N});
        for (Index m = 0; m < M; ++m)
            for (Index k = 0; k < K; ++k)
                for (Index n = 0; n < N; ++n) {
                    expected.data()[m * N + n] += a.data()[m * K + k] * b.data()[k * N + n];
                    da.data()[m * K + k] += dy.data()[m * N + n] * b.data()[k * N + n];
                    db.data()[k * N + n] += a.data()[m * K + k] * dy.data()[m * N + n];
                }
        for (Index i = 0; i < y.size(); ++i) ASSERT_NEAR(y.data()[i], expected.data()[i], 1e-4);
        for (Index i = 0; i < a.size(); ++i) ASSERT_NEAR(a.grad().data()[i], da.data()[i], 1e-4);
        for (Index i = 0; i < b.size(); ++i) ASSERT_NEAR(b.grad().data()[i], db.data()[i], 1e-4);
    }
}

TEST(Matmul, RefusesWhatDoesNotFit) {
    EXPECT_EQ(refusal_of([] { matmul(Tensor::ones({2, 3}), Tensor::ones({2, 3})); }),
              "matmul: a has 3 columns and b 2 rows; they must be equal.  a [2,3] (M,K)  b [2,3] (K,N).  Try "
              "transpose() of one.");
    EXPECT_EQ(refusal_of([] { matmul(Tensor::ones({2, 3, 4}), Tensor::ones({4, 2})); }),
              "matmul: both operands need two axes.  a [2,3,4] (M,K)  b [4,2] (K,N).  Try flatten() or reshape() "
              "first.");
}

}  // namespace
}  // namespace deepen
