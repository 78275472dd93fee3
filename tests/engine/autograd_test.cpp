#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <thread>

#include "engine/autograd.h"
#include "engine/memory.h"
#include "engine/ops.h"
#include "tests/engine/op_table.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

// The example of tensor.h.
TEST(Autograd, FollowsTheChainRuleThroughTenLinesOfArithmetic) {
    Tensor x = variable(2), y = variable(3);
    Tensor z = x * y + exp(x);
    EXPECT_NEAR(z.item(), 6 + std::exp(2.0), 1e-5);
    z.backward();
    EXPECT_NEAR(x.grad().item(), 3 + std::exp(2.0), 1e-5);
    EXPECT_EQ(y.grad().item(), 2);
}

TEST(Autograd, GivesXPlusXTheGradientTwo) {
    Tensor x = variable(Tensor({3}, {1, 2, 3}));
    sum(x + x).backward();
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{2, 2, 2}));
}

TEST(Autograd, GivesXTimesXTheGradientTwoX) {
    Tensor x = variable(Tensor({3}, {1, 2, 3}));
    sum(x * x).backward();
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{2, 4, 6}));
}

// A handed-on gradient is shared between paths until one of them has to add to it.
TEST(Autograd, DoesNotMixUpGradientsThatShareStorage) {
    Tensor a = variable(1), b = variable(1);
    Tensor s = a + b;
    (s + a * 10).backward();
    EXPECT_EQ(a.grad().item(), 11);
    EXPECT_EQ(b.grad().item(), 1);

    const Tensor start = Tensor::ones({2});
    Tensor x = variable(Tensor::zeros({2}));
    reshape(x, {2, 1}).backward(start.viewed_as({2, 1}));
    (x + 0).backward(start);
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{2, 2}));
    EXPECT_EQ(start.values(), (std::vector<Real>{1, 1}));
}

TEST(Autograd, SumsOverAllPathsOfADiamond) {
    Tensor x = variable(3);
    Tensor left = x * 2, right = x * x;
    Tensor join = left * right;                          // 2 x^3
    (join + left).backward();                            // + 2 x
    EXPECT_EQ(x.grad().item(), 6 * 9 + 2);
}

TEST(Autograd, DoublesPathsWithoutDoublingWork) {
    Tensor x = variable(1);
    Tensor y = x;
    for (int i = 0; i < 60; ++i) y = y + y;              // 2^60 paths, 60 nodes
    y.backward();
    EXPECT_EQ(x.grad().item(), static_cast<Real>(std::uint64_t{1} << 60));
}

TEST(Autograd, AccumulatesOverSeveralBackwards) {
    Tensor x = variable(2);
    (x * 3).backward();
    (x * 4).backward();
    EXPECT_EQ(x.grad().item(), 7);
    x.zero_grad();
    EXPECT_FALSE(x.grad().defined());
    (x * 5).backward();
    EXPECT_EQ(x.grad().item(), 5);
}

TEST(Autograd, StartsFromAGivenGradient) {
    Tensor x = variable(Tensor({2}, {1, 2}));
    (x * x).backward(Tensor({2}, {10, 100}));
    EXPECT_EQ(x.grad().values(), (std::vector<Real>{20, 400}));
}

TEST(Autograd, LeavesAloneWhatDoesNotLearn) {
    Tensor x = variable(2);
    const Tensor constant = 3;
    Tensor y = x * constant;
    EXPECT_TRUE(y.requires_grad());
    EXPECT_FALSE((constant * constant).requires_grad());
    EXPECT_FALSE(y.detach().requires_grad());
    (y + y.detach()).backward();
    EXPECT_EQ(x.grad().item(), 3);
}

TEST(Autograd, RecordsNothingUnderNoGrad) {
    Tensor x = variable(2);
    {
        const NoGrad outer;
        {
            const NoGrad inner;
        }
        EXPECT_FALSE(recording());
        EXPECT_FALSE((x * x).requires_grad());
    }
    EXPECT_TRUE(recording());
    EXPECT_TRUE((x * x).requires_grad());
}

TEST(Autograd, RecordsAgainOnceNoNoGradLivesWhicheverWentFirst) {
    auto first = std::make_unique<NoGrad>(), second = std::make_unique<NoGrad>();
    first.reset();
    EXPECT_FALSE(recording());
    second.reset();
    EXPECT_TRUE(recording());
}

TEST(Autograd, RefusesToRunBackwardTwice) {
    Tensor x = variable(2);
    Tensor y = exp(x), z = y * 2, w = y * 3;
    z.backward();
    const std::string why = "backward: it has run through op 'exp' already, and what that op saved is gone.  "
                            "Compute the forward pass again, or add the losses up and run backward once.";
    EXPECT_EQ(refusal_of([&] { w.backward(); }), why);
    EXPECT_NE(refusal_of([&] { z.backward(); }).find("it has run through op 'multiply' already"), std::string::npos);
    EXPECT_NEAR(x.grad().item(), 2 * std::exp(2.0), 1e-5);       // the refusals changed nothing
}

TEST(Autograd, RefusesBackwardWhereItHasNoMeaning) {
    Tensor x = variable(Tensor::ones({2, 3}));
    EXPECT_EQ(refusal_of([&] { exp(x).backward(); }),
              "backward: the tensor has shape [2,3].  Only a scalar has a gradient as such: take sum() or mean() of it "
              "first, or pass the gradient to start from.");
    EXPECT_EQ(refusal_of([&] { exp(x).backward(Tensor::ones({3, 2})); }),
              "backward: the gradient to start from has shape [3,2], the tensor [2,3].");
    EXPECT_EQ(refusal_of([] { Tensor(1).backward(); }),
              "backward: nothing here learns.  Was the tensor made from a variable(), and outside NoGrad?");
}

