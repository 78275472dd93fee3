// How are weights updated?  Stochastic gradient descent with momentum.
//
// For each weight w with gradient g, velocity v:
//
//     g <- g + weight_decay * w             the gradient of weight_decay/2 * |w|^2
//     v <- momentum * v + g
//     w <- w - lr * v                       Nesterov: w - lr * (g + momentum * v)
//
// This is PyTorch's and torchvision's form; Sutskever et al. 2013 keep lr inside v, which differs
// only while lr changes.  He et al. 2015, section 3.4: momentum 0.9, weight decay 1e-4.
#pragma once

#include "layers/module.h"

namespace deepen {

struct SgdOptions {
    double lr = 0.1;
    double momentum = 0.9;
    double weight_decay = 1e-4;
    bool nesterov = false;
    bool decay_norm_and_bias = true;      // the paper decays all; false leaves out tensors of one axis
};

class Sgd {
public:
    // Moves these parameters; keeps handles on them.
    Sgd(std::vector<NamedTensor> parameters, SgdOptions options);

    void zero_grad();
    void step();                          // parameters that no gradient reached stay as they are
    void set_lr(double lr) { options_.lr = lr; }
    double lr() const { return options_.lr; }

    // What a checkpoint has to keep besides the weights: the velocities, by parameter name.
    std::vector<NamedTensor>& velocities() { return velocities_; }

private:
    SgdOptions options_;
    std::vector<NamedTensor> parameters_, velocities_;
};

}  // namespace deepen
