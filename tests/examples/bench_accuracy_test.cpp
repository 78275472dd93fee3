// Does the bench measure errors as they are, and are they as small as the documents say?
#include "examples/common/bench_accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/conv/algorithm.h"
#include "layers/layers.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

constexpr double unit = std::numeric_limits<Real>::epsilon();

TEST(Accuracy, OfNumbersIsTheirDistanceFromExactOnes) {
    const std::vector<Real> got{3, 4.5, -8};
    const Errors e = errors_of(got, {3, 4, -10});
    EXPECT_DOUBLE_EQ(e.relative, std::sqrt((0.25 + 4) / (9 + 16 + 100)));
    EXPECT_DOUBLE_EQ(e.largest, 0.2);
    EXPECT_EQ(errors_of(got, {3, 4.5, -8}).relative, 0);
    EXPECT_TRUE(std::isnan(errors_of(std::vector<Real>{NAN}, {1}).relative));
}

// In the double build the measure errs as im2col does: the bounds have room for both, and where BLAS happens to add
// in the order of the loops, as on some processors, no difference is left.
TEST(Accuracy, OfWinogradIsADigitLessThanOfDirectSummation) {
    const ConvGeometry g = conv_geometry({4, 16, 16, 32}, {3, 3, 32, 32}, {.padding = 1});
    const ExactConvolution exact(g, 1);
    const ExactConvolution::Passes reference = exact.errors(ConvAlgorithm::reference),
                                   winograd = exact.errors(ConvAlgorithm::winograd),
                                   im2col = exact.errors(ConvAlgorithm::im2col);
    for (const auto pass : {&ExactConvolution::Passes::forward, &ExactConvolution::Passes::data_gradient,
                            &ExactConvolution::Passes::weight_gradient}) {
        EXPECT_LE((reference.*pass).relative, unit / 2);
        if (sizeof(Real) == 4) { EXPECT_GT((im2col.*pass).relative, 0); }
        EXPECT_LT((im2col.*pass).relative, 8 * unit);
        EXPECT_GT((winograd.*pass).relative, 2 * (im2col.*pass).relative);
        EXPECT_LT((winograd.*pass).relative, 25 * unit);
        EXPECT_GT((winograd.*pass).largest, (im2col.*pass).largest);
        EXPECT_LT((winograd.*pass).largest, 100 * unit);
    }
}

TEST(Accuracy, OfAnAlgorithmThatDoesNotSuitIsRefused) {
    const ExactConvolution strided(conv_geometry({1, 8, 8, 8}, {3, 3, 8, 8}, {.stride = 2, .padding = 1}), 1);
    EXPECT_NE(refusal_of([&] { strided.errors(ConvAlgorithm::winograd); }).find("does not suit"), std::string::npos);
}

TEST(Accuracy, OfATwinIsOneUnitAtTheStart) {
    Linear a(20, 30), b(20, 30);
    initialise(a, 1), initialise(b, 1);
    EXPECT_EQ(weight_distance(a, b), 0);
    move_by_one_unit(a, 2);
    int up = 0, down = 0;
    for (Index i = 0; i < a.weight.size(); ++i) {
        const Real moved = a.weight.data()[i], before = b.weight.data()[i];
        (moved > before ? up : down) += 1;
        EXPECT_EQ(std::nextafter(before, moved), moved);
    }
    EXPECT_GT(up, 200);
    EXPECT_GT(down, 200);
    EXPECT_EQ(a.bias.values(), b.bias.values()) << "zeros stay";
    EXPECT_GT(weight_distance(a, b), unit / 4);
    EXPECT_LE(weight_distance(a, b), unit);
    for (Real& v : a.weight.data()) v *= 3;
    EXPECT_NEAR(weight_distance(a, b), 2, 1e-5);
}

TEST(Accuracy, OfTrainingIsToldAsTheRunsGo) {
    std::vector<Comparison> told;
    const OfEachRun errors = train_three(
        {.model = {.name = "resnet8", .width = 8}, .batch = 8, .iterations = 12, .train_count = 40, .test_count = 20},
        [&](const Comparison& s) { told.push_back(s); });
    ASSERT_EQ(told.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(told[i].iteration, (std::vector<Index>{1, 10, 12})[i]);

    const Comparison& first = told[0];
    EXPECT_NEAR(first.loss.automatic, first.loss.im2col, 100 * unit * first.loss.im2col);
    EXPECT_NEAR(first.loss.twin, first.loss.im2col, 100 * unit * first.loss.im2col);
    for (double apart : {first.automatic_apart, first.twin_apart}) {
        EXPECT_GT(apart, unit / 10);
        EXPECT_LT(apart, 1e4 * unit);
    }
    EXPECT_NE(told[2].automatic_apart, first.automatic_apart);
    for (double error : {errors.automatic, errors.im2col, errors.twin}) {
        EXPECT_GE(error, 0);
        EXPECT_LE(error, 1);
    }
}

}  // namespace
}  // namespace deepen
