#include <gtest/gtest.h>

#include <cmath>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

std::vector<int> labels_for(Index count, Index classes) {
    std::vector<int> labels;
    for (Index i = 0; i < count; ++i) labels.push_back(static_cast<int>(i * 7 % classes));
    return labels;
}

TEST(Softmax, HasItsKnownValues) {
    const Tensor y = softmax(Tensor({2, 3}, {1, 2, 3, 0, 0, 0}));
    const double expected[] = {0.09003057, 0.24472847, 0.66524096, 1.0 / 3, 1.0 / 3, 1.0 / 3};
    for (Index i = 0; i < 6; ++i) EXPECT_NEAR(y.data()[i], expected[i], 1e-6);
}

TEST(Softmax, RowsSumToOneAlsoWhereWorkIsCutIntoChunks) {
    const Tensor y = softmax(random_tensor({30, 20, 10}, 1, -5, 5)), total = sum(y, {-1});
    EXPECT_EQ(total.shape(), (Shape{30, 20}));
    for (Real t : total.data()) EXPECT_NEAR(t, 1, 1e-6);
}

TEST(Softmax, SurvivesLogitsOfTenThousand) {
    EXPECT_EQ(softmax(Tensor({3}, {1e4, 0, -1e4})).values(), (std::vector<Real>{1, 0, 0}));
    const Tensor y = softmax(Tensor({2}, {10001, 10000}));
    EXPECT_NEAR(y.at({0}), 0.7310586, 1e-6);
    EXPECT_EQ(log_softmax(Tensor({3}, {1e4, 0, -1e4})).values(), (std::vector<Real>{0, -1e4, -2e4}));
    EXPECT_NEAR(cross_entropy(Tensor({1, 2}, {10000, 10001}), std::vector{0}).item(), 1.3132617, 1e-6);
    EXPECT_EQ(cross_entropy(Tensor({1, 2}, {-1e4, 1e4}), std::vector{0}).item(), Real(2e4));
}

TEST(Softmax, IgnoresANumberAddedToAllScores) {
    const Tensor x = random_tensor({4, 5});
    const Tensor y = softmax(x), shifted = softmax(x + 3);
    for (Index i = 0; i < y.size(); ++i) EXPECT_NEAR(y.data()[i], shifted.data()[i], 1e-6);
}

TEST(Softmax, AndItsLogarithmRefuseScalars) {
    EXPECT_EQ(refusal_of([] { softmax(1); }),
              "softmax: a scalar has no axis of classes.  x needs shape [...,classes].");
    EXPECT_EQ(refusal_of([] { log_softmax(1); }),
              "log_softmax: a scalar has no axis of classes.  x needs shape [...,classes].");
}

TEST(Softmax, OfNoRowsIsNoRows) {
    EXPECT_EQ(softmax(Tensor::zeros({0, 10})).shape(), (Shape{0, 10}));
    EXPECT_EQ(softmax(Tensor::zeros({3, 0})).shape(), (Shape{3, 0}));
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmax) {
    const Tensor x = random_tensor({4, 5}, 1, -3, 3);
    const Tensor y = log_softmax(x), expected = log(softmax(x));
    for (Index i = 0; i < y.size(); ++i) EXPECT_NEAR(y.data()[i], expected.data()[i], 1e-5);
}

TEST(CrossEntropy, OfANetThatKnowsNothingIsTheLogarithmOfTheClasses) {
    EXPECT_NEAR(cross_entropy(Tensor::zeros({7, 10}), labels_for(7, 10)).item(), 2.3025851, 1e-6);
}

TEST(CrossEntropy, IsTheMeanNegativeLogarithmOfTheLabelsProbability) {
    const Tensor x = random_tensor({50, 100}, 1, -4, 4), y = log_softmax(x);
    const std::vector<int> labels = labels_for(50, 100);
    double expected = 0;
    for (Index n = 0; n < 50; ++n) expected -= y.at({n, labels[n]}) / 50;
    EXPECT_NEAR(cross_entropy(x, labels).item(), expected, 1e-5);
}

TEST(CrossEntropy, HasGradientsOfProbabilityLessTruthThatSumToZero) {
    Tensor x = variable(random_tensor({300, 100}, 1, -4, 4));
    const std::vector<int> labels = labels_for(300, 100);
    cross_entropy(x, labels).backward();
    const Tensor p = softmax(x.detach()), row_sums = sum(x.grad(), {1});
    for (Index n = 0; n < 300; ++n) {
        EXPECT_NEAR(row_sums.at({n}), 0, 1e-8);
        for (Index k = 0; k < 100; ++k)
            ASSERT_NEAR(x.grad().at({n, k}), (p.at({n, k}) - (k == labels[n])) / 300, 1e-8);
    }
}

TEST(CrossEntropy, KeepsItsOwnCopyOfTheLabels) {
    Tensor x = variable(Tensor::zeros({1, 2}));
    std::vector<int> labels{0};
    Tensor loss = cross_entropy(x, labels);
    labels[0] = 1;
    loss.backward();
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{-0.5, 0.5}));
}

TEST(CrossEntropy, RefusesLabelsThatDoNotFit) {
    const Tensor x = Tensor::zeros({2, 10});
    EXPECT_EQ(refusal_of([&] { cross_entropy(x, std::vector{3, 10}); }),
              "cross_entropy: label 10 of row 1 is not a class of logits [2,10] (N,classes).  Labels run from 0 to 9.");
    EXPECT_NE(refusal_of([&] { cross_entropy(x, std::vector{-1, 0}); }).find("label -1 of row 0"), std::string::npos);
    EXPECT_EQ(refusal_of([&] { cross_entropy(x, std::vector{1, 2, 3}); }),
              "cross_entropy: 3 labels for logits [2,10] (N,classes); there must be one per row, 2.");
    EXPECT_EQ(refusal_of([] { cross_entropy(Tensor::zeros({0, 10}), {}); }),
              "cross_entropy: the batch is empty, logits [0,10] (N,classes); its mean would be 0 / 0.");
    EXPECT_EQ(refusal_of([] { cross_entropy(Tensor::zeros({10}), std::vector{1}); }),
              "cross_entropy: logits need two axes, (N,classes); they have shape [10].");
}

}  // namespace
}  // namespace deepen
