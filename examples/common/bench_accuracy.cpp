#include "examples/common/bench_accuracy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/conv/algorithm.h"
#include "engine/conv/reference.h"
#include "engine/error.h"
#include "layers/layers.h"
#include "resnet/data/data_path.h"
#include "resnet/training/trainer.h"

namespace deepen {
namespace {

Tensor normal_tensor(const Shape& shape, Random& random) {
    Tensor t = Tensor::uninitialised(shape);
    for (Real& v : t.data()) v = static_cast<Real>(random.normal());
    return t;
}

}  // namespace

// --- by layer ------------------------------------------------------------------------------------

Errors errors_of(std::span<const Real> got, const std::vector<double>& exact) {
    ensure(got.size() == exact.size(), "errors_of: ", got.size(), " numbers came for ", exact.size(), " exact ones");
    double error = 0, norm = 0, largest_error = 0, largest = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double difference = got[i] - exact[i];
        error += difference * difference;
        norm += exact[i] * exact[i];
        largest_error = std::max(largest_error, std::abs(difference));
        largest = std::max(largest, std::abs(exact[i]));
    }
    return {.relative = std::sqrt(error / norm), .largest = largest_error / largest};
}

ExactConvolution::ExactConvolution(const ConvGeometry& g, std::uint64_t seed) : g_(g) {
    Random random(seed);
    x_ = normal_tensor({g.batch, g.height, g.width, g.in_channels}, random);
    w_ = Tensor::uninitialised({g.kernel_height, g.kernel_width, g.in_channels, g.out_channels});
    he_normal(w_, g.patch_size(), g.kernel_height * g.kernel_width * g.out_channels, random);
    dy_ = normal_tensor({g.batch, g.out_height, g.out_width, g.out_channels}, random);
    y_ = exact_forward(g, x_.data().data(), w_.data().data());
    dx_ = exact_data_gradient(g, w_.data().data(), dy_.data().data());
    dw_ = exact_weight_gradient(g, x_.data().data(), dy_.data().data());
}

ExactConvolution::Passes ExactConvolution::errors(ConvAlgorithm id) const {
    const ConvolutionAlgorithm& algorithm = choose_convolution(g_, id);
    Tensor y = Tensor::uninitialised(dy_.shape()), dx = Tensor::zeros(x_.shape()), dw = Tensor::zeros(w_.shape());
    algorithm.forward(g_, x_, w_.data().data(), {.data = y.data().data()});
    algorithm.backward(g_, x_, w_.data().data(), dy_, {.data = dx.data().data()}, dw.data().data());
    return {errors_of(y.data(), y_), errors_of(dx.data(), dx_), errors_of(dw.data(), dw_)};
}

// --- over a training run ---------------------------------------------------------------------------

double weight_distance(Module& a, Module& b) {
    const std::vector<NamedTensor> of_a = named_parameters(a), of_b = named_parameters(b);
    ensure(of_a.size() == of_b.size(), "weight_distance: nets of ", of_a.size(), " and ", of_b.size(), " parameters");
    double distance = 0, norm = 0;
    for (std::size_t i = 0; i < of_a.size(); ++i)
        for (Index k = 0; k < of_b[i].tensor.size(); ++k) {
            const double v = of_b[i].tensor.data()[k], difference = of_a[i].tensor.data()[k] - v;
            distance += difference * difference;
            norm += v * v;
        }
    return std::sqrt(distance / norm);
}

void move_by_one_unit(Module& net, std::uint64_t seed) {
    constexpr Real infinity = std::numeric_limits<Real>::infinity();
    Random random(seed);
    for (NamedTensor& p : named_parameters(net))
        for (Real& v : p.tensor.data())
            if (v != 0) v = std::nextafter(v, random.chance(0.5) ? infinity : -infinity);
}

namespace {

// A net with its own weights and optimiser.
struct TrainingRun {
    std::unique_ptr<Module> net;
    Trainer trainer;
    Evaluation seen = {};
    double loss = 0;

    TrainingRun(const AccuracySetting& s, const DataSplits& data, const Preprocessing& preprocessing,
                ConvAlgorithm algorithm)
        : net(started(s, algorithm)), trainer(*net, data, preprocessing, {.batch = s.batch}) {}

    static std::unique_ptr<Module> started(const AccuracySetting& s, ConvAlgorithm algorithm) {
        std::unique_ptr<Module> net = make_model(s.model);
        initialise(*net, s.seed);
        for (auto& [name, part] : named_modules(*net))
            if (auto* conv = dynamic_cast<Conv2d*>(part)) conv->algorithm = algorithm;
        return net;
    }

    void step(const Batch& batch) { loss = trainer.step(batch, seen); }
};

bool worth_telling(Index iteration, Index last) {
    return iteration == 1 || iteration == 10 || iteration == 50 || iteration % 100 == 0 || iteration == last;
}

}  // namespace

