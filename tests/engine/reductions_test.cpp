#include <gtest/gtest.h>

#include <cmath>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

using Values = std::vector<Real>;

const Tensor shuffled({2, 3}, {1, 5, 3, 4, 2, 6});

TEST(Sum, IsOverTheNamedAxesOrAll) {
    EXPECT_EQ(sum(shuffled).item(), 21);
    EXPECT_EQ(sum(shuffled).shape(), Shape{});
    EXPECT_EQ(sum(shuffled, {0}).values(), (Values{5, 7, 9}));
    EXPECT_EQ(sum(shuffled, {-1}).values(), (Values{9, 12}));
    EXPECT_EQ(sum(shuffled, {1}, true).shape(), (Shape{2, 1}));
    EXPECT_EQ(sum(shuffled, {}, true).shape(), (Shape{1, 1}));
    EXPECT_EQ(sum(Tensor::ones({2, 3, 4, 5}), {1, 2}).values(), Values(10, 12));
}

TEST(Sum, OfNothingIsZero) {
    EXPECT_EQ(sum(Tensor::zeros({0, 3})).item(), 0);
    EXPECT_EQ(sum(Tensor::zeros({0, 3}), {0}).values(), (Values{0, 0, 0}));
}

TEST(Sum, StaysExactOverManyTerms) {
    EXPECT_EQ(sum(Tensor::ones({1000, 1001})).item(), 1001000);
    const Tensor x = random_tensor({700, 900}, 1, 0, 1);
    double expected = 0;
    for (Real v : x.data()) expected += v;
    EXPECT_NEAR(sum(x).item() / expected, 1, 1e-6);
}

TEST(Mean, DividesByWhatWasReduced) {
    EXPECT_EQ(mean(shuffled).item(), Real(3.5));
    EXPECT_EQ(mean(shuffled, {0}).values(), (Values{2.5, 3.5, 4.5}));
    EXPECT_EQ(mean(shuffled, {1}, true).shape(), (Shape{2, 1}));
    EXPECT_TRUE(std::isnan(mean(Tensor::zeros({0})).item()));
}

TEST(Max, FindsTheLargest) {
    EXPECT_EQ(max(shuffled).item(), 6);
    EXPECT_EQ(max(shuffled, {0}).values(), (Values{4, 5, 6}));
    EXPECT_EQ(max(shuffled, {1}).values(), (Values{5, 6}));
    EXPECT_EQ(max(Tensor({2}, {-3, -2})).item(), -2);
    EXPECT_TRUE(std::isnan(max(Tensor({3}, {1, Real(std::nan("")), 2})).item()));
}

TEST(Max, GivesTheGradientToTheFirstOfEqualOnes) {
    Tensor x = variable(Tensor({2, 3}, {7, 1, 7, 2, 7, 7}));
    max(x).backward();
    EXPECT_EQ(x.grad().values(), (Values{1, 0, 0, 0, 0, 0}));
    x.zero_grad();
    sum(max(x, {0})).backward();
    EXPECT_EQ(x.grad().values(), (Values{1, 0, 1, 0, 1, 0}));
}

TEST(Max, RefusesNothing) {
    EXPECT_EQ(refusal_of([] { max(Tensor::zeros({0, 3}), {0}); }),
              "max: of no elements there is no largest.  x [0,3] is reduced to [3].");
    EXPECT_EQ(max(Tensor::zeros({0, 3}), {1}).shape(), Shape{0});
}

TEST(Reductions, RefuseAxesThatDoNotExistOrComeTwice) {
    EXPECT_EQ(refusal_of([] { sum(shuffled, {2}); }),
              "sum: axis 2 does not exist in [2,3].  Axes run from 0 to 1, or from -1 backwards.");
    EXPECT_EQ(refusal_of([] { mean(shuffled, {0, -2}); }), "mean: axis -2 of [2,3] is named twice.");
    EXPECT_EQ(refusal_of([] { max(shuffled, {1, 1}); }), "max: axis 1 of [2,3] is named twice.");
}

}  // namespace
}  // namespace deepen
