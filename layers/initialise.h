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

// Fills `w`, [kh,kw,in,out] or [in,out], whose every output sums fan_in inputs and whose every input feeds fan_out
// outputs.
using Initialiser = void (*)(Tensor& w, Index fan_in, Index fan_out, Random& random);

// He: deviation sqrt(2 / fan_in).  Xavier (Glorot and Bengio 2010): deviation sqrt(2 / (fan_in + fan_out)).
// Uniform ones have the same deviation, between plus and minus sqrt(3) times it.
void he_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);
void he_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);
void xavier_normal(Tensor& w, Index fan_in, Index fan_out, Random& random);
void xavier_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);
// What PyTorch's Conv2d and Linear start from: +- 1 / sqrt(fan_in), a deviation 2.4 times smaller than He's.
void pytorch_uniform(Tensor& w, Index fan_in, Index fan_out, Random& random);

// Three that start deep plain nets as something easy to train.  They are about convolutions, and about the centre of
// the kernel; a Linear, taken for the last layer, starts as he_normal.
//
// Channels pass unchanged: output c is input c, w[centre,c,c] = 1.  Outputs that have no such input are he_normal's,
// since a constant would have no variance for batch norm to divide by.  Zagoruyko and Komodakis 2017, "DiracNets"
// (arXiv:1706.00388), learn weights relative to this identity; as a start alone it is PyTorch's dirac_.
void dirac(Tensor& w, Index fan_in, Index fan_out, Random& random);
// Lengths pass unchanged: w[centre] is a random orthogonal matrix times sqrt(2), which makes up for the half that relu
// cuts off.  Xiao et al. 2018 (arXiv:1806.05393), without relu and so without the sqrt(2).  With out > in its rows are
// orthonormal: the length is kept, spread over more channels.  With in > out its columns are: some directions get lost.
void delta_orthogonal(Tensor& w, Index fan_in, Index fan_out, Random& random);
// A plain net is linear.  Channels 2c and 2c+1 hold z and -z of one number z, so that the next layer can put it
// together again, relu(z) - relu(-z) = z:
//
//     w[centre,i,j] = (-1)^(i+j) W'[i/2,j/2]          a block of W' is (W' -W'; -W' W')
//
// W' is a random orthogonal matrix, not scaled, as nothing gets lost.  The first layer's inputs are no pairs: an odd
// number of them, as of colours, gets w[centre,i,j] = (-1)^j W'[i,j/2].  The last layer's outputs are none either: a
// Linear gets w[i,j] = (-1)^i W'[i/2,j], of he_normal's size.  Refuses a convolution with an odd number of outputs.
// Batch norm leaves pairs as they are; max pooling is not linear, and neither is relu(F(x) + x).  Balduzzi et al. 2017,
// "The shattered gradients problem" (arXiv:1702.08591), have all z first and then all -z.
void looks_linear(Tensor& w, Index fan_in, Index fan_out, Random& random);

// By name: "he_normal", ...  Refuses others, saying which there are.
Initialiser parse_initialiser(const std::string& name);
std::vector<std::string> initialiser_names();

}  // namespace deepen
