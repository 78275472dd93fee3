// The three mechanisms of fusion.h, each seen to happen, and to change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/autograd.h"
#include "engine/conv/algorithm.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "engine/profile.h"
#include "tests/engine/fusion.h"

namespace deepen {
namespace {

struct Fused {
    Shape x, w;
    Index stride;
    ConvAlgorithm algorithm;
};

const std::vector<Fused> fused_cases = {
    {{5, 12, 9, 16}, {3, 3, 16, 16}, 1, ConvAlgorithm::winograd},
    {{40, 8, 8, 16}, {3, 3, 16, 16}, 1, ConvAlgorithm::winograd},
    {{5, 12, 9, 3}, {3, 3, 3, 20}, 2, ConvAlgorithm::direct},
    {{1, 8, 8, 24}, {3, 3, 24, 40}, 1, ConvAlgorithm::direct},
    {{5, 7, 7, 3}, {1, 1, 3, 20}, 1, ConvAlgorithm::direct},
    {{5, 12, 9, 3}, {3, 3, 3, 5}, 2, ConvAlgorithm::im2col},
    {{5, 12, 9, 3}, {1, 1, 3, 5}, 1, ConvAlgorithm::pointwise},
    {{5, 12, 9, 3}, {3, 3, 3, 5}, 2, ConvAlgorithm::reference},
};

ConvOptions options(const Fused& c) {
    return {.stride = c.stride, .padding = c.w[0] / 2, .algorithm = c.algorithm};
}

struct RandomNorm {
    Tensor scale, shift, mean, variance;
    explicit RandomNorm(Index c)
        : scale(variable(random_tensor({c}, 3, 0.5, 2))), shift(variable(random_tensor({c}, 4))),
          mean(random_tensor({c}, 5)), variance(random_tensor({c}, 6, 0.5, 2)) {}
    Tensor operator()(const Tensor& x, bool training) {
        return batch_norm(x, scale, shift, mean, variance, {.training = training});
    }
};

// A convolution reads it range by range: the same numbers, and the whole is never there.
TEST(Prologue, RunsInEveryConvolution) {
    for (const Fused& c : fused_cases) {
        std::atomic<Index> computed = 0;
        const Tensor numbers = random_tensor(c.x, 1);
        const Tensor copied = fusion::made("copy", c.x, {[&](Index begin, Index end, const Real*, Real* to) {
            std::copy(numbers.data().begin() + begin, numbers.data().begin() + end, to);
            computed += end - begin;
        }, {}, c.x[3]}, {});
        const auto run = [&](const Tensor& x) {
            Tensor w = variable(random_tensor(c.w, 2));
            Tensor y = conv2d(x, w, {}, options(c));
            y.backward(random_tensor(y.shape(), 3));
            return std::pair{y.values(), w.grad().values()};
        };
        EXPECT_EQ(run(copied), run(numbers)) << c.x << c.w;
        EXPECT_GE(computed, 2 * c.x.size()) << c.x << c.w;                // once forward, once backward
        EXPECT_TRUE(lazy(copied)) << c.x << c.w;
    }
}

// Gradients arrive, weights are updated, and still nobody has asked for all of y.
TEST(Prologue, KeepsMapsBetweenConvolutionsOutOfMemoryInATrainingStep) {
    Tensor w1 = variable(random_tensor({3, 3, 8, 8}, 1)), w2 = variable(random_tensor({3, 3, 8, 8}, 2));
    RandomNorm norm(8);
    const Tensor x = random_tensor({4, 9, 9, 8}, 3), y = relu(norm(conv2d(x, w1, {}, {.padding = 1}), true));
    sum(conv2d(y, w2, {}, {.padding = 1})).backward();
    for (Tensor* w : {&w1, &w2, &norm.scale, &norm.shift}) w->data()[0] += w->grad().data()[0];
    EXPECT_TRUE(lazy(y));
}

// Each element once, whole rows at a time, and only when it is final.
TEST(Epilogue, IsRunOnceOnEachRangeOfEveryConvolution) {
    for (const Fused& c : fused_cases)
        for (const bool backward : {false, true}) {
            const ConvGeometry g = conv_geometry(c.x, c.w, options(c));
            const Tensor x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
            const Shape y_shape{g.batch, g.out_height, g.out_width, g.out_channels};
            const Tensor dy = random_tensor(y_shape, 3);
            Tensor result = Tensor::uninitialised(backward ? c.x : y_shape);
            const Index row = result.shape()[3];
            std::vector<int> runs(result.size());
            std::vector<Real> seen(result.size());
            std::mutex mutex;
            const Output to{.data = result.data().data(),
                            .epilogue = {[&](Index begin, Index end, const Real* from, Real* at) {
                                const std::lock_guard lock(mutex);
                                EXPECT_EQ(from, at);
                                EXPECT_TRUE(begin % row == 0 && end % row == 0);
                                for (Index i = begin; i < end; ++i) ++runs.at(i), seen[i] = from[i - begin];
                            }}};
            const ConvolutionAlgorithm& algorithm = choose_convolution(g, c.algorithm);
            if (backward) algorithm.backward(g, x, w.data().data(), dy, to, nullptr);
            else algorithm.forward(g, x, w.data().data(), to);
            EXPECT_EQ(std::count(runs.begin(), runs.end(), 1), std::ssize(runs)) << c.x << c.w << backward;
            EXPECT_EQ(seen, result.values()) << c.x << c.w << backward;
        }
}

// In evaluation, the convolution computes a block's end as it goes.
TEST(Epilogue, TakesTheWholeEndOfABlock) {
    for (const Fused& c : fused_cases) {
        const ConvGeometry g = conv_geometry(c.x, c.w, options(c));
        const Tensor x = random_tensor(c.x, 1), w = random_tensor(c.w, 2), b = random_tensor({g.out_channels}, 7);
        const Tensor s = random_tensor({g.batch, g.out_height, g.out_width, g.out_channels}, 8);
        RandomNorm norm(g.out_channels);
        const auto run = [&](bool fused) {
            const WithFusion with(fused);
            const NoGrad off;
            return relu(norm(conv2d(x, w, b, options(c)), false) + s);
        };
        const std::vector<Real> expected = run(false).values();
        profile::start();
        EXPECT_EQ(run(true).values(), expected) << c.x << c.w;
        const std::string table = profile::table();
        EXPECT_NE(table.find("conv2d + bias + batch_norm + add + relu "), table.npos) << table;
    }
}

// What somebody else holds is not overwritten by what follows it.
TEST(Epilogue, LeavesAConvolutionAloneThatIsReadTwice) {
    const NoGrad off;
    const Tensor x = random_tensor({3, 8, 8, 8}, 1), w = random_tensor({3, 3, 8, 8}, 2);
    const std::vector<Real> expected = conv2d(x, w, {}, {.padding = 1}).values();
    const Tensor c = conv2d(x, w, {}, {.padding = 1}), positive = relu(c), negative = relu(-c);
    EXPECT_EQ((positive - negative).values(), expected);
    EXPECT_EQ(c.values(), expected);
    const Tensor d = conv2d(x, w, {}, {.padding = 1}), sum = relu(d) + d;
    for (Index i = 0; i < sum.size(); ++i)
        ASSERT_EQ(sum.data()[i], (expected[i] > 0 ? expected[i] : 0) + expected[i]);
}

// --- Note [Gradient hooks] --------------------------------------------------------------------------

TEST(GradientHook, SeesTheWholeGradientOnceItIsComplete) {
    Tensor x = variable(random_tensor({4, 8, 8, 16}, 1));
    const Tensor w = random_tensor({3, 3, 16, 16}, 2);
    std::vector<Real> seen(x.size());
    std::atomic<Index> count = 0;
    const auto watch = [&]() -> RangeFunction {
        return {[&](Index begin, Index end, const Real* dh, Real*) {
            std::copy(dh, dh + (end - begin), seen.begin() + begin);
            count += end - begin;
        }};
    };
    bool hooked = false;
    const Tensor h = record("watched", x.clone(), {x}, [&](Gradients& d) {
        hooked = d.hooked();
        d.give(0, d.output());
    }, {.make = watch});
    const Tensor a = conv2d(h, w, {}, {.padding = 1}), b = conv2d(h, w, {}, {.padding = 1});   // two read it
    sum(a + b).backward();
    EXPECT_TRUE(hooked);
    EXPECT_EQ(count, h.size());
    EXPECT_EQ(seen, x.grad().values());
}

// dy goes through relu, the addition and batch norm while the convolution after them computes it.
TEST(GradientHook, IsFollowedByThatOfTheInput) {
    const Tensor w = random_tensor({3, 3, 8, 8}, 1);
    Tensor x = variable(random_tensor({4, 8, 8, 8}, 2)), s = variable(random_tensor({4, 8, 8, 8}, 3));
    RandomNorm norm(8);
    profile::start();
    const Tensor y = relu(norm(x, true) + s);
    sum(conv2d(y, w, {}, {.padding = 1})).backward();
    const std::string table = profile::table();
    EXPECT_NE(table.find("backward  conv2d + relu + batch_norm "), table.npos) << table;
}

// Where two inputs share a gradient, no hook may change it.
TEST(GradientHook, DoesNotChangeAGradientThatAnotherInputShares) {
    const auto run = [](bool fused) {
        const WithFusion with(fused);
        const Tensor w = random_tensor({3, 3, 8, 8}, 1);
        Tensor a = variable(random_tensor({4, 8, 8, 8}, 2)), b = variable(random_tensor({4, 8, 8, 8}, 3));
        const Tensor r = relu(a);
        sum(conv2d(r + relu(b) + (r + a), w, {}, {.padding = 1})).backward();
        return std::pair{a.grad().values(), b.grad().values()};
    };
    EXPECT_EQ(run(true), run(false));
}

TEST(Profile, NamesWhatIsFused) {
    Tensor w = variable(random_tensor({3, 3, 8, 8}, 1));
    const Tensor x = random_tensor({4, 8, 8, 8}, 2), s = random_tensor({4, 8, 8, 8}, 3);
    RandomNorm norm(8);
    const auto table = [&](bool fused, bool training) {
        const WithFusion with(fused);
        profile::start();
        const Tensor y = relu(norm(conv2d(x, w, {}, {.padding = 1}), training) + s);
        conv2d(y, w, {}, {.padding = 1}).data();
        return profile::table();
    };
    EXPECT_NE(table(true, true).find("forward   batch_norm + add + relu "), std::string::npos) << table(true, true);
    const NoGrad off;
    EXPECT_NE(table(true, false).find("test      conv2d + batch_norm + add + relu "), std::string::npos)
        << table(true, false);
    EXPECT_EQ(table(false, true).find(" + "), std::string::npos) << table(false, true);
}

}  // namespace
}  // namespace deepen
