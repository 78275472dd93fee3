// What is a residual block, and how does it learn?  Everything in loops, nothing hidden.
//
// One block on one small picture learns to come close to twice its input.  The loops are in engine/plain/: the block
// with every gradient written out in residual_block.h, what it consists of in conv2d.h and batch_norm.h.  No op of the
// engine is used here; the engine's ops are tested against these loops (tests/engine/plain_test.cpp).
#include <cmath>
#include <cstdio>

#include "engine/plain/residual_block.h"
#include "examples/common/lesson.h"

using namespace deepen;
using namespace deepen::plain;

constexpr Index side = 4, channels = 2;

// Small numbers without a pattern; any would do.
Numbers some_numbers(Index count, double size, double phase) {
    Numbers all(count);
    for (Index i = 0; i < count; ++i) all[i] = size * std::sin(phase + 2.4 * static_cast<double>(i));
    return all;
}

ResidualBlock make_block(bool residual) {
    const Index weights = 3 * 3 * channels * channels;
    return {.g = conv_geometry({1, side, side, channels}, {3, 3, channels, channels}, {.padding = 1}),
            .w1 = some_numbers(weights, 0.5, 1),
            .gamma1 = Numbers(channels, 1),
            .beta1 = Numbers(channels, 0),
            .w2 = some_numbers(weights, 0.5, 2),
            .gamma2 = Numbers(channels, 1),
            .beta2 = Numbers(channels, 0),
            .residual = residual};
}

// Does the derivative say what happens?  Move one weight a little and look at the loss.
void compare_with_differences(const ResidualBlock& block, const Numbers& x, const Numbers& target) {
    // `list` is a member, such as &ResidualBlock::w1.
    const auto loss_with = [&](ResidualBlock b, Numbers ResidualBlock::* list, double by) {
        (b.*list)[0] += by;
        return squared_error(b.forward(x).y, target);
    };
    const ResidualBlock::Pass pass = block.forward(x);
    const ResidualBlock::Gradients d = block.backward(x, pass, squared_error_gradient(pass.y, target));
    struct Row {
        const char* name;
        Numbers ResidualBlock::* list;
        double gradient;
    };
    std::printf("1. The first number of each list: its gradient, and (L(w + h) - L(w - h)) / 2h with h = 0.00001\n\n"
                "              gradient   difference\n");
    for (const Row& row : {Row{"w1", &ResidualBlock::w1, d.dw1[0]}, Row{"gamma1", &ResidualBlock::gamma1, d.dgamma1[0]},
                           Row{"beta1", &ResidualBlock::beta1, d.dbeta1[0]}, Row{"w2", &ResidualBlock::w2, d.dw2[0]},
                           Row{"gamma2", &ResidualBlock::gamma2, d.dgamma2[0]},
                           Row{"beta2", &ResidualBlock::beta2, d.dbeta2[0]}}) {
        const double h = 1e-5;
        const double difference = (loss_with(block, row.list, h) - loss_with(block, row.list, -h)) / (2 * h);
        std::printf("   %-8s %11.6f  %11.6f\n", row.name, row.gradient, difference);
    }
}

void train(const Numbers& x, const Numbers& target) {
    std::printf("\n2. Gradient descent, rate 0.01: the loss\n\n    step    residual       plain\n");
    ResidualBlock residual = make_block(true), plain = make_block(false);
    for (int step = 0; step <= 100; ++step) {
        for (ResidualBlock* block : {&residual, &plain}) {
            const ResidualBlock::Pass pass = block->forward(x);
            const double loss = squared_error(pass.y, target);
            if (step % 20 == 0 && block == &residual) std::printf("   %5d %11.4f", step, loss);
            if (step % 20 == 0 && block == &plain) std::printf(" %11.4f\n", loss);
            block->step(block->backward(x, pass, squared_error_gradient(pass.y, target)), 0.01);
        }
    }
}

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "A residual block and a plain one in loops, and their gradients.");
    Numbers x = some_numbers(side * side * channels, 1, 0), target(x);
    for (double& v : x) v = std::fabs(v);                // never negative, like what a relu before this block lets pass
    for (std::size_t i = 0; i < x.size(); ++i) target[i] = 2 * x[i];
    compare_with_differences(make_block(true), x, target);
    train(x, target);
    std::printf("\n   In the residual block x is there already, half of the answer, and F has to add the rest.  The\n"
                "   plain block has to carry x through two convolutions and two normalisations.  Neither gets to 0\n"
                "   in these 100 steps.\n"
                "   Lesson 1: how a program finds such gradients by itself.\n");
    return lesson.end();
}
