// Do the plain loops and the engine say the same?
#include <gtest/gtest.h>

#include <cmath>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "engine/plain/autograd.h"
#include "engine/plain/batch_norm.h"
#include "engine/plain/conv2d.h"
#include "engine/plain/residual_block.h"

namespace deepen {
namespace {

using plain::Numbers;

constexpr double slack = sizeof(Real) == 8 ? 1e-10 : 2e-4;

Numbers numbers(const Tensor& t) { return {t.data().begin(), t.data().end()}; }

void expect_equal(const Tensor& engine, const Numbers& loops, const char* what) {
    ASSERT_EQ(engine.size(), static_cast<Index>(loops.size())) << what;
    for (Index i = 0; i < engine.size(); ++i)
        ASSERT_NEAR(engine.data()[i], loops[i], slack * std::max(1.0, std::fabs(loops[i]))) << what << ", " << i;
}

TEST(PlainAutograd, IsTheChainRule) {
    plain::Tape tape;
    const plain::Scalar x = tape.number(2), y = tape.number(3);
    const plain::Scalar z = x * y + exp(x);
    tape.backward(z);
    EXPECT_EQ(x.gradient(), 3 + std::exp(2.0));
    EXPECT_EQ(y.gradient(), 2);
    tape.backward(z);                                    // begins at zero again
    EXPECT_EQ(y.gradient(), 2);
}

// Every operation, each number used more than once, a line that z does not depend on, and both sides of relu.
TEST(PlainAutograd, GivesTheEnginesGradients) {
    const auto f = [](auto x, auto y) {
        const auto p = x * y - exp(x / y);
        return relu(p) * x + relu(x - p * p) * y - log(y * y) / (x + y);
    };
    for (const auto& [a, b] : {std::pair{0.7, 1.3}, {-0.4, 2.1}, {1.9, 0.6}}) {
        plain::Tape tape;
        const plain::Scalar x = tape.number(a), y = tape.number(b), z = f(x, y);
        exp(z);
        tape.backward(z);
        Tensor u = variable(static_cast<Real>(a)), v = variable(static_cast<Real>(b)), w = f(u, v);
        w.backward();
        EXPECT_NEAR(z.value(), w.item(), slack * 10);
        EXPECT_NEAR(x.gradient(), u.grad().item(), slack * 10);
        EXPECT_NEAR(y.gradient(), v.grad().item(), slack * 10);
    }
}

TEST(PlainConv2d, GivesTheEnginesNumbersAndGradients) {
    struct Case {
        Shape x, w;
        ConvOptions options;
    };
    const Case cases[] = {{{2, 5, 6, 3}, {3, 3, 3, 4}, {.padding = 1}},
                          {{1, 9, 7, 2}, {3, 3, 2, 5}, {.stride = 2}},
                          {{3, 4, 4, 5}, {1, 1, 5, 2}, {}},
                          {{1, 8, 8, 3}, {5, 3, 3, 2}, {.stride = 3, .padding = 2}}};
    for (const Case& c : cases) {
        Tensor x = variable(random_tensor(c.x, 1)), w = variable(random_tensor(c.w, 2));
        Tensor y = conv2d(x, w, {}, c.options);
        const Tensor dy = random_tensor(y.shape(), 3);
        y.backward(dy);
        const ConvGeometry g = conv_geometry(c.x, c.w, c.options);
        expect_equal(y, plain::conv2d(g, numbers(x), numbers(w)), "y");
        expect_equal(x.grad(), plain::conv2d_data_gradient(g, numbers(w), numbers(dy)), "dx");
        expect_equal(w.grad(), plain::conv2d_weight_gradient(g, numbers(x), numbers(dy)), "dw");
    }
}

// Inputs of a batch norm over [R,C], and what every version of it makes of them.
struct NormInputs {
    Tensor x = variable(random_tensor({2, 3, 5, 4}, 1, -1, 3)), gamma = variable(random_tensor({4}, 2, 0.5, 2)),
           beta = variable(random_tensor({4}, 3)), dy = random_tensor({2, 3, 5, 4}, 4);

