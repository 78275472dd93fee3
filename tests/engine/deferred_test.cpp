#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "engine/autograd.h"
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
