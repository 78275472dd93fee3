// What is in these pictures?  `build/classify --weights runs/pets/weights.safetensors tom.jpg rex.jpg`.
//
// What a net is shown of a picture, and what it calls what it sees, is read from its weight file; nets from elsewhere,
// whose files do not say, get what torchvision shows them.
#include <iostream>

#include "engine/error.h"
#include "engine/parallel.h"
#include "examples/common/model_flags.h"
#include "examples/common/predictions.h"
#include "examples/common/program.h"
#include "resnet/data/decode.h"
#include "resnet/training/class_names.h"
#include "resnet/training/model_file.h"

using namespace deepen;

namespace {

struct Flags {
    ModelFlags model;
    std::vector<std::string> pictures, ensemble;
    std::string weights, labels;
    std::vector<Real> mean, deviation;
    Index size = 0, shorter_side = 0, top = 5;
    bool ten_crop = false, json = false;
    int threads = 0;

    void add_to(CLI::App& app);
};

void Flags::add_to(CLI::App& app) {
    app.add_option("PICTURE", pictures, "PNG or JPEG files")->required()->expected(1, -1)->type_name("");
    app.add_option("--labels", labels, "file with one class name per line; by default the names in the weight file")
        ->type_name("FILE");
    app.add_option("--top", top, "number of most probable classes to show")
        ->capture_default_str()
        ->check(within(1, 1e6))
        ->type_name("K");
    app.add_flag("--ten-crop", ten_crop, "average over the four corners, the centre and their mirror images");
    app.add_flag("--json", json, "print JSON: a list with one entry per picture");
    model.add_to(app, "; by default the one in the weight file");
    app.add_option("--weights", weights, "a safetensors file written by train or with PyTorch's names")
        ->group("Net")
        ->type_name("FILE");
    app.add_option("--ensemble", ensemble,
                   "several such files, whose predictions are averaged; give them after the pictures")
        ->expected(2, -1)
        ->group("Net")
        ->type_name("FILE");
    app.add_option("--image-size", size, "side of the square that the net sees; by default as the weight file says")
        ->check(within(8, 1024))
        ->group("What the net sees")
        ->type_name("PIXELS");
    app.add_option("--resize", shorter_side,
                   "shorter side of the picture before it is cropped to that; by default as the weight file says")
        ->check(within(8, 2048))
        ->group("What the net sees")
        ->type_name("PIXELS");
    app.add_option("--mean", mean, "mean of each colour, from 0 to 1; by default as the weight file says")
        ->delimiter(',')
        ->expected(3)
        ->group("What the net sees")
        ->type_name("R,G,B");
    app.add_option("--std", deviation, "standard deviation of each colour; by default as the weight file says")
        ->delimiter(',')
        ->expected(3)
        ->check(within(1e-6, 1e6))
        ->group("What the net sees")
        ->type_name("R,G,B");
    app.add_option("--threads", threads, "number of threads; 0 for all processors.  It does not change the results")
        ->capture_default_str()
        ->check(within(0, 1024))
        ->type_name("N");
    app.footer(
        "Examples:\n"
        "  build/classify --weights runs/pets/weights.safetensors tom.jpg rex.jpg\n"
        "  build/classify --model resnet50 --weights resnet50.safetensors \\\n"
        "      --labels imagenet.txt --ten-crop tom.jpg\n"
        "  build/classify tom.jpg --ensemble a.safetensors b.safetensors");
}

// What the flags say, else what the file says, else what torchvision does for ImageNet's nets.
Preparation preparation_for(const Flags& flags, const ModelOptions& model, const TensorFile& file,
                            const std::string& path) {
    const bool on_imagenet = picture_size(model) == 224;
    const std::optional<Index> said = image_size_of(file, path);
    Preparation p;
    p.size = flags.size ? flags.size : said.value_or(picture_size(model));
    const Index usual = on_imagenet && !said ? p.size * 256 / 224 : p.size;
    p.shorter_side = flags.shorter_side ? flags.shorter_side : usual;
    if (p.shorter_side < p.size)
        throw UsageError(text("--resize ", p.shorter_side, " leaves no ", p.size, " pixels to show.  Give at least ",
                              p.size, ", or a smaller --image-size."));
    const std::optional<Preprocessing> known = preprocessing_of(file, path);
    if (!flags.mean.empty()) p.preprocessing = {flags.mean, flags.deviation};
    else if (known) p.preprocessing = *known;
    else if (on_imagenet) p.preprocessing = Preprocessing::imagenet();
    else throw UsageError(path + " does not say how its pictures were prepared.  Give --mean and --std.");
    return p;
}

struct Ensemble {
    std::vector<Classifier> nets;
    std::vector<std::string> names;                      // of the classes; empty if nobody names them
    Index classes = 0;
};

Ensemble load(const Flags& flags) {
    Ensemble ensemble;
    const ModelOptions asked = flags.model.options();
    const std::vector<std::string> files = flags.ensemble.empty() ? std::vector{flags.weights} : flags.ensemble;
    for (const std::string& path : files) {
        const TensorFile file = read_model_file(path);
        const ModelOptions model = model_for(file, path, asked);
        std::unique_ptr<Module> net = make_model(model);
        load_state(*net, file.tensors, path);
        ensemble.nets.emplace_back(std::move(net), preparation_for(flags, model, file, path));

        require(ensemble.classes == 0 || ensemble.classes == model.classes, path, ": this net tells ", model.classes,
                " classes apart, the one before it ", ensemble.classes,
                ".  An ensemble needs nets for the same classes.");
        ensemble.classes = model.classes;
        const auto names = class_names_of(file, path);
        if (!names || !flags.labels.empty()) continue;
        require(static_cast<Index>(names->size()) == model.classes, path, ": the metadata name ", names->size(),
                " classes, but the net tells ", model.classes, " apart.  Give --labels FILE.");
        require(
            ensemble.names.empty() || ensemble.names == *names, path,
            ": this net's classes are called otherwise than those of the one before it.  An ensemble needs nets for "
            "the same classes; if they are, give --labels FILE.");
        ensemble.names = *names;
    }
    if (!flags.labels.empty()) ensemble.names = read_class_names(flags.labels, ensemble.classes);
    return ensemble;
}

Prediction classify(const Ensemble& ensemble, const std::string& picture, const Flags& flags) {
    try {
        const Pixels pixels = decode_picture(std::filesystem::path(picture));
        const auto p = probabilities(ensemble.nets, pixels, flags.ten_crop ? Crops::ten : Crops::centre);
        return {picture, best_guesses(p, flags.top), ""};
    } catch (const Error& e) {
        return {picture, {}, e.what()};
    }
}

}  // namespace

