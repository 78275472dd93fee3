#include <gtest/gtest.h>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

using Values = std::vector<Real>;

const Tensor six({2, 3}, {1, 2, 3, 4, 5, 6});

TEST(Reshape, MovesNoNumbers) {
    Tensor x = variable(six.clone());
    Tensor y = reshape(x, {3, 2});
    EXPECT_EQ(y.values(), six.values());
    EXPECT_EQ(y.data().data(), x.data().data());
    const Tensor dy({3, 2}, {1, 2, 3, 4, 5, 6});
    y.backward(dy);
    EXPECT_EQ(x.grad().shape(), (Shape{2, 3}));
    EXPECT_EQ(x.grad().values(), dy.values());
}

TEST(Reshape, RefusesAnotherSize) {
    EXPECT_EQ(refusal_of([] { reshape(six, {4}); }), "reshape: [2,3] has 6 elements and [4] has 4.");
}

TEST(Flatten, KeepsTheFirstAxis) {
    EXPECT_EQ(flatten(Tensor::zeros({5, 2, 3, 4})).shape(), (Shape{5, 24}));
    EXPECT_EQ(flatten(Tensor::zeros({5})).shape(), (Shape{5, 1}));
    EXPECT_EQ(flatten(Tensor::zeros({0, 2, 3})).shape(), (Shape{0, 6}));
    EXPECT_EQ(refusal_of([] { flatten(Tensor(1)); }),
              "flatten: a scalar has no first axis to keep.  Try reshape to [1,1].");
}

TEST(Transpose, ExchangesRowsAndColumns) {
    EXPECT_EQ(transpose(six).values(), (Values{1, 4, 2, 5, 3, 6}));
    EXPECT_EQ(transpose(six).shape(), (Shape{3, 2}));
    EXPECT_EQ(transpose(six, {0, 1}).values(), six.values());
    EXPECT_EQ(transpose(Tensor(3)).item(), 3);
}

TEST(Transpose, PutsAxisOrderIAtI) {
    const Tensor x = random_tensor({2, 3, 4, 5});
    const Tensor y = transpose(x, {3, 0, -2, 1});        // OIHW to HWIO is such a cycle
    EXPECT_EQ(y.shape(), (Shape{5, 2, 4, 3}));
    for (Index a = 0; a < 2; ++a)
        for (Index b = 0; b < 3; ++b)
            for (Index c = 0; c < 4; ++c)
                for (Index d = 0; d < 5; ++d) ASSERT_EQ(y.at({d, a, c, b}), x.at({a, b, c, d}));
}

TEST(Transpose, UndoesItselfAlsoWhereWorkIsCutIntoChunks) {
    const Tensor x = random_tensor({131, 17, 23});
    EXPECT_EQ(transpose(transpose(x, {1, 2, 0}), {2, 0, 1}).values(), x.values());
}

TEST(Transpose, RefusesWhatIsNoOrder) {
    EXPECT_EQ(refusal_of([] { transpose(six, {0}); }),
              "transpose: 1 axes are named for [2,3], which has 2.  Name each once, or none to reverse them.");
    EXPECT_EQ(refusal_of([] { transpose(six, {1, -1}); }),
              "transpose: axis 1 of [2,3] is named twice.  Name each once.");
    EXPECT_EQ(refusal_of([] { transpose(six, {0, 2}); }),
              "transpose: axis 2 does not exist in [2,3].  Axes run from 0 to 1, or from -1 backwards.");
}

TEST(Slice, TakesEveryStepFromBeginToBeforeEnd) {
    EXPECT_EQ(slice(six, {{1, 2}}).values(), (Values{4, 5, 6}));
    EXPECT_EQ(slice(six, {{}, {1, 3}}).values(), (Values{2, 3, 5, 6}));
    EXPECT_EQ(slice(six, {{}, {.step = 2}}).values(), (Values{1, 3, 4, 6}));
    EXPECT_EQ(slice(six, {{}, {.begin = 1, .step = 2}}).values(), (Values{2, 5}));
    EXPECT_EQ(slice(six, {}).values(), six.values());
    EXPECT_EQ(slice(six, {{}, {3, 3}}).shape(), (Shape{2, 0}));
    EXPECT_EQ(slice(Tensor::zeros({8, 32, 32, 16}), {{}, {.step = 2}, {.step = 2}}).shape(), (Shape{8, 16, 16, 16}));
}