TEST(Autograd, RefusesGradientsWhereNoneBelong) {
    Tensor constant = 1, x = variable(Tensor::ones({2}));
    EXPECT_EQ(refusal_of([&] { (void)constant.grad(); }),
              "grad: this tensor does not learn.  Make it with variable(), or from one.");
    EXPECT_EQ(refusal_of([&] { constant.set_grad(1); }),
              "set_grad: this tensor does not learn.  Make it with variable().");
    EXPECT_EQ(refusal_of([&] { x.set_grad(Tensor::ones({3})); }),
              "set_grad: a gradient of shape [3] for a tensor of shape [2].");
    EXPECT_EQ(refusal_of([] { variable(Tensor()); }), "variable: the value holds nothing.");
}

// Freed recursively, either chain would need some ten megabytes of stack, and has eight at most: a thread's own,
// since that of the program may be unlimited.
TEST(Autograd, FreesAChainOfAHundredThousandNodes) {
    const auto chain = [](const Tensor& x) {
        Tensor y = x;
        for (int i = 0; i < 100000; ++i) y = y + 1;
        return y;
    };
    std::thread([&] {
        Tensor x = variable(0);
        chain(x);                                        // never runs backward
        Tensor y = chain(x);
        y.backward();
        EXPECT_EQ(x.grad().item(), 1);
    }).join();
}

class OpMemory : public testing::TestWithParam<OpCall> {};

TEST_P(OpMemory, IsGivenBackWithOrWithoutABackward) {
    const auto live = [] { return memory::statistics().live_bytes; };
    const auto before = live();
    for (const bool backward : {false, true}) {
        {
            std::vector<Tensor> x;
            for (const Tensor& input : GetParam().inputs) x.push_back(variable(input));
            Tensor y = GetParam().f(x);
            if (backward) y.backward(Tensor::ones(y.shape()));
        }
        EXPECT_EQ(live(), before) << (backward ? "after backward" : "without backward");
    }
}

INSTANTIATE_TEST_SUITE_P(Of, OpMemory, testing::ValuesIn(op_table()),
                         [](const auto& call) { return call.param.name; });

TEST(Autograd, ReleasesWhatOpsSavedWhileBackwardRuns) {
    Tensor x = variable(Tensor::ones({1000}));
    Tensor loss = sum(exp(exp(x * x)));
    const auto before = memory::statistics().live_bytes;
    loss.backward();
    EXPECT_LT(memory::statistics().live_bytes, before);          // x's gradient came, three activations went
}

TEST(Autograd, VariablesDoNotShareTheStorageOfTheirGradients) {
    Tensor a = variable(Tensor::ones({2})), b = variable(Tensor::ones({2}));
    sum(a + b).backward();
    Tensor da = a.grad();
    for (Real& v : da.data()) v *= 10;
    EXPECT_EQ(b.grad().values(), (std::vector<Real>{1, 1}));
}

TEST(Autograd, AnOpThatThrowsLeavesNoHalfGradientBehind) {
    Tensor x = variable(Tensor(2));
    Tensor y = record("broken", Tensor(3), {x}, [](Gradients&) { throw Error("broken"); });
    EXPECT_THROW(y.backward(), Error);
    EXPECT_FALSE(y.grad().defined());
    EXPECT_THROW(y.backward(), Error) << "the graph counts as spent";
}

// The other branch's share, 3, arrives in x before the broken op runs.
TEST(Autograd, AnOpThatThrowsLeavesVariablesTheGradientsTheyHad) {
    for (const bool with_gradient : {false, true}) {
        Tensor x = variable(Tensor(2)), other = variable(Tensor(1));
        if (with_gradient) x.set_grad(5);
        Tensor broken = record("broken", Tensor(3), {x}, [](Gradients& d) {
            d.give(0, Tensor(7));
            throw Error("broken");
        });
        Tensor y = broken + x * 3 + other;
        EXPECT_THROW(y.backward(), Error);
        EXPECT_EQ(x.grad().defined(), with_gradient);
        EXPECT_FALSE(other.grad().defined());
        if (with_gradient) {
            EXPECT_EQ(x.grad().item(), 5);
        }
        (x * 3).backward();                              // and a sound one adds to them
        EXPECT_EQ(x.grad().item(), with_gradient ? 8 : 3);
    }
}

// Batch norm's is lazy: computed where the convolution before reads it, and here there is none.
TEST(Autograd, AVariablesGradientDoesNotChangeWithTheVariable) {
    for (const bool twice : {false, true}) {
        const auto gradient = [&](bool written_between) {
            Tensor x = variable(random_tensor({4, 3}, 1));
            for (int i = 0; i <= twice; ++i) {
                Tensor y = relu(batch_norm(x, Tensor::ones({3}), Tensor::zeros({3}), Tensor::zeros({3}),
                                           Tensor::ones({3}), {}));
                y.backward(random_tensor({4, 3}, 2));
                EXPECT_EQ(x.grad().storage()->lazy(), nullptr);
                if (written_between)
                    for (Real& v : x.data()) v = 10 * v + 1;  // which batch norm ignores, and its gradient does not
            }
            return x.grad().values();
        };
        EXPECT_EQ(gradient(true) == gradient(false), !twice);
    }
}

TEST(Autograd, RefusesAnUndefinedGradientToStartFrom) {
    Tensor y = variable(Tensor(2)) * Tensor(3);
    EXPECT_THROW(y.backward(Tensor()), Error);
}

}  // namespace
}  // namespace deepen
