#include <gtest/gtest.h>

#include <cmath>

#include "engine/error.h"
#include "engine/ops.h"

namespace deepen {
namespace {

const Tensor four_by_four({1, 4, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});

TEST(MaxPool2d, TakesTheLargestOfEachWindow) {
    EXPECT_EQ(max_pool2d(four_by_four, {.kernel = 2}).values(), (std::vector<Real>{6, 8, 14, 16}));
    EXPECT_EQ(max_pool2d(four_by_four, {.kernel = 3, .stride = 2, .padding = 1}).values(),
              (std::vector<Real>{6, 8, 14, 16}));
}

TEST(MaxPool2d, PaddingIsNeverTheMaximum) {
    EXPECT_EQ(max_pool2d(Tensor({1, 1, 1, 1}, {-5}), {.kernel = 3, .stride = 1, .padding = 1}).item(), -5);
}

TEST(MaxPool2d, SendsTheGradientToTheFirstOfEquals) {
    Tensor x = variable(Tensor({1, 2, 2, 1}, {7, 7, 7, 1}));
    max_pool2d(x, {.kernel = 2}).backward(Tensor({1, 1, 1, 1}, {3}));
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{3, 0, 0, 0}));
}

TEST(MaxPool2d, DoesNotHideANaN) {
    Tensor x({1, 2, 2, 1}, {1, Real(std::nan("")), 9, 2});
    EXPECT_TRUE(std::isnan(max_pool2d(x, {.kernel = 2}).item()));
}

TEST(AveragePool2d, CountsPaddingAsZeros) {
    EXPECT_EQ(average_pool2d(four_by_four, {.kernel = 2}).values(), (std::vector<Real>{3.5, 5.5, 11.5, 13.5}));
    EXPECT_NEAR(average_pool2d(Tensor({1, 1, 1, 1}, {9}), {.kernel = 3, .stride = 1, .padding = 1}).item(), 1, 1e-6);
}

TEST(GlobalAveragePool, IsTheMeanOfEachChannel) {
    const Tensor x({1, 1, 2, 2}, {1, 10, 3, 30});
    const Tensor y = global_average_pool(x);
    EXPECT_EQ(y.shape(), (Shape{1, 2}));
    EXPECT_EQ(y.values(), (std::vector<Real>{2, 20}));
}

TEST(Pooling, RefusesWhatDoesNotFit) {
    EXPECT_THROW(max_pool2d(four_by_four, {.kernel = 5}), Error);
    EXPECT_THROW(max_pool2d(four_by_four, {.kernel = 2, .padding = 2}), Error);
    EXPECT_THROW(average_pool2d(Tensor::zeros({4, 4}), {.kernel = 2}), Error);
    EXPECT_THROW(global_average_pool(Tensor::zeros({4, 4})), Error);
    EXPECT_THROW(max_pool2d(Tensor::zeros({1, 0, 8, 3}), {.kernel = 2, .padding = 1}), Error);
}

}  // namespace
}  // namespace deepen
