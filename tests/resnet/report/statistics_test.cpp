#include "resnet/report/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace deepen {
namespace {

// Tables of Student's t have these for 95 % on both sides (p = 0.975), and these for 99 %.
TEST(Student, QuantilesAreThoseOfTheTables) {
    const struct {
        double freedom, t975, t995;
    } table[] = {{1, 12.706, 63.657}, {2, 4.303, 9.925},  {3, 3.182, 5.841},   {4, 2.776, 4.604},  {5, 2.571, 4.032},
                 {10, 2.228, 3.169},  {20, 2.086, 2.845}, {30, 2.042, 2.750}, {120, 1.980, 2.617}, {1e6, 1.960, 2.576}};
    for (const auto& row : table) {
        EXPECT_NEAR(student_quantile(0.975, row.freedom), row.t975, 5e-4) << row.freedom;
        EXPECT_NEAR(student_quantile(0.995, row.freedom), row.t995, 5e-4) << row.freedom;
        EXPECT_EQ(student_quantile(0.025, row.freedom), -student_quantile(0.975, row.freedom));
    }
}

// One degree of freedom is Cauchy's distribution, two have a closed form as well.
TEST(Student, DistributionIsExactWhereThereIsAFormula) {
    for (double x : {-40.0, -1.0, -0.01, 0.0, 0.3, 1.0, 5.0, 1e4}) {
        EXPECT_NEAR(student_cdf(x, 1), 0.5 + std::atan(x) / M_PI, 1e-13) << x;
        EXPECT_NEAR(student_cdf(x, 2), 0.5 + x / (2 * std::sqrt(2 + x * x)), 1e-13) << x;
        EXPECT_NEAR(student_cdf(x, 1e7), 0.5 * std::erfc(-x / std::sqrt(2)), 1e-7) << x;
    }
}

TEST(Student, QuantileUndoesTheDistributionForBrokenDegreesOfFreedom) {
    for (double freedom : {1.0, 1.47, 2.9, 17.3})
        for (double p : {0.001, 0.025, 0.5, 0.8, 0.975, 0.9999})
            EXPECT_NEAR(student_cdf(student_quantile(p, freedom), freedom), p, 1e-12) << freedom << " " << p;
}

TEST(IncompleteBeta, IsSymmetricAndAPolynomialForWholeNumbers) {
    for (double x : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        EXPECT_NEAR(incomplete_beta(1, 1, x), x, 1e-14);
        EXPECT_NEAR(incomplete_beta(2, 3, x), x * x * (6 - 8 * x + 3 * x * x), 1e-14);
        EXPECT_NEAR(incomplete_beta(0.7, 40, x), 1 - incomplete_beta(40, 0.7, 1 - x), 1e-13);
    }
}

TEST(Median, IsTheMiddleOneOrTheMeanOfTwo) {
    EXPECT_EQ(median({3}), 3);
    EXPECT_EQ(median({5, 1, 4}), 4);
    EXPECT_EQ(median({40, 10, 30, 20}), 25);
    EXPECT_EQ(median({4, 1}), 2.5);
    EXPECT_EQ(median({}), 0);
}

// Student's own data (1908): hours of sleep gained by ten people with two drugs.  R's t.test(extra ~ group, sleep)
// prints t = -1.8608, df = 17.776, and the interval -3.3654832 to 0.2054832.
TEST(Contrast, OfTwoNetsIsWelchsInterval) {
    const Contrast c = contrast({{1, {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}},
                                 {-1, {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}}});
    EXPECT_NEAR(c.effect / c.standard_error, -1.8608, 5e-5);
    EXPECT_NEAR(c.freedom, 17.776, 5e-4);
    EXPECT_NEAR(c.interval.low, -3.3654832, 5e-8);
    EXPECT_NEAR(c.interval.high, 0.2054832, 5e-8);
    EXPECT_TRUE(c.interval.contains(0));
}

// Four nets that scatter equally with n seeds each: variance 4 s^2 / n, degrees of freedom 4 (n - 1).
TEST(Contrast, OfFourNetsIsTheIntervalOfAnInteraction) {
    const Contrast c = contrast({{1, {70, 71, 72}}, {-1, {40, 41, 42}}, {-1, {30, 31, 32}}, {1, {20, 21, 22}}});
    EXPECT_NEAR(c.effect, 20, 1e-12);
    EXPECT_NEAR(c.standard_error, std::sqrt(4.0 / 3), 1e-12);
    EXPECT_NEAR(c.freedom, 8, 1e-12);
    EXPECT_NEAR(c.interval.low, 20 - 2.306 * std::sqrt(4.0 / 3), 1e-3);
}

TEST(Contrast, KnowsNothingOfChanceFromOneSeed) {
    const Contrast c = contrast({{1, {70}}, {-1, {40, 41, 42}}});
    EXPECT_NEAR(c.effect, 29, 1e-12);
    EXPECT_TRUE(std::isnan(c.standard_error));
    EXPECT_EQ(c.interval.high, INFINITY);
    EXPECT_TRUE(c.interval.contains(0));
}

TEST(Contrast, IsAPointWhereNothingScatters) {
    const Contrast c = contrast({{1, {70, 70}}, {-1, {40, 40}}});
    EXPECT_EQ(c.interval.low, 30);
    EXPECT_EQ(c.interval.high, 30);
    EXPECT_EQ(c.freedom, 2);
}

}  // namespace
}  // namespace deepen
