// How are weights initialised?
//
// At random, and with a size that keeps signals alive through many layers.  For a layer with n inputs
// (fan_in) followed by relu, He et al. 2015b ("Delving deep into rectifiers", equation 10) derive
//
//     w ~ normal(0, sqrt(2 / n))
//
// so that the variance of the layers' outputs before relu (the paper's equations 7 to 10) neither grows nor shrinks
// with depth.
//
// Every layer draws from a random stream of its own, whose number is the hash of its name (engine/io/hash.h).
// So equal names under equal seeds get equal weights: a plain net and its residual twin start from the very
// same bits, and adding a layer changes no other layer's start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/random.h"
#include "engine/tensor.h"

namespace deepen {

// Fills `w`, a weight whose every output sums fan_in inputs and whose every input feeds fan_out outputs.
using Initialiser = void (*)(Tensor& w, Index fan_in, Index fan_out, Random& random);

// He: deviation sqrt(2 / fan_in).  Xavier (Glorot and Bengio 2010): deviation sqrt(2 / (fan_in + fan_out)).
// Uniform ones have the same deviation, between plus and minus sqrt(3) times it.
void he_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);
void he_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);
void xavier_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);
void xavier_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);
// What PyTorch's Conv2d and Linear start from: +- 1 / sqrt(fan_in), a deviation 2.4 times smaller than He's.
void pytorch_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);

// By name: "he_normal", ...  Refuses others, saying which there are.
Initialiser parse_initialiser(const std::string& name);
std::vector<std::string> initialiser_names();

}  // namespace deepen
