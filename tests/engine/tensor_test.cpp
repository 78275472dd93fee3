#include <gtest/gtest.h>

#include <cstdint>

#include "engine/tensor.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Tensor, ReadsItsNumbersRowByRow) {
    const Tensor t({2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_EQ(t.at({0, 2}), 3);
    EXPECT_EQ(t.at({1, 0}), 4);
    EXPECT_EQ(Tensor(7).item(), 7);
    EXPECT_EQ(Tensor(7).rank(), 0);
    EXPECT_EQ(Tensor::ones({2, 2}).values(), std::vector<Real>(4, 1));
}

TEST(Tensor, IsAHandleWhoseCopiesShareTheNumbers) {
    Tensor t = Tensor::zeros({2});
    Tensor same = t, view = t.viewed_as({2, 1}), own = t.clone();
    t.data()[1] = 5;
    EXPECT_EQ(same.at({1}), 5);
    EXPECT_EQ(view.at({1, 0}), 5);
    EXPECT_EQ(own.at({1}), 0);
}

TEST(Tensor, KeepsItsNumbersOnCacheLines) {
    for (const Index size : {1, 3, 17, 1000})
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor::zeros({size}).data().data()) % 64, 0u);
}

TEST(Tensor, RefusesNumbersThatDoNotFillItsShape) {
    EXPECT_EQ(refusal_of([] { Tensor({2, 2}, {1, 2, 3}); }),
              "tensor: 3 values given for shape [2,2], which has 4 elements.");
    EXPECT_EQ(refusal_of([] { Tensor::zeros({2, 3}).viewed_as({4}); }),
              "reshape: [2,3] has 6 elements and [4] has 4.");
    EXPECT_EQ(refusal_of([] { (void)Tensor().viewed_as({}); }), "reshape: the tensor holds nothing.");
}

TEST(Tensor, RefusesPositionsItDoesNotHave) {
    const Tensor t = Tensor::zeros({2, 3});
    EXPECT_EQ(refusal_of([&] { (void)t.at({0, 3}); }), "at: position 3 is outside axis 1 of [2,3].");
    EXPECT_EQ(refusal_of([&] { (void)t.at({0}); }), "at: 1 positions given for shape [2,3].");
    EXPECT_EQ(refusal_of([&] { (void)t.item(); }),
              "item: the tensor has shape [2,3]; item() wants exactly one element.");
    EXPECT_EQ(refusal_of([] { (void)Tensor().values(); }), "tensor: data asked of a tensor that holds nothing.");
}

}  // namespace
}  // namespace deepen
