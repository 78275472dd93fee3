#include "engine/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/random.h"

namespace deepen {
namespace {

class Poison {
public:
    Poison() : before_(memory::poison(true)) {}
    ~Poison() { memory::poison(before_); }
    Poison(const Poison&) = delete;
    Poison& operator=(const Poison&) = delete;

private:
    bool before_;
};

// L = sum(r * y), in double and without any of the ops under test.
double project(const Tensor& y, const Tensor& r) {
    double total = 0;
    for (Index i = 0; i < y.size(); ++i) total += static_cast<double>(y.data()[i]) * r.data()[i];
    return total;
}

double loss(const TensorFunction& f, std::vector<Tensor>& x, const Tensor& r) {
    const NoGrad evaluation;
    return project(f(x), r);
}

// (L(x + h) - L(x - h)) / 2h, where x is one element of an input, in place.
double central_difference(const TensorFunction& f, std::vector<Tensor>& x, const Tensor& r, Real& element,
                          double step) {
    const Real before = element;
    const Real above = before + static_cast<Real>(step * std::max(1.0, std::abs(static_cast<double>(before))));
    const Real below = before - (above - before);
    element = above;
    const double loss_above = loss(f, x, r);
    element = below;
    const double loss_below = loss(f, x, r);
    element = before;
    return (loss_above - loss_below) / (static_cast<double>(above) - below);
}

// Relative where derivatives are large, absolute where they are small.  NaN counts as infinitely wrong.
double error_of(double analytic, double numeric) {
    const double error = std::abs(analytic - numeric) / std::max({1.0, std::abs(analytic), std::abs(numeric)});
    return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

std::string position_text(const Shape& shape, Index flat) {
    std::vector<Index> position(shape.rank());
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        position[axis] = flat % shape[axis];
        flat /= shape[axis];
    }
    return Shape(position).str();
}

// dL/dx of each input by backward, less what its gradient was prefilled with.
std::vector<Tensor> analytic_gradients(const TensorFunction& f, std::vector<Tensor>& x, const Tensor& r) {
    std::vector<Tensor> prefilled;
    for (std::size_t i = 0; i < x.size(); ++i) {
        prefilled.push_back(random_tensor(x[i].shape(), i + 1, 0.5, 1.5));
        x[i].set_grad(prefilled[i].clone());
    }
    f(x).backward(r.clone());
    std::vector<Tensor> gradients;
    for (std::size_t i = 0; i < x.size(); ++i) {
        gradients.push_back(x[i].grad().clone());
        for (Index j = 0; j < x[i].size(); ++j) gradients[i].data()[j] -= prefilled[i].data()[j];
    }
    return gradients;
}

}  // namespace

GradientReport check_gradients(const TensorFunction& f, std::vector<Tensor> inputs, GradientCheckOptions options) {
    const Poison poison;
    std::vector<Tensor> x;
    for (const Tensor& input : inputs) x.push_back(variable(input.clone()));

    const Tensor y = f(x).detach();
    const Tensor r = random_tensor(y.shape(), options.seed);
    require(project(y, r) == loss(f, x, r), "check_gradients: the function gives NaN, or another value when called ",
            "again.  Fix its seeds, and keep inputs where it is defined.");
    const std::vector<Tensor> gradients = analytic_gradients(f, x, r);

    GradientReport report;
    for (std::size_t i = 0; i < x.size(); ++i) {
        for (Index j = 0; j < x[i].size(); ++j) {
            const double analytic = gradients[i].data()[j];
            const double numeric = central_difference(f, x, r, x[i].data()[j], options.step);
            const double error = error_of(analytic, numeric);
            if (error < report.worst || (error == report.worst && !report.message.empty())) continue;
            report.worst = error;
            report.message = text("input ", i, " ", x[i].shape(), " at ", position_text(x[i].shape(), j),
                                  ": backward gives ", std::setprecision(10), analytic, ", the central difference ",
                                  numeric, "; relative error ", std::setprecision(3), error, ", allowed ",
                                  options.tolerance);
        }
    }
    report.ok = report.worst <= options.tolerance;
    return report;
}

Tensor random_tensor(Shape shape, std::uint64_t seed, double low, double high) {
    Tensor t = Tensor::uninitialised(shape);
    Random random(seed);
    for (Real& v : t.data()) v = static_cast<Real>(random.uniform(low, high));
    return t;
}

}  // namespace deepen
