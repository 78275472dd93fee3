// Do gradients at different inputs point the same way?
//
// Balduzzi, Frean, Leary, Lewis, Ma and McWilliams 2017, "The shattered gradients problem: If resnets are the answer,
// then what is the question?" (arXiv:1702.08591).  A gradient says which way to go for one input.  It is of use if it
// says nearly the same for other inputs: if gradients at different inputs are correlated.  In untrained nets with batch
// norm, for two inputs i and j and L layers (theorems 1 and 3):
//
//     plain         corr(g_i, g_j) = 2^-L          g = dy/dx, y a fixed combination of the net's outputs
//     residual      corr(g_i, g_j) = L^-1/2
//
// Plain.  A layer's gradient passes relu where it is active.  Batch norm makes every unit active for half of the
// inputs, and for two different inputs nearly independently: of what is passed for i, half is passed for j as well.  So
// each layer halves what the two have in common, and after a few layers gradients are white noise: *shattered*.
//
// Residual.  The shortcut passes all of it.  Block l's branch has variance 1 beside a stream that has variance l, so
// the deeper the block the less it changes, and what two gradients have in common falls as a power of depth.
#pragma once

#include "resnet/data/loader.h"
#include "resnet/preactivation.h"
#include "resnet/why/notebook.h"
#include "resnet/why/study.h"

namespace deepen {

namespace threshold {
// A layer halves the correlation if masks are independent.  A correlation r between two inputs' units makes that
// 1/2 + asin(r)/pi: up to 0.65 for r = 0.45, and 0.4 for r = -0.3.  Beyond that it is another law.
constexpr double least_halving = 0.4, most_halving = 0.65;
// A power of depth fits better than an exponential if it leaves half of its squared error or less: a third of both.
constexpr double better_fit = 1.0 / 3;
// L to the power of -1/2: half-way from there to no decay at all, and to one over L.
constexpr double least_exponent = -0.75, most_exponent = -0.25;
// Correlations below this cannot be told from zero: the mean over the 496 pairs of 32 random directions in 3072
// dimensions scatters by 0.0008, and gradients at neighbouring pixels are alike, so that there are fewer dimensions.
constexpr double noise_floor = 0.005;
}  // namespace threshold

// "plain" and "residual" blocks are those of block.h; "preactivation" blocks, whose shortcut no relu interrupts, those
// of preactivation.h, and of the theorem.
constexpr const char* shattered_kinds[] = {"plain", "residual", "preactivation"};

// A stem and `blocks` blocks of two layers of one kind, all of one width and one size of map: without the stages of the
// paper's nets, so that all layers are alike.  1 + 2 blocks convolutions.
class Chain : public Module {
public:
    Chain(const std::string& kind, int blocks, Index width);

    Conv2d conv1;
    BatchNorm2d bn1;
    Sequential body;
    Linear fc;                                           // to one output

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "Chain"; }

private:
    bool norm_first_;                                    // of every block: then the stem's batch norm stands at the end
};

// Batch norm's running statistics become those of x.  From then on, in evaluation mode, batch norm is a fixed affine
// map as it was for x in training mode, and no input has a part in another's gradient.
void calibrate(Module& net, const Tensor& x);

// dy/dx of each input: x [N,H,W,C] -> the same shape.  In evaluation mode.
Tensor input_gradients(Module& net, const Tensor& x);

// The cosine of the angle between the rows i and j of g [N,...].
double correlation(const Tensor& g, Index i, Index j);
double mean_correlation(const Tensor& g);                // over all pairs of rows
// The mean over all rows that are `lag` apart: of inputs along a line, the autocorrelation.
double autocorrelation(const Tensor& g, Index lag);

struct ShatteredOptions {
    std::vector<int> blocks{1, 2, 3, 4, 6, 8, 12, 16, 25};       // ascending; 3 to 51 layers
    std::vector<std::uint64_t> seeds{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    Index pictures = 32;                                 // whose gradients are compared with each other
    Index line = 128;                                    // inputs on the line from the first to the second of them
    std::vector<int> along{1, 8, 25};                    // of how many blocks chains are looked at along the line,
    std::uint64_t along_seeds = 2;                       //   from the first seeds
    Index width = 16;
};

// What one chain shows.
struct Shattering {
    std::string kind;                                    // of shattered_kinds
    int layers = 0;
    std::uint64_t seed = 0;
    double correlation = 0;                              // of different pictures' gradients
    std::vector<double> along;                           // by lag 0, 1, 2, ... on the line, if looked at
    std::vector<double> component;                       // of the gradient on the line: by the pixel in the middle
};

// How a correlation falls with depth, fitted by least squares in its logarithm, as far as it is told from zero:
//
//     c = a f^L         `factor` f a layer
//     c = b L^p         `exponent` p
struct Decay {
    std::size_t depths = 0;                              // that the fit has
    double factor = 0, exponent = 0;
    double share = 0;                                    // of the power in the squared errors of both
};
Decay decay(const std::vector<std::pair<int, double>>& correlation_by_layers);

// `measured` is called after each chain, measured now or noted before.
std::vector<Shattering> measure_shattering(const ShatteredOptions& options, const PictureSet& pictures,
                                           Notebook& notebook, const std::function<void()>& measured);
Index shattered_measurements(const ShatteredOptions& options);
double shattered_seconds(const ShatteredOptions& options);       // about so long it takes here

std::vector<Claim> judge_shattering(const std::vector<Shattering>& found);

Study shattered_study(const ShatteredOptions& options, const PictureSet& pictures, Notebook& notebook,
                      const std::function<void()>& measured);

}  // namespace deepen
