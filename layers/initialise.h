// What should weights be before anything is learned?
//
// Random, and of a size that keeps signals alive through many layers.  For a layer with n inputs
// (fan_in) followed by relu, He et al. 2015b ("Delving deep into rectifiers", equation 10) derive
//
//     w ~ normal(0, sqrt(2 / n))
//
// so that the variance of the activations neither grows nor shrinks with depth.
//
// Every layer draws from a random stream of its own, found from its name.  So equal names under equal
// seeds get equal weights: a plain net and its residual twin start from the very same bits, and
// adding a layer changes no other layer's start.
#pragma once

#include <cstdint>

#include "engine/random.h"
#include "engine/tensor.h"

namespace deepen {

class Module;

// Fills `w`, a weight whose every output sums fan_in inputs and whose every input feeds fan_out outputs.
using Initialiser = void (*)(Tensor& w, Index fan_in, Index fan_out, Random& random);

void he_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);          // deviation sqrt(2 / fan_in)
void he_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);         // +- sqrt(6 / fan_in)
void xavier_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);      // deviation sqrt(2 / (fan_in + fan_out)), Glorot and Bengio 2010
void xavier_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);     // +- sqrt(6 / (fan_in + fan_out))

// Draws all weights of a net.  Biases become 0, batch norm the identity with running statistics 0 and 1.
void initialise(Module& net, std::uint64_t seed, Initialiser scheme = he_normal);

}  // namespace deepen
