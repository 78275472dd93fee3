#include "engine/plain/residual_block.h"

namespace deepen::plain {
namespace {

Numbers relu(const Numbers& x) {
    Numbers y(x);
    for (double& v : y)
        if (v < 0) v = 0;
    return y;
}

// The gradient at relu's input: what arrived where the input was above zero, and nothing elsewhere.
Numbers relu_gradient(const Numbers& x, const Numbers& dy) {
    Numbers dx(dy);
    for (std::size_t i = 0; i < x.size(); ++i)
        if (x[i] <= 0) dx[i] = 0;
    return dx;
}

void add(Numbers& to, const Numbers& x) {
    for (std::size_t i = 0; i < x.size(); ++i) to[i] += x[i];
}

}  // namespace

ResidualBlock::Pass ResidualBlock::forward(const Numbers& x) const {
    Pass p;
    p.n1 = batch_norm(conv2d(g, x, w1), gamma1, beta1);
    p.y1 = relu(p.n1.y);
    p.n2 = batch_norm(conv2d(g, p.y1, w2), gamma2, beta2);
    p.s = p.n2.y;
    if (residual) add(p.s, x);                           // F(x) + x
    p.y = relu(p.s);
    return p;
}

ResidualBlock::Gradients ResidualBlock::backward(const Numbers& x, const Pass& p, const Numbers& dy) const {
    Gradients d;
    const Numbers ds = relu_gradient(p.s, dy);
    const BatchNormGradients second = batch_norm_backward(p.n2, gamma2, ds);
    d.dgamma2 = second.dgamma, d.dbeta2 = second.dbeta;
    d.dw2 = conv2d_weight_gradient(g, p.y1, second.dx);
    const Numbers dy1 = conv2d_data_gradient(g, w2, second.dx);

    const BatchNormGradients first = batch_norm_backward(p.n1, gamma1, relu_gradient(p.n1.y, dy1));
    d.dgamma1 = first.dgamma, d.dbeta1 = first.dbeta;
    d.dw1 = conv2d_weight_gradient(g, x, first.dx);
    d.dx = conv2d_data_gradient(g, w1, first.dx);
    if (residual) add(d.dx, ds);                         // the two gradients meet here
    return d;
}

void ResidualBlock::step(const Gradients& d, double rate) {
    const auto descend = [rate](Numbers& w, const Numbers& dw) {
        for (std::size_t i = 0; i < w.size(); ++i) w[i] -= rate * dw[i];
    };
    descend(w1, d.dw1), descend(gamma1, d.dgamma1), descend(beta1, d.dbeta1);
    descend(w2, d.dw2), descend(gamma2, d.dgamma2), descend(beta2, d.dbeta2);
}

double squared_error(const Numbers& y, const Numbers& target) {
    double loss = 0;
    for (std::size_t i = 0; i < y.size(); ++i) loss += (y[i] - target[i]) * (y[i] - target[i]) / 2;
    return loss;
}

Numbers squared_error_gradient(const Numbers& y, const Numbers& target) {
    Numbers dy(y);
    for (std::size_t i = 0; i < y.size(); ++i) dy[i] -= target[i];
    return dy;
}

}  // namespace deepen::plain
