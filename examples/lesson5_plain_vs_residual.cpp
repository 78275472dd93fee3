// Do shortcuts help a deep net to learn?
//
// Two nets of the same depth, with the same weights to begin with, bit for bit; both are shown the same
// batches in the same order.  One has a shortcut around every two layers.  That is the only difference, so
// whatever happens is due to the shortcuts (He et al. 2015, section 4.2, with nets and pictures
// small enough for a minute).
#include <cmath>
#include <cstdio>
#include <string>

#include "examples/common/lesson.h"
#include "resnet/cifar.h"
#include "resnet/data/data_path.h"
#include "resnet/training/trainer.h"

using namespace deepen;

// How many weights of the two nets differ.
Index differences(Module& a, Module& b) {
    const auto first = named_parameters(a), second = named_parameters(b);
    Index count = 0;
    for (std::size_t i = 0; i < first.size(); ++i)
        for (Index k = 0; k < first[i].tensor.size(); ++k)
            count += first[i].tensor.data()[k] != second[i].tensor.data()[k];
    return count;
}

std::string bar(double error) { return std::string(std::lround(30 * error), '#'); }

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "Two nets that differ in their shortcuts alone.");
    constexpr int depth = 32, every = 25;
    const CifarOptions options{.depth = depth, .width = 8};
    CifarOptions without_shortcuts = options;
    without_shortcuts.shortcut = Shortcut::none;
    const auto residual = cifar_resnet(options), plain = cifar_resnet(without_shortcuts);
    initialise(*residual, 1);
    initialise(*plain, 1);
    std::printf("Two nets of %d layers, %d weights each, of which %d differ at the start\n\n", depth,
                static_cast<int>(parameter_count(*plain)), static_cast<int>(differences(*plain, *residual)));

    const DataSplits data = load_data("synthetic", {.train_count = 8000, .test_count = 0});
    const Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    const TrainingOptions training{.schedule = {.base = 0.05}};
    Trainer train_plain(*plain, data, preprocessing, training);
    Trainer train_residual(*residual, data, preprocessing, training);

    std::printf("  training error, averaged over %d steps\n\n  steps   plain%32sresidual\n", every, "");
    Loader loader(data.train, preprocessing, {.batch = 32, .shuffle = true, .seed = 1});
    Index steps = 0;
    Evaluation of_plain, of_residual;
    for (Index epoch = 1; epoch <= 2; ++epoch) {
        loader.start(epoch);
        for (Batch batch; loader.next(batch);) {
            train_plain.step(batch, of_plain);
            train_residual.step(batch, of_residual);
            if (++steps % every) continue;
            const double p = of_plain.error(), r = of_residual.error();
            std::printf("  %5d   %4.1f %% %-30s   %4.1f %% %s\n", static_cast<int>(steps), 100 * p, bar(p).c_str(),
                        100 * r, bar(r).c_str());
            std::fflush(stdout);
            of_plain = of_residual = {};
        }
    }
    std::printf(
        "\nOne depth, one seed, one minute: no more than a hint.  `make demo` compares several nets, draws their\n"
        "curves and gives a verdict; `build/degradation --data-path cifar10` does the same on CIFAR-10.\n");
    return lesson.end();
}
