#include "resnet/training/confusion.h"

#include <gtest/gtest.h>

#include "resnet/training/evaluation.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Confusion, CountsAnswersByTruth) {
    Confusion c(3);
    const Tensor logits({4, 3}, {3, 1, 2, 0, 5, 5, 1, 2, 9, 7, 1, 1});
    c.add(logits, std::vector{0, 2, 2, 1});
    EXPECT_EQ(c.answers(0), (std::map<Index, Index>{{0, 1}}));
    EXPECT_EQ(c.answers(1), (std::map<Index, Index>{{0, 1}}));
    EXPECT_EQ(c.answers(2), (std::map<Index, Index>{{1, 1}, {2, 1}})) << "of equal logits, the first is the answer";
    EXPECT_EQ(c.pictures(2), 2);
    EXPECT_EQ(c.errors(0) + c.errors(1) + c.errors(2), count_errors(logits, std::vector{0, 2, 2, 1}));
}

TEST(Confusion, CountsTruthsBeyondTheFifthPlace) {
    Confusion c(7);
    const std::vector<Real> falling = {7, 6, 5, 4, 3, 2, 1};
    for (int truth = 0; truth < 7; ++truth) c.add(Tensor({1, 7}, falling), std::vector{truth});
    EXPECT_EQ(c.top5_errors(), 2);
    c.add(Tensor({1, 7}, std::vector<Real>(7, 1)), std::vector{5});
    EXPECT_EQ(c.top5_errors(), 3) << "of equal logits, the first come first";
}

TEST(Confusion, RefusesLogitsOfOtherClasses) {
    Confusion c(3);
    EXPECT_NE(refusal_of([&] { c.add(Tensor::zeros({1, 4}), std::vector{0}); }), nothing_refused);
}

}  // namespace
}  // namespace deepen
