// What does backward() do?  What you do on paper, node by node.
//
// Reading a formula forwards gives its value; reading it backwards gives its derivatives.  Each op knows
// only its own rule, and the chain rule joins them:
//
//     x ──┬── multiply ── p ──┐          p = x y        dx += dp y,   dy += dp x
//     y ──│──────┘            add ── z   z = p + e      dp += dz,     de += dz
//         └── exp ─────── e ──┘          e = e^x        dx += de e
//
// Every rule says "+=": x is used twice here, so two gradients arrive at it, and they add
// (engine/autograd.h, Note [Gradients accumulate]).
//
// engine/plain/autograd.h does just this for single numbers, in fifty lines: read it first.  The engine does the same
// for tensors of any size.  Below, both work on one formula.
#include <cmath>
#include <cstdio>

#include "engine/autograd.h"
#include "engine/ops.h"
#include "engine/plain/autograd.h"
#include "examples/common/lesson.h"

using namespace deepen;

// The engine's backward forgets the gradient of an intermediate result once it has been handed on.  To see it
// pass, here is an op of our own: y = x, so dx += dy, and dy is noted down.
Tensor watch(const Tensor& x, Real& noted) {
    return record("watch", x.detach(), {x}, [&noted](Gradients& d) {
        noted = d.output().item();
        d.give(0, d.output());
    });
}

void print_row(const char* name, const Tensor& t, plain::Scalar on_tape, Real gradient, double by_hand,
               const char* rule) {
    std::printf("  %-3s %-9s %8.4f  %9.4f  %9.4f  %9.4f   %s\n", name, t.node()->op, t.item(), on_tape.gradient(),
                gradient, by_hand, rule);
}

void formula_forwards_and_backwards() {
    plain::Tape tape;                                    // in single numbers
    const plain::Scalar x1 = tape.number(2), y1 = tape.number(3);
    const plain::Scalar p1 = x1 * y1, e1 = exp(x1), z1 = p1 + e1;
    tape.backward(z1);

    Tensor x = variable(2), y = variable(3);             // in tensors
    Real dp = 0, de = 0;
    const Tensor p = x * y, e = exp(x);
    Tensor z = watch(p, dp) + watch(e, de);
    z.backward();

    std::printf("1. z = x*y + exp(x) at x = 2, y = 3, from the end back to the start\n\n"
                "      made by      value       tape     engine    by hand\n");
    print_row("z", z, z1, 1, 1, "dz/dz = 1, where backward starts");
    print_row("e", e, e1, de, 1, "dz/de = 1, a sum passes its gradient on");
    print_row("p", p, p1, dp, 1, "dz/dp = 1, likewise");
    print_row("y", y, y1, y.grad().item(), 2, "dz/dy = x");
    print_row("x", x, x1, x.grad().item(), 3 + std::exp(2.0), "dz/dx = y + e^x, one term from p and one from e");
}

void diamond() {
    std::printf("\n2. A diamond: L = a*b with a = 2*x and b = x + 1, at x = 3\n\n");
    Tensor x = variable(3);
    Real by_a = 0, by_b = 0;
    const Tensor a = 2 * watch(x, by_a), b = watch(x, by_b) + 1;
    Tensor loss = a * b;
    loss.backward();
    std::printf("  through a   dL/da * 2 = b * 2 = %4.1f\n", by_a);
    std::printf("  through b   dL/db * 1 = a * 1 = %4.1f\n", by_b);
    std::printf("  at x        their sum         = %4.1f     by hand: L = 2x^2 + 2x, dL/dx = 4x + 2 = 14\n",
                x.grad().item());
    std::printf("  A residual block is such a diamond, x + F(x): lesson 4.\n");
}

void one_step_downhill() {
    std::printf("\n3. One step of gradient descent: find w with 3*w = 6, loss (3*w - 6)^2, starting at w = 1\n\n");
    Tensor w = variable(1);
    const auto loss_of = [](const Tensor& w) { return power(3 * w - 6, 2); };
    Tensor loss = loss_of(w);
    loss.backward();
    const Real rate = Real(0.05), slope = w.grad().item();
    std::printf("  before   w = %.2f   loss = %.2f   gradient = %.1f     by hand: 2 (3w - 6) 3 = -18\n",
                w.item(), loss.item(), slope);
    w.data()[0] -= rate * slope;                         // against the gradient: downhill
    std::printf("  after    w = %.2f   loss = %.2f   as w - %.2f * (%.1f) = %.2f\n",
                w.item(), loss_of(w).item(), rate, slope, w.item());
    std::printf("  All that follows is this step, with more weights: lesson 2.\n");
}

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "The derivatives of a formula, on paper and by the engine.");
    formula_forwards_and_backwards();
    diamond();
    one_step_downhill();
    return lesson.end();
}
