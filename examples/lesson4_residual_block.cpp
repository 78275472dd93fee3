// What does a shortcut do to the gradient?
//
//     plain      y = relu(F(x))               F(x) = conv(relu(conv(x))), each conv with batch norm or without
//     residual   y = relu(F(x) + x)           F(x) + x is equation (1) of He et al. 2015; see their Figure 2
//
// A sum passes its gradient on to both its terms.  So below the last relu, where the sum s = F(x) + x has the gradient
// ds, the gradient at x is ds itself plus what F makes of it:
//
//     dx = ds + ds F'(x) = ds (1 + F'(x))     in a plain block the "1 +" is missing
//
// Where F' is small, the gradient fades in a plain block and passes through a residual one.  Yet the paper argues that,
// with batch norm, this is unlikely to be why deep plain nets train badly (section 4.1).  So thirty blocks of each kind
// are measured here in three settings, before any training.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/autograd.h"
#include "engine/ops.h"
#include "examples/common/lesson.h"
#include "layers/initialise.h"

using namespace deepen;

constexpr int blocks = 30;
constexpr Index channels = 16;

enum class Kind { plain, residual };
struct Setting {
    double weight_size;
    bool norm;
};  // 1 is the size of equation 10 (layers/initialise.h)

Tensor random_normal(Shape shape, std::uint64_t stream, double deviation = 1) {
    Tensor t = Tensor::uninitialised(shape);
    Random random(1, stream);
    for (Real& v : t.data()) v = static_cast<Real>(deviation * random.normal());
    return t;
}

// 3x3, with weights drawn from `stream`: both kinds of chain get the same.
Tensor convolve(const Tensor& x, std::uint64_t stream, Setting s) {
    const Tensor w = random_normal({3, 3, channels, channels}, stream, s.weight_size * std::sqrt(2.0 / (9 * channels)));
    const Tensor y = conv2d(x, w, {}, {.padding = 1});
    const Tensor zeros = Tensor::zeros({channels}), ones = Tensor::ones({channels});
    return s.norm ? batch_norm(y, ones, zeros, zeros.clone(), ones.clone(), {}) : y;
}

Tensor F(const Tensor& x, std::uint64_t stream, Setting s) {
    return convolve(relu(convolve(x, stream, s)), stream + 1, s);
}

Tensor block(Kind kind, const Tensor& x, std::uint64_t stream, Setting s) {
    return relu(kind == Kind::plain ? F(x, stream, s) : F(x, stream, s) + x);
}

double norm(const Tensor& t) {
    double squares = 0;
    for (Real v : t.data()) squares += static_cast<double>(v) * v;
    return std::sqrt(squares);
}

// y = x, and the norm of the gradient that passes is noted down (as in lesson 1).
Tensor watch(const Tensor& x, double& noted) {
    return record("watch", x.detach(), {x}, [&noted](Gradients& d) {
        noted = norm(d.output());
        d.give(0, d.output());
    });
}

// Norms of the gradients at the blocks' inputs, when one of norm 1 is sent in at the end.
std::vector<double> gradient_norms(Kind kind, Setting s) {
    std::vector<double> norms(blocks);
    Tensor y = variable(random_normal({8, 16, 16, channels}, 1000));
    for (int i = 0; i < blocks; ++i) y = block(kind, watch(y, norms[i]), 2 * i, s);
    const Tensor dy = random_normal(y.shape(), 1001);
    y.backward(dy * static_cast<Real>(1 / norm(dy)));
    return norms;
}

// Two characters per power of ten, to the left of 1 or to the right.
std::string bar(double norm) {
    const int length = std::clamp(static_cast<int>(std::lround(2 * std::log10(norm))), -20, 10);
    const std::string left(std::max(-length, 0), '#'), right(std::max(length, 0), '#');
    return std::string(20 - left.size(), ' ') + left + "|" + right;
}

void compare(const char* title, Setting s, const char* reading) {
    const std::vector<double> plain = gradient_norms(Kind::plain, s), residual = gradient_norms(Kind::residual, s);
    std::printf("\n   %s\n\n   block    plain%37sresidual\n", title, "");
    for (int i = 0; i < blocks; i += i == 0 ? 2 : 3)
        std::printf("   %5d %8.2g %-31s %8.2g %s\n", i + 1, plain[i], bar(plain[i]).c_str(), residual[i],
                    bar(residual[i]).c_str());
    std::printf("\n   %s\n", reading);
}

// One block without its last relu: autograd's gradient, and its two terms computed separately.
void one_plus() {
    const Setting s{1, true};
    Tensor x = variable(random_normal({1, 4, 4, channels}, 1002)), x_of_F = variable(x);
    const Tensor ds = random_normal(x.shape(), 1003);
    Tensor s_of_x = F(x, 0, s) + x, F_of_x = F(x_of_F, 0, s);
    s_of_x.backward(ds);
    F_of_x.backward(ds);
    std::printf(
        "1. dx = ds + ds F'(x), in one block with random weights\n\n"
        "        ds   ds F'(x)       sum   backward's dx\n");
    for (int i = 0; i < 4; ++i) {
        const Real a = ds.data()[i], b = x_of_F.grad().data()[i];
        std::printf("  %8.4f   %8.4f  %8.4f        %8.4f\n", a, b, a + b, x.grad().data()[i]);
    }
}

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "What a shortcut does to the gradient, measured.");
    one_plus();
    std::printf(
        "\n2. The norm of the gradient at the input of each of 30 blocks, if it is 1 at the output of the last\n"
        "   (a bar has two characters per power of ten, to the left of | where the norm is below 1)\n");
    compare("Weights 0.7 times He's size, no batch norm", {0.7, false},
            "Plain: the gradient vanishes.  Residual: the shortcuts carry it.");
    compare("Weights of He's size, no batch norm", {1, false},
            "Plain: it survives, as that size ensures.  Residual: every sum adds to it, and it explodes.");
    compare(
        "Weights 0.7 times He's size, batch norm", {0.7, true},
        "Neither vanishes, though the weights are small again.  In the plain chain it grows far more.");
    std::printf(
        "\n   So with batch norm, the plain chain does not suffer from vanishing gradients, at least before\n"
        "   training.  What the first steps make of it: build/why signal.  Whether it trains worse, and whether\n"
        "   shortcuts help, takes an experiment: lesson 5.\n");
    return lesson.end();
}
