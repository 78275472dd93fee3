// Lazy tensors: computed when needed, once, and as if at once.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/memory.h"
#include "engine/ops.h"
#include "tests/engine/fusion.h"
#include "tests/engine/op_table.h"

namespace deepen {
namespace {

// Element i is i; counts how many elements were computed.
Tensor counting(Shape shape, std::atomic<Index>& computed) {
    return fusion::made("count", shape, {[&](Index begin, Index end, const Real*, Real* to) {
                            std::iota(to, to + (end - begin), static_cast<Real>(begin));
                            computed += end - begin;
                        }}, {});
}

TEST(LazyTensor, IsComputedOnceWhenItsNumbersAreNeeded) {
    std::atomic<Index> computed = 0;
    const Tensor t = counting({50, 1000}, computed), same = t;
    EXPECT_TRUE(lazy(t));
    EXPECT_EQ(computed, 0);
    EXPECT_EQ(t.at({49, 999}), 49999);
    EXPECT_EQ(same.at({0, 7}), 7);                       // handles share the numbers
    EXPECT_EQ(computed, 50000);
    EXPECT_FALSE(lazy(same));
}

TEST(LazyTensor, TakesNoMemoryUntilThen) {
    std::atomic<Index> computed = 0;
    const auto before = memory::statistics().live_bytes;
    const Tensor t = counting({1000, 1000}, computed);
    EXPECT_EQ(memory::statistics().live_bytes, before);
    t.data();
    EXPECT_GE(memory::statistics().live_bytes, before + 1000000 * sizeof(Real));
}

TEST(LazyTensor, StaysLazyWhereAStepThrows) {
    int asked = 0;
    const Tensor t = fusion::made("third time", {3}, {[&](Index, Index, const Real*, Real* to) {
                                      if (++asked < 3) throw std::runtime_error("not yet");
                                      std::iota(to, to + 3, Real(5));
                                  }}, {});
    EXPECT_THROW(t.data(), std::runtime_error);
    EXPECT_THROW(t.data(), std::runtime_error) << "numbers that were never computed were handed out";
    EXPECT_EQ(t.values(), (std::vector<Real>{5, 6, 7}));
    const auto live = memory::statistics().live_bytes;
    std::atomic<Index> computed = 0;
    const Tensor u = counting({3}, computed);
    memory::fail_after(0);
    EXPECT_THROW(u.data(), Error);                       // no memory for them
    EXPECT_EQ(memory::statistics().live_bytes, live);
    EXPECT_EQ(u.values(), (std::vector<Real>{0, 1, 2}));
}

TEST(LazyTensor, HasTheSameNumbersForThreadsThatReadItAtOnce) {
    for (int round = 0; round < 200; ++round) {
        std::atomic<Index> computed = 0;
        std::atomic<int> ready = 0, wrong = 0;
        const Tensor t = counting({100, 200}, computed);
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

// Ten thousand steps are not one list, and freeing or computing them does not recurse as deeply.
TEST(LazyTensor, MayBeALongChain) {
    Tensor x = Tensor::zeros({3});
    const NoGrad off;
    for (int i = 0; i < 10000; ++i) x = x + Tensor::ones({3});
    EXPECT_EQ(x.values(), (std::vector<Real>{10000, 10000, 10000}));
}

TEST(LazyTensor, MayEndInAnotherShapeThanItBeganIn) {
    const auto run = [](bool fused) {
        const WithFusion with(fused);
        Tensor x = variable(random_tensor({6, 4, 4, 6}, 1)), w = variable(random_tensor({3, 3, 4, 8}, 2));
        const auto norm = [](const Tensor& x) {
            const Index c = x.shape()[-1];
            const Tensor zeros = Tensor::zeros({c}), ones = Tensor::ones({c});
            return relu(batch_norm(x, ones, zeros, zeros.clone(), ones.clone(), {}));
        };
        Tensor y = norm(reshape(norm(x), {6, 6, 4, 4}));                  // six channels, then four of the same numbers
        Tensor z = norm(reshape(conv2d(relu(y), w, {}, {.padding = 1}), {6, 4, 6, 8}));
        z.backward(random_tensor(z.shape(), 3));
        return std::vector{z.detach(), x.grad(), w.grad()};
    };
    const auto fused = run(true), apart = run(false);
    for (std::size_t k = 0; k < fused.size(); ++k) EXPECT_EQ(fused[k].values(), apart[k].values()) << "result " << k;
}

// --- Note [Laziness cannot be observed] -------------------------------------------------------------

// Every op of the engine.
TEST(Laziness, GivesEveryOpTheNumbersThatItHasWithoutFusion) {
    for (const OpCall& call : op_table()) {
        const auto run = [&](bool fused) {
            const WithFusion with(fused);
            std::vector<Tensor> inputs;
            for (const Tensor& x : call.inputs) inputs.push_back(variable(x.clone()));
            Tensor y = call.f(inputs);
            std::vector<Tensor> results{y.detach()};
            y.backward(random_tensor(y.shape(), 7));
            for (const Tensor& x : inputs) results.push_back(x.grad());
            return results;
        };
        const std::vector<Tensor> fused = run(true), apart = run(false);
        for (std::size_t k = 0; k < fused.size(); ++k)
            EXPECT_EQ(fused[k].values(), apart[k].values()) << call.name << ", result " << k;
    }
}

// What an op returns is a value, and so is a leaf's gradient.
TEST(Laziness, DoesNotShowWhereAnInputIsWrittenToAfterwards) {
    for (const OpCall& call : op_table()) {
        if (call.name == "reshape" || call.name == "flatten") continue;   // views, and say so
        for (const bool record : {true, false})
            for (std::size_t k = 0; k < call.inputs.size(); ++k) {
                const auto run = [&](bool written) {
                    std::vector<Tensor> inputs;
                    for (const Tensor& x : call.inputs) inputs.push_back(variable(x.clone()));
                    Tensor y;
                    if (record) {
                        y = call.f(inputs);
                    } else {
                        const NoGrad off;
                        y = call.f(inputs);
                    }
                    if (written)
                        for (Real& v : inputs[k].data()) v = 100;
                    return y.values();
                };
                ASSERT_EQ(run(true), run(false)) << call.name << ", input " << k << (record ? "" : ", not recorded");
            }
    }
}

TEST(Laziness, DoesNotShowInTheGradientOfALeaf) {
    for (const OpCall& call : op_table()) {
        const auto run = [&](bool written) {
            std::vector<Tensor> inputs;
            for (const Tensor& x : call.inputs) inputs.push_back(variable(x.clone()));
            Tensor y = call.f(inputs);
            y.backward(random_tensor(y.shape(), 7));
            std::vector<std::vector<Real>> gradients;
            for (Tensor& x : inputs)
                if (written)
                    for (Real& v : x.data()) v = 100;
            for (const Tensor& x : inputs) gradients.push_back(x.grad().values());
            return gradients;
        };
        ASSERT_EQ(run(true), run(false)) << call.name;
    }
}

// Nor where what lies between is written to, through another handle or a view.
TEST(Laziness, DoesNotShowWhereAnIntermediateIsWrittenToAfterwards) {
    const std::pair<const char*, std::function<Tensor(const Tensor&)>> ops[] = {
        {"relu", [](const Tensor& x) { return relu(x); }},
        {"add", [](const Tensor& x) { return x + x; }},
        {"batch norm", [](const Tensor& x) {
             return batch_norm(x, Tensor::ones({3}), Tensor::zeros({3}), Tensor::zeros({3}), Tensor::ones({3}),
                               {.training = false});
         }},
        {"subsample", [](const Tensor& x) { return subsample(x, 2, 5); }},
        {"conv2d", [](const Tensor& x) { return conv2d(x, random_tensor({3, 3, 3, 3}, 4), {}, {.padding = 1}); }},
    };
    for (const auto& [first, f] : ops)
        for (const auto& [second, g] : ops) {
            if (std::string_view(first) == "subsample") continue;         // other channels
            const NoGrad off;
            const Tensor x = random_tensor({2, 5, 4, 3}, 1);
            const std::vector<Real> expected = g(f(x)).values();
            Tensor between = f(x), view = reshape(between, {2, 4, 5, 3});
            const Tensor y = g(between), reshaped = reshape(y, {y.size()});
            for (Real& v : view.data()) v = 100;
            EXPECT_EQ(y.values(), expected) << second << " of " << first;
            EXPECT_EQ(reshaped.values(), expected) << second << " of " << first << ", a view";
            EXPECT_EQ(between.values(), std::vector<Real>(static_cast<std::size_t>(between.size()), 100));
        }
}

}  // namespace
}  // namespace deepen
