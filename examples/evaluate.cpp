// How many pictures does a net get wrong?  `build/evaluate --weights FILE --data-path cifar10`.
//
// Prints one line, `errors E of N, mean loss L`.  How pictures are prepared is read from the weight
// file where it says so, because weights are worth nothing with another preparation.
#include <charconv>
#include <cmath>
#include <iomanip>
#include <iostream>

#include "engine/error.h"
#include "engine/parallel.h"
#include "examples/common/program.h"
#include "examples/common/training_flags.h"
#include "resnet/training/evaluation.h"
#include "resnet/training/model_file.h"

using namespace deepen;

namespace {

// Width and number of classes need no flag: the file's shapes tell.  OIHW and [out,in]: output channels come first.
CifarOptions options_for(const std::string& model, const std::string& shortcut, const TensorFile& file,
                         const std::string& path) {
    CifarOptions options = parse_cifar_model_flag(model, shortcut);
    const auto first_axis = [&](const std::string& name) {
        const auto found = file.tensors.find(name);
        require(found != file.tensors.end() && found->second.rank() >= 1 && found->second.shape()[0] >= 1, path,
                ": there is no '", name,
                "' in this file, which every CIFAR net has.  Is it a weight file of such a net?");
        return found->second.shape()[0];
    };
    options.width = first_axis("conv1.weight");
    options.classes = first_axis("fc.bias");
    return options;
}

std::string or_else(const std::string& flag, const TensorFile& file, const std::string& key,
                    const std::string& otherwise) {
    const auto found = file.metadata.find(key);
    return !flag.empty() ? flag : found != file.metadata.end() ? found->second : otherwise;
}

Index number(const std::string& digits, const std::string& path) {
    Index value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    require(error == std::errc() && *end == 0 && value >= 8 && value <= 1024, path, ": the metadata's image_size is '",
            digits.substr(0, 40), "'; a number from 8 to 1024 was expected.  Give --image-size.");
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    Program program("evaluate", "Counts the errors of a trained net on a set of pictures.");
    std::string model, shortcut, weights, data_path = "synthetic", split = "test";
    std::vector<Real> mean, deviation;
    DataOptions data_options;
    Index batch = 128;
    int threads = 0;
    CLI::App& app = program.app;
    app.add_option("--model", model, "resnet20, plain56, ...; if not given, what the weight file says")
        ->type_name("NAME");
    app.add_option("--shortcut", shortcut, "of a residual net; if not given, what the weight file says, else A")
        ->transform(one_of({"A", "B", "C"}))
        ->type_name("A|B|C");
    app.add_option("--weights", weights, "a safetensors file, as train writes it or PyTorch names it")
        ->required()
        ->type_name("FILE");
    add_data_flags(app, data_path, data_options);
    app.add_option("--split", split, "which pictures of the set")
        ->capture_default_str()
        ->transform(one_of({"train", "test"}))
        ->type_name("train|test");
    app.add_option("--mean", mean, "of red, green and blue, 0 to 1; overrides what the weight file says")
        ->delimiter(',')
        ->expected(3)
        ->type_name("R,G,B");
    app.add_option("--std", deviation, "likewise")
        ->delimiter(',')
        ->expected(3)
        ->check(within(1e-6, 1e6))
        ->type_name("R,G,B");
    app.add_option("-b,--batch-size", batch, "pictures at a time")
        ->capture_default_str()
        ->check(within(1, 65536))
        ->type_name("N");
    app.add_option("--threads", threads, "processors to use; 0: all")
        ->capture_default_str()
        ->check(within(0, 1024))
        ->type_name("N");

    return program.run(argc, argv, [&] {
        if (threads) set_threads(threads);
        if (mean.empty() != deviation.empty()) throw UsageError("--mean and --std go together: give both or none.");
        const TensorFile file = read_safetensors(weights);
        model = or_else(model, file, "model", "");
        if (model.empty())
            throw UsageError(weights +
                             " does not say which net it is for.  Give --model, for example --model resnet20.");
        auto net = cifar_resnet(options_for(model, or_else(shortcut, file, "shortcut", "A"), file, weights));
        load_weights(*net, file, weights);

        std::optional<Preprocessing> preprocessing = preprocessing_of(file, weights);
        if (!mean.empty()) preprocessing = Preprocessing{mean, deviation};
        if (!preprocessing)
            throw UsageError(weights + " does not say how its pictures were prepared.  Give --mean and --std.");

        const std::string trained_on = or_else("", file, "image_size", "");
        if (!trained_on.empty() && app.count("--image-size") == 0) data_options.size = number(trained_on, weights);
        const DataSplits data = load_data(data_path, data_options);
        const PictureSet& pictures = split == "train" ? data.train : data.test;
        require(pictures.count() > 0, data_path, ": there are no ", split, " pictures.  Try the other --split.");
        require(static_cast<Index>(pictures.classes.size()) == net->options().classes, data_path, " has ",
                pictures.classes.size(), " classes, but the net in ", weights, " tells ", net->options().classes,
                " apart.  Evaluate it on the set it was trained on.");
        const Evaluation result = evaluate(*net, pictures, *preprocessing, batch, [] { return interrupted(); });
        if (interrupted()) return 0;
        require(std::isfinite(result.mean_loss()), weights, ": the mean loss is not a number, so these weights are damaged.");
        std::cout << "errors " << result.errors << " of " << result.count << ", mean loss " << std::fixed
                  << std::setprecision(5) << result.mean_loss() << "\n";
        return 0;
    });
}
