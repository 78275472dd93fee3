#include <gtest/gtest.h>

#include <cmath>

#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

struct Norm {
    Tensor scale, shift, mean, variance;
    explicit Norm(Index c)
        : scale(Tensor::ones({c})), shift(Tensor::zeros({c})), mean(Tensor::zeros({c})), variance(Tensor::ones({c})) {}
    Tensor operator()(const Tensor& x, BatchNormOptions o = {}) {
        return batch_norm(x, scale, shift, mean, variance, o);
    }
};

TEST(BatchNorm, LeavesMeanZeroAndVarianceOne) {
    Norm norm(3);
    const Tensor y = norm(random_tensor({4, 5, 6, 3}, 1, 3, 9));
    for (Index c = 0; c < 3; ++c) {
        double sum = 0, squares = 0;
        for (Index i = c; i < y.size(); i += 3) sum += y.data()[i], squares += double(y.data()[i]) * y.data()[i];
        EXPECT_NEAR(sum / 120, 0, 1e-5);
        EXPECT_NEAR(squares / 120, 1, 1e-4);
    }
}

// To rounding where epsilon is nothing beside the variance; and a negative factor turns the sign.
TEST(BatchNorm, IgnoresAffineChangesOfItsInputButForTheSign) {
    const Tensor x = random_tensor({3, 4, 4, 2}, 2);
    const Tensor y = Norm(2)(x, {.epsilon = 0});
    const double close = sizeof(Real) == 8 ? 1e-8 : 2e-3;
    for (const Real factor : {Real(5), Real(0.01), Real(-3)}) {
        const Tensor z = Norm(2)(x * factor + Real(0.7), {.epsilon = 0});
        for (Index i = 0; i < y.size(); ++i)
            ASSERT_NEAR(z.data()[i], factor > 0 ? y.data()[i] : -y.data()[i], close) << factor;
    }
}

// sum(x^2) - sum(x)^2/R would return noise here: Note [Merging moments].
TEST(BatchNorm, KeepsItsDigitsWhenTheMeanIsLarge) {
    Norm a(1), b(1);
    const Index rows = 40000;  // more than one chunk
    const Tensor x = random_tensor({rows, 1}, 3);
    const Real offset = sizeof(Real) == 8 ? Real(1e6) : Real(512);
    Tensor moved = Tensor::uninitialised({rows, 1}), back = Tensor::uninitialised({rows, 1});
    for (Index i = 0; i < rows; ++i) {
        moved.data()[i] = x.data()[i] + offset;
        back.data()[i] = moved.data()[i] - offset;  // x after the rounding that the offset costs
    }
    const Tensor y = a(back), z = b(moved);
    for (Index i = 0; i < rows; i += 101) EXPECT_NEAR(y.data()[i], z.data()[i], 2e-3);
}

TEST(BatchNorm, RunningStatisticsMoveByMomentumWithTheUnbiasedVariance) {
    Norm norm(1);
    norm(Tensor({4, 1}, {1, 2, 3, 6}));  // mean 3, unbiased variance 14/3
    EXPECT_NEAR(norm.mean.item(), 0.1 * 3, 1e-6);
    EXPECT_NEAR(norm.variance.item(), 0.9 + 0.1 * 14 / 3, 1e-6);
}

TEST(BatchNorm, EvaluationUsesAndKeepsTheRunningStatistics) {
    Norm norm(1);
    norm.mean.data()[0] = 2;
    norm.variance.data()[0] = 4;
    const Tensor y = norm(Tensor({2, 1}, {2, 6}), {.training = false, .epsilon = 0});
    EXPECT_NEAR(y.data()[0], 0, 1e-6);
    EXPECT_NEAR(y.data()[1], 2, 1e-6);
    EXPECT_EQ(norm.mean.item(), 2);
    EXPECT_EQ(norm.variance.item(), 4);
}

TEST(BatchNorm, GivesTheSameBitsAtAnyNumberOfThreads) {
    const int before = threads();
    std::vector<Real> expected;
    for (int count : {1, 2, 3, 7}) {
        set_threads(count);
        Norm norm(5);
        Tensor x = variable(random_tensor({30, 13, 17, 5}, 4));
        Tensor y = norm(x);
        y.backward(random_tensor(y.shape(), 5));
        if (expected.empty()) expected = x.grad().values();
        EXPECT_EQ(x.grad().values(), expected) << count;
    }
    set_threads(before);
}

TEST(BatchNorm, RefusesABatchWithoutVariance) {
    Norm norm(3);
    try {
        norm(Tensor::zeros({1, 1, 1, 3}));
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("Training needs at least two"), std::string::npos) << e.what();
    }
    EXPECT_NO_THROW(norm(Tensor::zeros({1, 1, 1, 3}), {.training = false}));
    EXPECT_THROW(norm(Tensor::zeros({4, 2})), Error);
}

}  // namespace
}  // namespace deepen
