// Gradient checks of the ops on pictures: every element, axes of different lengths.
#include <gtest/gtest.h>

#include <map>

#include "engine/conv/algorithm.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"

namespace deepen {
namespace {

void expect_gradients(const TensorFunction& f, std::vector<Tensor> inputs) {
    const GradientReport report = check_gradients(f, std::move(inputs));
    EXPECT_TRUE(report.ok) << report.message;
}

// With small maps for those that take any, one by one for pointwise, tiles for Winograd, and lines for direct.
TEST(Conv2dGradients, HoldForEveryAlgorithmStrideAndPadding) {
    const std::pair<Shape, Shape> shapes[] = {{{2, 5, 4, 3}, {3, 2, 3, 4}},
                                              {{2, 3, 4, 5}, {1, 1, 5, 3}},
                                              {{1, 6, 7, 8}, {3, 3, 8, 9}},
                                              {{1, 3, 28, 2}, {3, 2, 2, 3}}};
    std::map<std::string, int> checked;
    for (const auto& [x, w] : shapes)
        for (const Index stride : {1, 2, 3})
            for (const Index padding : {0, 1, 2}) {
                const ConvGeometry g = conv_geometry(x, w, {.stride = stride, .padding = padding});
                for (const ConvolutionAlgorithm* a : {&reference_convolution, &im2col_convolution,
                                                      &pointwise_convolution, &winograd_convolution,
                                                      &direct_convolution}) {
                    if (!a->suits(g)) continue;
                    SCOPED_TRACE(a->name);
                    expect_gradients(
                        [=](auto& in) {
                            return conv2d(in[0], in[1], in[2],
                                          {.stride = stride, .padding = padding, .algorithm = a->id});
                        },
                        {random_tensor(x, 1), random_tensor(w, 2), random_tensor({w[3]}, 3)});
                    ++checked[a->name];
                }
            }
    const std::map<std::string, int> at_least{
        {"reference", 9}, {"im2col", 9}, {"pointwise", 1}, {"winograd", 3}, {"direct", 9}};
    for (const auto& [name, count] : at_least) EXPECT_GE(checked[name], count) << name;
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
                    const Tensor y = batch_norm(in[0], in[1], in[2], Tensor::zeros({3}), Tensor::ones({3}),
                                                {.training = training});
                    return relu(with_shortcut ? y + in[3] : y + in[3] * Tensor(0));
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
