#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/memory.h"
#include "engine/ops.h"

namespace deepen {
namespace {

// Element i is i; counts how many elements were made.
Tensor counting(Shape shape, std::atomic<Index>& made) {
    return Tensor::deferred(shape, {1, [&](Index begin, Index end, Real* to) {
                                        std::iota(to, to + (end - begin), static_cast<Real>(begin));
                                        made += end - begin;
                                    }});
}

TEST(DeferredTensor, IsMadeOnceWhenItsNumbersAreAskedFor) {
    std::atomic<Index> made = 0;
    const Tensor t = counting({50, 1000}, made), same = t;
    EXPECT_NE(t.maker(), nullptr);
    EXPECT_EQ(made, 0);
    EXPECT_EQ(t.at({49, 999}), 49999);
    EXPECT_EQ(same.at({0, 7}), 7);                       // handles share what was made
    EXPECT_EQ(made, 50000);
    EXPECT_EQ(same.maker(), nullptr);
}

TEST(DeferredTensor, TakesNoMemoryUntilThen) {
    std::atomic<Index> made = 0;
    const auto before = memory::statistics().live_bytes;
    const Tensor t = counting({1000, 1000}, made);
    EXPECT_EQ(memory::statistics().live_bytes, before);
    t.data();
    EXPECT_GE(memory::statistics().live_bytes, before + 1000000 * sizeof(Real));
}

// Convolutions read it stretch by stretch: the same numbers, and it is not kept.
TEST(DeferredTensor, GoesThroughEveryConvolutionUnkept) {
    struct Case {
        Shape x, w;
        Index stride;
        ConvAlgorithm algorithm;
    };
    for (const Case& c : {Case{{5, 12, 9, 16}, {3, 3, 16, 16}, 1, ConvAlgorithm::winograd},
                          Case{{5, 12, 9, 3}, {3, 3, 3, 20}, 2, ConvAlgorithm::direct},
                          Case{{5, 7, 7, 3}, {1, 1, 3, 20}, 1, ConvAlgorithm::direct},
                          Case{{5, 12, 9, 3}, {3, 3, 3, 5}, 2, ConvAlgorithm::im2col},
                          Case{{5, 12, 9, 3}, {1, 1, 3, 5}, 1, ConvAlgorithm::pointwise},
                          Case{{5, 12, 9, 3}, {3, 3, 3, 5}, 2, ConvAlgorithm::reference}}) {
        std::atomic<Index> made = 0;
        const Tensor numbers = random_tensor(c.x, 1);
        const Tensor deferred = Tensor::deferred(c.x, {c.x[3], [&](Index begin, Index end, Real* to) {
            std::copy(numbers.data().begin() + begin, numbers.data().begin() + end, to);
            made += end - begin;
        }});
        const auto run = [&](const Tensor& x) {
            Tensor w = variable(random_tensor(c.w, 2));
            Tensor y = conv2d(x, w, {}, {.stride = c.stride, .padding = c.w[0] / 2, .algorithm = c.algorithm});
            y.backward(random_tensor(y.shape(), 3));
            return std::pair{y.values(), w.grad().values()};
        };
        EXPECT_EQ(run(deferred), run(numbers)) << c.x << c.w;
        EXPECT_GE(made, 2 * c.x.size()) << c.x << c.w;   // once forward, once backward
        EXPECT_NE(deferred.maker(), nullptr) << c.x << c.w;
    }
}

TEST(DeferredTensor, IsMadeAnewWhereItsMakerThrew) {
    int asked = 0;
    const Tensor t = Tensor::deferred({3}, {3, [&](Index, Index, Real* to) {
                                                if (++asked < 3) throw std::runtime_error("not yet");
                                                std::iota(to, to + 3, Real(5));
                                            }});
    EXPECT_THROW(t.data(), std::runtime_error);
    EXPECT_THROW(t.data(), std::runtime_error) << "numbers that were never made were handed out";
    EXPECT_EQ(t.values(), (std::vector<Real>{5, 6, 7}));
    const auto live = memory::statistics().live_bytes;
    memory::fail_after(0);
    const Tensor u = Tensor::deferred({3}, {3, [](Index, Index, Real* to) { std::iota(to, to + 3, Real(5)); }});
    EXPECT_THROW(u.data(), Error);                       // no memory for them
    EXPECT_EQ(memory::statistics().live_bytes, live);
    EXPECT_EQ(u.values(), (std::vector<Real>{5, 6, 7}));
}

TEST(DeferredTensor, HasTheSameNumbersForThreadsThatReadItAtOnce) {
    for (int round = 0; round < 200; ++round) {
        std::atomic<Index> made = 0;
        std::atomic<int> ready = 0, wrong = 0;
        const Tensor t = counting({100, 200}, made);
        std::vector<std::thread> readers;
        for (int r = 0; r < 4; ++r)
            readers.emplace_back([&] {
                ++ready;
                while (ready < 4) std::this_thread::yield();
                const std::span<const Real> numbers = t.data();
                for (Index i = 0; i < t.size(); ++i) wrong += numbers[i] != static_cast<Real>(i);
            });
        for (std::thread& r : readers) r.join();
        ASSERT_EQ(wrong, 0) << "in round " << round;
    }
}

// What an op returns is a value, made or not.
TEST(DeferredTensor, DoesNotChangeWithWhatItIsMadeFrom) {
    const auto normalised = [](const Tensor& x, const BatchNormOptions& options) {
        return batch_norm(x, variable(random_tensor({3}, 2)), random_tensor({3}, 3), Tensor::zeros({3}),
                          Tensor::ones({3}), options);
    };
    const std::pair<const char*, std::function<Tensor(const Tensor&)>> ops[] = {
        {"training", [&](const Tensor& x) { return normalised(x, {}); }},
        {"evaluation", [&](const Tensor& x) { return normalised(x, {.training = false}); }},
        {"with relu", [&](const Tensor& x) { return normalised(x, {.relu = true}); }},
        {"with a shortcut", [&](const Tensor& x) { return normalised(x, {.shortcut = x}); }},
        {"subsample", [&](const Tensor& x) { return subsample(x, 2, 5); }},
        {"subsample, unrecorded", [&](const Tensor& x) {
             const NoGrad off;
             return subsample(x, 2, 5);
         }},
        {"one after the other", [&](const Tensor& x) { return subsample(normalised(x, {}), 2, 5); }},
    };
    for (const auto& [name, op] : ops) {
        Tensor x = random_tensor({2, 5, 4, 3}, 1);
        const Shape other{2, 4, 5, 3};
        const std::vector<Real> expected = op(x.clone()).values(), of_view = op(reshape(x.clone(), other)).values();
        const Tensor y = op(x), z = op(reshape(x, other));
        for (Real& v : x.data()) v = 100;
        EXPECT_EQ(y.values(), expected) << name;
        EXPECT_EQ(z.values(), of_view) << name << ", of a view";
    }
}

// Gradients arrive, weights are updated, and still nobody has asked for all of y.
TEST(DeferredTensor, BetweenConvolutionsIsNotMadeInATrainingStep) {
    Tensor w1 = variable(random_tensor({3, 3, 8, 8}, 1)), w2 = variable(random_tensor({3, 3, 8, 8}, 2));
    Tensor scale = variable(Tensor::ones({8})), shift = variable(Tensor::zeros({8}));
    const Tensor x = random_tensor({4, 9, 9, 8}, 3);
    const Tensor y = conv2d_batch_norm(x, w1, {.padding = 1}, scale, shift, Tensor::zeros({8}), Tensor::ones({8}),
                                       {.relu = true});
    sum(conv2d(y, w2, {}, {.padding = 1})).backward();
    for (Tensor* w : {&w1, &w2, &scale, &shift}) w->data()[0] += w->grad().data()[0];
    EXPECT_NE(y.maker(), nullptr);
}

// Note [Watching a gradient arrive]: the watcher hears of the last contribution only, and of all of it.
TEST(Watcher, SeesTheWholeGradientOnceItIsComplete) {
    const Tensor start = random_tensor({4, 8, 8, 16}, 1);
    Tensor x = variable(start);
    const Tensor h = x * Tensor(2);                      // two convolutions read it
    const Tensor w = random_tensor({3, 3, 16, 16}, 2);
    std::vector<Real> seen(h.size());
    std::atomic<Index> count = 0;
    h.node()->watcher.arrived = [&](Index begin, Index end, Real* dh) {
        std::copy(dh, dh + (end - begin), seen.begin() + begin);
        count += end - begin;
    };
    const Tensor a = conv2d(h, w, {}, {.padding = 1}), b = conv2d(h, w, {}, {.padding = 1});
    sum(a + b).backward();
    EXPECT_EQ(count, h.size());
    for (Index i = 0; i < h.size(); ++i) ASSERT_EQ(2 * seen[i], x.grad().data()[i]);
}

}  // namespace
}  // namespace deepen
