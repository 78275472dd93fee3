// How does a net learn a curve whose formula it has never seen?
//
// A multi-layer perceptron with one input and one output is a sum of bent lines:
//
//     h1 = tanh(x w1 + b1)        24 soft steps, each with its own place and slope
//     h2 = tanh(h1 w2 + b2)       24 mixtures of them, bent again
//     y  = h2 w3 + b3             their sum
//
// It is shown 128 points of the curve.  The loss is the mean squared distance from them, backward() gives the
// derivative of the loss with respect to all 673 weights at once, and each weight takes a small step downhill.
// This is repeated thousands of times.
#include <cmath>
#include <cstdio>
#include <string>

#include "engine/autograd.h"
#include "examples/common/lesson.h"
#include "layers/layers.h"

using namespace deepen;

struct Perceptron : Module {
    Linear first{1, 24}, second{24, 24}, third{24, 1};
    Tensor forward(const Tensor& x) override { return third(tanh(second(tanh(first(x))))); }
    void visit(Visitor& v) override {
        v.module("first", first);
        v.module("second", second);
        v.module("third", third);
    }
    std::string_view type() const override { return "Perceptron"; }
};

double curve(double x) { return std::sin(3 * x) * std::exp(-x * x / 4) + 0.2 * x; }

// `count` positions from -3 to 3, one per row.
Tensor places(Index count) {
    Tensor x = Tensor::uninitialised({count, 1});
    for (Index i = 0; i < count; ++i) x.data()[i] = static_cast<Real>(-3 + 6.0 * i / (count - 1));
    return x;
}

Tensor curve_at(const Tensor& x) {
    Tensor y = Tensor::uninitialised(x.shape());
    for (Index i = 0; i < x.size(); ++i) y.data()[i] = static_cast<Real>(curve(x.data()[i]));
    return y;
}

// One step of gradient descent on all weights; by hand, so that nothing is hidden.  Sgd (layers/sgd.h) does
// the same and adds momentum.
double step(Perceptron& net, std::vector<NamedTensor>& weights, const Tensor& x, const Tensor& wanted, Real rate) {
    Tensor loss = mean(power(net(x) - wanted, 2));
    for (NamedTensor& w : weights) w.tensor.zero_grad(); // backward adds, so start from zero
    loss.backward();
    for (NamedTensor& w : weights) {
        const Tensor slope = w.tensor.grad();
        for (Index i = 0; i < slope.size(); ++i) w.tensor.data()[i] -= rate * slope.data()[i];
    }
    return loss.item();
}

// The curve as '.', the fit as 'o', and '@' where both fall on one character.
void plot(Perceptron& net) {
    constexpr int columns = 76, rows = 19;
    const auto row_of = [](double y) { return static_cast<int>(std::lround((1.5 - y) / 3 * (rows - 1))); };
    const NoGrad no_grad;                                // looking is not learning: nothing is recorded
    const Tensor x = places(columns), y = net(x);
    std::vector<std::string> canvas(rows, std::string(columns, ' '));
    for (int column = 0; column < columns; ++column) {
        const int fit = row_of(y.data()[column]), truth = row_of(curve(x.data()[column]));
        if (fit >= 0 && fit < rows) canvas[fit][column] = 'o';
        canvas[truth][column] = fit == truth ? '@' : '.';
    }
    for (const std::string& line : canvas) std::printf("  |%s\n", line.c_str());
    std::printf("  +%s\n", std::string(columns, '-').c_str());
}

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "A net of three layers fits a curve.");
    Perceptron net;
    initialise(net, 1, xavier_normal);                   // for tanh; He's larger weights are for relu
    std::vector<NamedTensor> weights = named_parameters(net);
    const Tensor x = places(128), wanted = curve_at(x);

    std::printf("Fitting sin(3x) exp(-x^2/4) + x/5 on [-3, 3] with %d weights\n\n  step    loss\n",
                static_cast<int>(parameter_count(net)));
    constexpr int steps = 10000;
    for (int i = 0; i <= steps; ++i) {
        const double loss = step(net, weights, x, wanted, Real(0.1));
        if (i == 0 || i == 10 || i == 100 || i == 1000 || i == 5000 || i == steps)
            std::printf("  %5d   %.5f\n", i, loss);
    }
    std::printf("\nThe curve is '.', the fit 'o', both '@'; x from -3 to 3, y from 1.5 down to -1.5\n\n");
    plot(net);
    return lesson.end();
}
