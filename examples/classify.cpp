// What is in these pictures?  `build/classify --weights runs/pets/weights.safetensors tom.jpg rex.jpg`.
//
// How pictures are prepared and what the classes are called is read from the weight file.  Files from elsewhere do not
// say; for their nets, pictures are prepared as in torchvision.
#include <iostream>
#include <optional>

#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "examples/common/model_flags.h"
#include "examples/common/predictions.h"
#include "examples/common/preparation_flags.h"
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
    PreparationWishes shown;
    Index top = 5;
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
        ->check(whole(1, 1e6))
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
    app.add_option("--image-size", shown.size,
                   "side of the square that the net sees; by default as the weight file says")
        ->check(whole(8, 1024))
        ->type_name("PIXELS");
    add_preparation_flags(app, shown);
    app.add_option("--threads", threads, "number of threads; 0 for all processors.  It does not change the results")
        ->capture_default_str()
        ->check(whole(0, 1024))
        ->type_name("N");
    app.footer(
        "Examples:\n"
        "  build/classify --weights runs/pets/weights.safetensors tom.jpg rex.jpg\n"
        "  build/classify --model resnet50 --weights resnet50.safetensors \\\n"
        "      --labels imagenet.txt --ten-crop tom.jpg\n"
        "  build/classify tom.jpg --ensemble a.safetensors b.safetensors");
}

struct Ensemble {
    std::vector<Classifier> nets;
    std::vector<std::string> names;                      // of the classes; empty if they have no names
    Index classes = 0;
};

Ensemble load(const Flags& flags) {
    Ensemble ensemble;
    const ModelOptions asked = flags.model.options();
    const std::vector<std::string> files = flags.ensemble.empty() ? std::vector{flags.weights} : flags.ensemble;
    for (const std::string& path : files) {
        const TensorFile file = read_model_file(path);
        const ModelOptions model = model_for(file, path, asked);
        ensemble.nets.emplace_back(load_model(file, path, model), preparation_for(file, path, model, flags.shown));

        require(ensemble.classes == 0 || ensemble.classes == model.classes, path, ": this net has ", model.classes,
                " classes, the one before it ", ensemble.classes, ".  An ensemble needs nets for the same classes.");
        ensemble.classes = model.classes;
        const auto names = class_names_of(file, path);
        if (!names || !flags.labels.empty()) continue;
        require(static_cast<Index>(names->size()) == model.classes, path, ": the metadata name ", names->size(),
                " classes, but the net has ", model.classes, ".  Give --labels FILE.");
        require(
            ensemble.names.empty() || ensemble.names == *names, path,
            ": the names of this net's classes differ from those of the net before it.  An ensemble needs nets for the "
            "same classes; if they are the same, name them with --labels FILE.");
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
            throw UsageError("give the net's weights: either --weights FILE, or --ensemble FILE FILE ... for several.");
        const Ensemble ensemble = load(flags);
        const Terminal terminal = terminal_at(1);

        bool failed = false;
        std::optional<DelayedInterruption> until_closed;  // half a JSON text is of no use to anybody
        if (flags.json) {
            until_closed.emplace("closing the list after this picture.");
            std::cout << "{\"pictures\": [";
        }
        for (std::size_t i = 0; i < flags.pictures.size() && !interrupted(); ++i) {
            const Prediction prediction = classify(ensemble, flags.pictures[i], flags);
            failed = failed || !prediction.error.empty();
            if (flags.json) std::cout << (i ? ",\n  " : "\n  ") << as_json(prediction, ensemble.names) << std::flush;
            else if (prediction.error.empty()) std::cout << as_text(prediction, ensemble.names, terminal) << std::flush;
            else std::cerr << program.app.get_name() << ": error: " << printable_message(prediction.error) << "\n";
        }
        if (flags.json) std::cout << "\n]}\n";
        return failed ? 1 : 0;
    });
}