int main(int argc, char** argv) {
    Program program("classify", "Classifies pictures with a trained net.");
    Flags flags;
    flags.add_to(program.app);

    return program.run(argc, argv, [&] {
        if (flags.threads) set_threads(flags.threads);
        if (flags.weights.empty() == flags.ensemble.empty())
            throw UsageError("one net or several?  Give either --weights and a file, or --ensemble and some.");
        if (flags.mean.empty() != flags.deviation.empty())
            throw UsageError("--mean and --std go together: give both or none.");
        const Ensemble ensemble = load(flags);
        const Terminal terminal = terminal_at(1);

        bool failed = false;
        if (flags.json) std::cout << "{\"pictures\": [";
        for (std::size_t i = 0; i < flags.pictures.size(); ++i) {
            const Prediction prediction = classify(ensemble, flags.pictures[i], flags);
            failed = failed || !prediction.error.empty();
            if (flags.json) std::cout << (i ? ",\n  " : "\n  ") << as_json(prediction, ensemble.names) << std::flush;
            else if (prediction.error.empty()) std::cout << as_text(prediction, ensemble.names, terminal) << std::flush;
            else std::cerr << "classify: error: " << printable(prediction.error) << "\n";
        }
        if (flags.json) std::cout << "\n]}\n";
        return failed ? 1 : 0;
    });
}
