// How exact are the fast convolutions, and does training suffer?
//
// By layer: how far is an algorithm's result from the definition, summed in double (engine/conv/reference.h)?
//
// Over a training run: training magnifies any difference, however small, so a net whose convolutions round
// differently takes another path.  How far apart would two paths be anyway?  So there are three runs, which see the
// same pictures in the same order:
//
//     automatic   each convolution by its fastest algorithm: Winograd where it suits
//     im2col      all of them by direct summation
//     twin        im2col too, but every weight starts as the next float above or below
//
// im2col and its twin are equally exact.  If automatic is no further from im2col than the twin is, what
// Winograd's rounding does to training is what any rounding does.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/conv/geometry.h"
#include "layers/module.h"
#include "resnet/models.h"

namespace deepen {

// --- by layer ------------------------------------------------------------------------------------

struct Errors {
    double relative = 0;                                 // ||got - exact|| / ||exact||
    double largest = 0;                                  // the largest |got - exact| / the largest |exact|
};

Errors errors_of(std::span<const Real> got, const std::vector<double>& exact);

// A convolution of normal x and dy with He's filters, and what it and its gradients are.
class ExactConvolution {
public:
    ExactConvolution(const ConvGeometry& g, std::uint64_t seed);

    struct Passes {
        Errors forward, data_gradient, weight_gradient;
    };
    Passes errors(ConvAlgorithm id) const;               // refuses an algorithm that does not suit

private:
    ConvGeometry g_;
    Tensor x_, w_, dy_;
    std::vector<double> y_, dx_, dw_;
};

// --- over a training run ---------------------------------------------------------------------------

// ||a - b|| / ||b||, over all parameters of two nets of one kind.
double weight_distance(Module& a, Module& b);

// Every weight becomes the next number above or below, by chance; zeros stay.
void move_by_one_unit(Module& net, std::uint64_t seed);

struct AccuracySetting {
    ModelOptions model;
    Index batch = 128, iterations = 200;
    Index train_count = 10000, test_count = 2000;        // synthetic pictures
    std::uint64_t seed = 1;
};

struct OfEachRun {
    double automatic = 0, im2col = 0, twin = 0;
};

struct Comparison {
    Index iteration = 0;
    OfEachRun loss;                                      // of this iteration's batch, before the step
    double automatic_apart = 0, twin_apart = 0;          // weight_distance() from im2col, after it
};

// Trains the three, and tells where they stand after iterations 1, 10, 50, every 100th, and the last.  Their test
// errors in the end.
OfEachRun train_three(const AccuracySetting& setting, const std::function<void(const Comparison&)>& told);

// --- both, as a page -------------------------------------------------------------------------------

// `setting.batch` is that of the CIFAR shapes too; ImageNet's have 4 pictures.
void print_accuracy(const AccuracySetting& setting);

}  // namespace deepen
