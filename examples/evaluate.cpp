// How many pictures does a net get wrong?  `build/evaluate --weights FILE --data-path cifar10`.
//
// Prints one line, `errors E of N, mean loss L`.  How pictures are prepared is read from the weight
// file where it says so, because weights are worth nothing with another preparation.
#include <cmath>
#include <iomanip>
#include <iostream>

#include "engine/error.h"
#include "engine/parallel.h"
#include "examples/common/model_flags.h"
#include "examples/common/program.h"
#include "examples/common/training_flags.h"
#include "resnet/training/evaluation.h"
#include "resnet/training/model_file.h"

using namespace deepen;

int main(int argc, char** argv) {
    Program program("evaluate", "Measures the error of a trained net on a set of pictures.");
    ModelFlags flags;
    std::string weights, data_path = "synthetic", split = "test";
    bool partial = false;
    std::vector<Real> mean, deviation;
    DataOptions data_options;
    Index batch = 128;
    int threads = 0;
    CLI::App& app = program.app;
    flags.add_to(app, "; by default the one in the weight file");
    app.add_option("--weights", weights, "a safetensors file written by train or with PyTorch's names")
        ->required()
        ->type_name("FILE");
    app.add_flag("--partial", partial, "load the weights that fit, leave the rest untrained and list it");
    add_data_flags(app, data_path, data_options);
    app.add_option("--split", split, "which part of the data set to use")
        ->capture_default_str()
        ->transform(one_of({"train", "test"}))
        ->type_name("train|test");
    app.add_option("--mean", mean, "mean of each colour, from 0 to 1; by default as the weight file says")
        ->delimiter(',')
        ->expected(3)
        ->type_name("R,G,B");
    app.add_option("--std", deviation, "standard deviation of each colour; by default as the weight file says")
        ->delimiter(',')
        ->expected(3)
        ->check(within(1e-6, 1e6))
        ->type_name("R,G,B");
    app.add_option("-b,--batch-size", batch, "pictures per batch")
        ->capture_default_str()
        ->check(within(1, 65536))
        ->type_name("N");
    app.add_option("--threads", threads, "number of threads; 0 for all processors")
        ->capture_default_str()
        ->check(within(0, 1024))
        ->type_name("N");

    return program.run(argc, argv, [&] {
        if (threads) set_threads(threads);
        if (mean.empty() != deviation.empty()) throw UsageError("--mean and --std go together: give both or none.");
        const ModelOptions asked = flags.options();
        const TensorFile file = read_model_file(weights);
        const ModelOptions model = model_for(file, weights, asked, partial ? Load::part : Load::whole);
        const std::unique_ptr<Module> net = make_model(model);
        initialise(*net, 1);
        if (!partial) load_state(*net, file.tensors, weights);
        else if (const Misfits misfits = load_fitting(*net, file.tensors, weights); !misfits.none())
            std::cerr << "evaluate: " << weights << " fits in part." << misfits.str() << "\n";

        std::optional<Preprocessing> preprocessing = preprocessing_of(file, weights);
        if (!mean.empty()) preprocessing = Preprocessing{mean, deviation};
        if (!preprocessing)
            throw UsageError(weights + " does not say how its pictures were prepared.  Give --mean and --std.");

        if (app.count("--image-size") == 0)
            data_options.size = image_size_of(file, weights).value_or(picture_size(model));
        const DataSplits data = load_data(data_path, data_options);
        const PictureSet& pictures = split == "train" ? data.train : data.test;
        require(pictures.count() > 0, data_path, ": there are no ", split, " pictures.  Try the other --split.");
        require(static_cast<Index>(pictures.classes.size()) == model.classes, data_path, " has ",
                pictures.classes.size(), " classes, but the net in ", weights, " tells ", model.classes,
                " apart.  Evaluate it on the set it was trained on.");
        const Evaluation result = evaluate(*net, pictures, *preprocessing, batch);
        require(std::isfinite(result.mean_loss()), weights,
                ": the mean loss is not a number, so these weights are damaged.");
        std::cout << "errors " << result.errors << " of " << result.count << ", mean loss " << std::fixed
                  << std::setprecision(5) << result.mean_loss() << "\n";
        return 0;
    });
}