TEST(Slice, RefusesRangesOutsideTheAxis) {
    EXPECT_EQ(refusal_of([] { slice(six, {{0, 3}}); }),
              "slice: range 0 to 3 does not lie in axis 0 of [2,3].  0 <= begin <= end <= 2 must hold; end -1 "
              "means 2.");
    EXPECT_NE(refusal_of([] { slice(six, {{}, {2, 1}}); }).find("range 2 to 1 does not lie in axis 1"),
              std::string::npos);
    EXPECT_NE(refusal_of([] { slice(six, {{-1, 1}}); }).find("range -1 to 1"), std::string::npos);
    EXPECT_EQ(refusal_of([] { slice(six, {{0, 2, 0}}); }),
              "slice: step 0 along axis 0 of [2,3]; it must be at least 1.");
    EXPECT_EQ(refusal_of([] { slice(six, {{}, {}, {}}); }),
              "slice: 3 ranges are given for [2,3], which has 2 axes.  Give one an axis; missing ones are taken "
              "whole.");
}

TEST(Pad, PutsAMarginAround) {
    EXPECT_EQ(pad(six, {{1, 0}, {0, 1}}, 9).values(), (Values{9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6, 9}));
    EXPECT_EQ(pad(six, {{0, 1}}).values(), (Values{1, 2, 3, 4, 5, 6, 0, 0, 0}));
    EXPECT_EQ(pad(Tensor::zeros({0, 2}), {{1, 1}}, 3).values(), Values(4, 3));
}

TEST(Pad, IsUndoneBySlice) {
    const Tensor x = random_tensor({3, 4, 5});
    EXPECT_EQ(slice(pad(x, {{2, 1}, {}, {3, 4}}), {{2, 5}, {}, {3, 8}}).values(), x.values());
}

TEST(Pad, RefusesNegativeMargins) {
    EXPECT_EQ(refusal_of([] { pad(six, {{0, 0}, {-1, 2}}); }),
              "pad: -1 before and 2 after along axis 1 of [2,3]; neither may be negative.  Try slice() to cut off.");
    EXPECT_EQ(refusal_of([] { pad(six, {{}, {}, {}}); }),
              "pad: 3 paddings are given for [2,3], which has 2 axes.  Give one an axis; missing ones are not padded.");
}

TEST(Concatenate, PutsPartsSideBySide) {
    const Tensor two({2, 1}, {7, 8}), row({1, 3}, {7, 8, 9});
    EXPECT_EQ(concatenate({six, two}, 1).values(), (Values{1, 2, 3, 7, 4, 5, 6, 8}));
    EXPECT_EQ(concatenate({row, six}, 0).values(), (Values{7, 8, 9, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(concatenate({six, six, six}, -1).shape(), (Shape{2, 9}));
    EXPECT_EQ(concatenate({six, Tensor::zeros({0, 3})}, 0).values(), six.values());
}

TEST(Concatenate, AddsUpWhereAPartIsUsedTwice) {
    Tensor x = variable(Tensor::zeros({2}));
    concatenate({x, x}, 0).backward(Tensor({4}, {1, 2, 30, 40}));
    EXPECT_EQ(x.grad().values(), (Values{31, 42}));
}

TEST(Concatenate, RefusesPartsThatDoNotMatch) {
    EXPECT_EQ(refusal_of([] { concatenate({six, Tensor::zeros({3, 3})}, 1); }),
              "concatenate: part 1 has shape [3,3], part 0 [2,3]; all but axis 1 must agree.");
    EXPECT_EQ(refusal_of([] { concatenate({six, Tensor::zeros({2})}, 0); }),
              "concatenate: part 1 has shape [2], part 0 [2,3]; all but axis 0 must agree.");
    EXPECT_EQ(refusal_of([] { concatenate({}, 0); }), "concatenate: no parts are given.  Give at least one.");
    EXPECT_EQ(refusal_of([] { concatenate({Tensor(1)}, 0); }),
              "concatenate: axis 0 does not exist in [], which is a scalar.");
}

TEST(Subsample, IsASliceThatIsPadded) {
    const Tensor x = random_tensor({2, 5, 4, 3}, 1), dy = random_tensor({2, 3, 2, 7}, 2);
    const auto run = [&](auto op) {
        Tensor v = variable(x);
        Tensor y = op(v);
        y.backward(dy);
        return std::pair{y.values(), v.grad().values()};
    };
    EXPECT_EQ(run([](const Tensor& v) { return subsample(v, 2, 7); }), run([](const Tensor& v) {
                  return pad(slice(v, {{}, {.step = 2}, {.step = 2}}), {{}, {}, {}, {.after = 4}});
              }));
}

TEST(Subsample, RefusesToDropChannels) {
    EXPECT_NE(refusal_of([] {
                  subsample(Tensor::zeros({1, 4, 4, 3}), 2, 2);
              }).find("the channels at least 3"),
              std::string::npos);
}

}  // namespace
}  // namespace deepen
