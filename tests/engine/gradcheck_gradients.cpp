// Who tests the tester?  Backwards with one fault each, which the check must refuse.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/memory.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

// y = x^2, with a backward of the test's choice.
template <class Rule>
Tensor square_with(const Tensor& x, Rule rule) {
    Tensor y = x.clone();
    for (Real& v : y.data()) v *= v;
    return record("square", y, {x}, [x = x.detach(), rule](Gradients& d) {
        rule(x.data(), d.output().data(), d.input(0));
    });
}

template <class Rule>
GradientReport check_square(Rule rule) {
    return check_gradients([=](auto& x) { return square_with(x[0], rule); }, {random_tensor({2, 3}, 1, 0.5, 2)});
}

TEST(GradientCheck, AcceptsARightBackward) {
    const GradientReport report = check_square([](auto x, auto dy, auto dx) {
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] += 2 * x[i] * dy[i];
    });
    EXPECT_TRUE(report.ok) << report.message;
    EXPECT_LT(report.worst, 1e-9);
}

TEST(GradientCheck, RefusesALostFactor) {
    EXPECT_FALSE(check_square([](auto x, auto dy, auto dx) {
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] += x[i] * dy[i];
    }).ok);
}

TEST(GradientCheck, RefusesABackwardThatOverwrites) {
    EXPECT_FALSE(check_square([](auto x, auto dy, auto dx) {
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] = 2 * x[i] * dy[i];
    }).ok);
}

TEST(GradientCheck, RefusesABackwardThatForgetsAnElement) {
    EXPECT_FALSE(check_square([](auto x, auto dy, auto dx) {
        for (std::size_t i = 0; i + 1 < x.size(); ++i) dx[i] += 2 * x[i] * dy[i];
    }).ok);
}

TEST(GradientCheck, RefusesABackwardThatDoesNothing) {
    EXPECT_FALSE(check_square([](auto, auto, auto) {}).ok);
}

TEST(GradientCheck, RefusesNaN) {
    const GradientReport report = check_square([](auto x, auto, auto dx) {
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] += std::nan("");
    });
    EXPECT_FALSE(report.ok);
    EXPECT_TRUE(std::isinf(report.worst));
}

TEST(GradientCheck, RefusesAnErrorInTheSixthDigit) {
    EXPECT_FALSE(check_square([](auto x, auto dy, auto dx) {
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] += 2 * x[i] * dy[i] * 1.00001;
    }).ok);
}

TEST(GradientCheck, RefusesSwappedAxes) {
    const TensorFunction swapped = [](std::vector<Tensor>& x) {
        const Shape shape = x[0].shape();
        return record("swapped", transpose(x[0].detach()), {x[0]}, [shape](Gradients& d) {
            d.give(0, d.output().viewed_as(shape));              // should be transposed back
        });
    };
    EXPECT_FALSE(check_gradients(swapped, {random_tensor({3, 3})}).ok);
    EXPECT_FALSE(check_gradients(swapped, {random_tensor({2, 3})}).ok);
}

TEST(GradientCheck, SeesWhatASumWouldHide) {
    const TensorFunction wrong_softmax = [](std::vector<Tensor>& x) {
        return record("softmax", softmax(x[0].detach()), {x[0]}, [](Gradients&) {});  // right if r were all ones
    };
    EXPECT_FALSE(check_gradients(wrong_softmax, {random_tensor({2, 3})}).ok);
}

TEST(GradientCheck, RefusesAForwardThatLeavesAnElementUnwritten) {
    const TensorFunction f = [](std::vector<Tensor>& x) {
        Tensor y = Tensor::uninitialised(x[0].shape());
        y.data()[0] = x[0].data()[0];
        return record("first", y, {x[0]}, [](Gradients& d) { d.input(0)[0] += d.output().data()[0]; });
    };
    const std::string message = refusal_of([&] { check_gradients(f, {random_tensor({3})}); });
    EXPECT_NE(message.find("the function gives NaN, or another value when called again"), message.npos) << message;
}

TEST(GradientCheck, NamesTheWorstElementAndBothDerivatives) {
    const TensorFunction wrong_in_one_place = [](std::vector<Tensor>& x) {
        Tensor y = x[1].clone();
        return record("copy", y, {x[0], x[1]}, [](Gradients& d) {
            d.input(1)[5] += 3;
            for (std::size_t i = 0; i < d.input(1).size(); ++i) d.input(1)[i] += d.output().data()[i];
        });
    };
    const GradientReport report = check_gradients(wrong_in_one_place, {random_tensor({2}), random_tensor({2, 3})});
    EXPECT_FALSE(report.ok);
    EXPECT_NE(report.message.find("input 1 [2,3] at [1,2]: backward gives "), std::string::npos) << report.message;
    EXPECT_NE(report.message.find(", the central difference "), std::string::npos) << report.message;
}

TEST(GradientCheck, LeavesItsInputsAndTheMemoryAsTheyWere) {
    const Tensor x = random_tensor({2, 3});
    const std::vector<Real> before = x.values();
    const auto live = memory::statistics().live_bytes;
    check_gradients([](auto& x) { return exp(x[0]); }, {x});
    EXPECT_EQ(x.values(), before);
    EXPECT_EQ(memory::statistics().live_bytes, live);
    EXPECT_FALSE(memory::poison(false));
}

}  // namespace
}  // namespace deepen