OfEachRun train_three(const AccuracySetting& s, const std::function<void(const Comparison&)>& told) {
    const DataSplits data =
        load_data("synthetic", {.seed = s.seed, .train_count = s.train_count, .test_count = s.test_count});
    const Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    TrainingRun automatic(s, data, preprocessing, ConvAlgorithm::automatic);
    TrainingRun im2col(s, data, preprocessing, ConvAlgorithm::im2col);
    TrainingRun twin(s, data, preprocessing, ConvAlgorithm::im2col);
    move_by_one_unit(*twin.net, s.seed);

    Loader loader(data.train, preprocessing,
                  {.batch = s.batch, .shuffle = true, .augment = {.views = Views::shifted}, .seed = s.seed});
    Index iteration = 0;
    for (Index epoch = 1; iteration < s.iterations; ++epoch) {
        loader.start(epoch);
        for (Batch batch; iteration < s.iterations && loader.next(batch);) {
            for (TrainingRun* run : {&automatic, &im2col, &twin}) run->step(batch);
            if (worth_telling(++iteration, s.iterations))
                told({.iteration = iteration,
                      .loss = {automatic.loss, im2col.loss, twin.loss},
                      .automatic_apart = weight_distance(*automatic.net, *im2col.net),
                      .twin_apart = weight_distance(*twin.net, *im2col.net)});
        }
    }
    const auto test_error = [&](TrainingRun& run) {
        return evaluate(*run.net, data.test, preprocessing, s.batch).error();
    };
    return {.automatic = test_error(automatic), .im2col = test_error(im2col), .twin = test_error(twin)};
}

// --- both, as a page -------------------------------------------------------------------------------

namespace {

void print_layers(Index batch, std::uint64_t seed) {
    struct Layer {
        const char* name;
        Index size, channels, batch;
    };
    std::printf(
        "Error of one 3x3 convolution of stride 1 against sums in double: its norm over that of what is exact,\n"
        "and the largest error over the largest exact number.  Seed %d\n\n%-41s  %-17s  %-17s  weight gradient\n",
        int(seed), "", "forward", "data gradient");
    std::printf("%-31s %-9s", "layer", "algorithm");
    for (int pass = 0; pass < 3; ++pass) std::printf("  %8s %8s", "norm", "largest");
    std::printf("\n");
    for (const Layer& l : {Layer{"16 channels, 32x32", 32, 16, batch}, Layer{"32 channels, 16x16", 16, 32, batch},
                           Layer{"64 channels, 8x8", 8, 64, batch}, Layer{"64 channels, 56x56", 56, 64, 4},
                           Layer{"128 channels, 28x28", 28, 128, 4}, Layer{"256 channels, 14x14", 14, 256, 4},
                           Layer{"512 channels, 7x7", 7, 512, 4}}) {
        const ConvGeometry g = conv_geometry({l.batch, l.size, l.size, l.channels}, {3, 3, l.channels, l.channels},
                                             {.stride = 1, .padding = 1});
        const ExactConvolution exact(g, seed);
        for (const ConvolutionAlgorithm* a : {&winograd_convolution, &direct_convolution, &im2col_convolution}) {
            if (!a->suits(g)) continue;
            const ExactConvolution::Passes e = exact.errors(a->id);
            std::printf("%-31s %-9s", text(l.name, ", batch ", l.batch).c_str(), a->name);
            for (const Errors& pass : {e.forward, e.data_gradient, e.weight_gradient})
                std::printf("  %8.1e %8.1e", pass.relative, pass.largest);
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

}  // namespace

void print_accuracy(const AccuracySetting& s) {
    print_layers(s.batch, s.seed);
    if (s.iterations == 0) return;
    std::printf(
        "\nTraining of %s, batch %d, seed %d: loss, and how far all weights are from those of im2col\n\n"
        "%9s  %29s  %19s\n%9s  %9s %9s %9s  %9s %9s\n",
        s.model.name.c_str(), int(s.batch), int(s.seed), "", "loss             ", "distance    ", "iteration",
        "automatic", "im2col", "twin", "automatic", "twin");
    const OfEachRun errors = train_three(s, [](const Comparison& at) {
        std::printf("%9d  %9.6f %9.6f %9.6f  %9.1e %9.1e\n", int(at.iteration), at.loss.automatic, at.loss.im2col,
                    at.loss.twin, at.automatic_apart, at.twin_apart);
        std::fflush(stdout);
    });
    std::printf("%-9s  %7.2f %% %7.2f %% %7.2f %%\n", "test error", 100 * errors.automatic, 100 * errors.im2col,
                100 * errors.twin);
}

}  // namespace deepen
