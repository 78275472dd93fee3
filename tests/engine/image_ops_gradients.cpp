// Gradient checks of the ops on pictures: every element, axes of different lengths.
#include <gtest/gtest.h>

#include "engine/gradcheck.h"
#include "engine/ops.h"

namespace deepen {
namespace {

void expect_gradients(const TensorFunction& f, std::vector<Tensor> inputs) {
    const GradientReport report = check_gradients(f, std::move(inputs));
    EXPECT_TRUE(report.ok) << report.message;
}

TEST(Conv2dGradients, HoldForEveryAlgorithmStrideAndPadding) {
    for (ConvAlgorithm id : {ConvAlgorithm::reference, ConvAlgorithm::im2col, ConvAlgorithm::automatic})
        for (Index stride : {1, 2, 3})
            for (Index padding : {0, 1, 2})
                expect_gradients(
                    [=](auto& in) {
                        return conv2d(in[0], in[1], in[2], {.stride = stride, .padding = padding, .algorithm = id});
                    },
                    {random_tensor({2, 5, 4, 3}, 1), random_tensor({3, 2, 3, 4}, 2), random_tensor({4}, 3)});
}

TEST(Conv2dGradients, HoldForOneByOne) {
    expect_gradients([](auto& in) { return conv2d(in[0], in[1], {}, {.algorithm = ConvAlgorithm::pointwise}); },
                     {random_tensor({2, 3, 4, 5}, 1), random_tensor({1, 1, 5, 3}, 2)});
}

TEST(BatchNormGradients, HoldInTraining) {
    expect_gradients(
        [](auto& in) { return batch_norm(in[0], in[1], in[2], Tensor::zeros({3}), Tensor::ones({3}), {}); },
        {random_tensor({3, 2, 4, 3}, 1), random_tensor({3}, 2, 0.5, 2), random_tensor({3}, 3)});
}

TEST(BatchNormGradients, HoldInEvaluation) {
    const Tensor mean = random_tensor({3}, 4), variance = random_tensor({3}, 5, 0.5, 2);
    expect_gradients([=](auto& in) { return batch_norm(in[0], in[1], in[2], mean, variance, {.training = false}); },
                     {random_tensor({3, 2, 4, 3}, 1), random_tensor({3}, 2, 0.5, 2), random_tensor({3}, 3)});
}

TEST(BatchNormGradients, HoldWithShortcutAndRelu) {
    for (bool training : {true, false})
        for (bool with_shortcut : {true, false})
            expect_gradients(
                [=](auto& in) {
                    BatchNormOptions o{.training = training, .relu = true};
                    if (with_shortcut) o.shortcut = in[3];
                    return batch_norm(in[0], in[1], in[2], Tensor::zeros({3}), Tensor::ones({3}), o);
                },
                {random_tensor({3, 2, 4, 3}, 1), random_tensor({3}, 2, 0.5, 2), random_tensor({3}, 3),
                 random_tensor({3, 2, 4, 3}, 4)});
}

TEST(PoolingGradients, Hold) {
    const Tensor x = random_tensor({2, 6, 5, 3}, 6);
    expect_gradients([](auto& in) { return max_pool2d(in[0], {.kernel = 2}); }, {x});
    expect_gradients([](auto& in) { return max_pool2d(in[0], {.kernel = 3, .stride = 2, .padding = 1}); }, {x});
    expect_gradients([](auto& in) { return average_pool2d(in[0], {.kernel = 3, .stride = 2, .padding = 1}); }, {x});
    expect_gradients([](auto& in) { return global_average_pool(in[0]); }, {x});
}

}  // namespace
}  // namespace deepen