    void expect_plain(const Tensor& y) const {
        const plain::Normalised n = plain::batch_norm(numbers(x), numbers(gamma), numbers(beta));
        const plain::BatchNormGradients d = plain::batch_norm_backward(n, numbers(gamma), numbers(dy));
        expect_equal(y, n.y, "y");
        expect_equal(x.grad(), d.dx, "dx");
        expect_equal(gamma.grad(), d.dgamma, "dgamma");
        expect_equal(beta.grad(), d.dbeta, "dbeta");
    }
};

TEST(PlainBatchNorm, GivesTheEnginesNumbersAndGradients) {
    NormInputs n;
    Tensor y = batch_norm(n.x, n.gamma, n.beta, Tensor::zeros({4}), Tensor::ones({4}), {});
    y.backward(n.dy);
    n.expect_plain(y);
}

// Nothing about it is special: autograd finds the closed form by itself.
TEST(BatchNorm, IsWhatSixOpsGive) {
    NormInputs n;
    const Tensor d = n.x - mean(n.x, {0, 1, 2}, true);
    const Tensor variance = mean(d * d, {0, 1, 2}, true);
    Tensor y = n.gamma * (d / sqrt(variance + 1e-5)) + n.beta;
    y.backward(n.dy);
    n.expect_plain(y);
}

// The block that lesson 0 trains, in loops and in the engine's ops.
TEST(PlainResidualBlock, GivesTheEnginesNumbersAndGradients) {
    const Index C = 3;
    const Shape maps{2, 4, 5, C}, filters{3, 3, C, C};
    for (const bool residual : {true, false}) {
        Tensor x = variable(random_tensor(maps, 1)), w1 = variable(random_tensor(filters, 2)),
               w2 = variable(random_tensor(filters, 3)), gamma1 = variable(random_tensor({C}, 4, 0.5, 2)),
               gamma2 = variable(random_tensor({C}, 5, 0.5, 2)), beta1 = variable(random_tensor({C}, 6)),
               beta2 = variable(random_tensor({C}, 7)), target = random_tensor(maps, 8);
        const auto norm = [&](const Tensor& a, const Tensor& gamma, const Tensor& beta) {
            return batch_norm(a, gamma, beta, Tensor::zeros({C}), Tensor::ones({C}), {});
        };
        const Tensor y1 = relu(norm(conv2d(x, w1, {}, {.padding = 1}), gamma1, beta1));
        const Tensor n2 = norm(conv2d(y1, w2, {}, {.padding = 1}), gamma2, beta2);
        const Tensor y = relu(residual ? n2 + x : n2);
        Tensor loss = sum(power(y - target, 2)) / 2;
        loss.backward();

        plain::ResidualBlock block{.g = conv_geometry(maps, filters, {.padding = 1}),
                                   .w1 = numbers(w1), .gamma1 = numbers(gamma1), .beta1 = numbers(beta1),
                                   .w2 = numbers(w2), .gamma2 = numbers(gamma2), .beta2 = numbers(beta2),
                                   .residual = residual};
        const plain::ResidualBlock::Pass pass = block.forward(numbers(x));
        const double error = plain::squared_error(pass.y, numbers(target));
        const plain::ResidualBlock::Gradients d =
            block.backward(numbers(x), pass, plain::squared_error_gradient(pass.y, numbers(target)));
        EXPECT_NEAR(loss.item(), error, slack * error);
        expect_equal(y, pass.y, "y");
        expect_equal(x.grad(), d.dx, "dx");
        expect_equal(w1.grad(), d.dw1, "dw1");
        expect_equal(gamma1.grad(), d.dgamma1, "dgamma1");
        expect_equal(beta1.grad(), d.dbeta1, "dbeta1");
        expect_equal(w2.grad(), d.dw2, "dw2");
        expect_equal(gamma2.grad(), d.dgamma2, "dgamma2");
        expect_equal(beta2.grad(), d.dbeta2, "dbeta2");

        block.step(d, 0.001);
        EXPECT_EQ(block.w1[5], w1.data()[5] - 0.001 * d.dw1[5]);
        EXPECT_LT(plain::squared_error(block.forward(numbers(x)).y, numbers(target)), error);
    }
}

}  // namespace
}  // namespace deepen
