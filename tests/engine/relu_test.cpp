#include <gtest/gtest.h>

#include "engine/ops.h"

namespace deepen {
namespace {

TEST(Relu, PassesThePositiveAndItsGradientOnly) {
    Tensor x = variable(Tensor({4}, {-2, 0, 1, 3}));
    Tensor y = relu(x);
    EXPECT_EQ(y.values(), (std::vector<Real>{0, 0, 1, 3}));
    y.backward(Tensor({4}, {10, 20, 30, 40}));
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{0, 0, 30, 40}));
}

}  // namespace
}  // namespace deepen
