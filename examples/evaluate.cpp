// How many pictures does a net get wrong?  `build/evaluate --weights FILE --data-path cifar10`.
//
// And which classes does it confuse?  evaluation_report.h shows what is printed.  Pictures are prepared as `classify`
// prepares them (preparation.h), and classes are matched by their names where the weight file holds them.
#include <cmath>
#include <iostream>

#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "examples/common/evaluation_report.h"
#include "examples/common/model_flags.h"
#include "examples/common/preparation_flags.h"
#include "examples/common/program.h"
#include "examples/common/training_flags.h"
#include "resnet/data/data_path.h"
#include "resnet/data/shapes.h"
#include "resnet/training/class_names.h"

using namespace deepen;

namespace {

struct Flags {
    ModelFlags model;
    PreparationWishes shown;
    std::string weights, labels, data_path = "synthetic", split = "test";
    DataOptions data;
    Index batch = 128;
    bool partial = false, json = false;
    int threads = 0;

    void add_to(CLI::App& app);
};

void Flags::add_to(CLI::App& app) {
    model.add_to(app, "; by default the one in the weight file");
    app.add_option("--weights", weights, "a safetensors file written by train or with PyTorch's names")
        ->required()
        ->type_name("FILE");
    app.add_flag("--partial", partial, "load the weights that fit, leave the rest random and list it");
    app.add_option("--labels", labels, "file with one class name per line; by default the names in the weight file")
        ->type_name("FILE");
    app.add_flag("--json", json, "print JSON, with the counts of every class");
    add_data_flags(app, data_path, data);
    add_preparation_flags(app, shown);
    app.add_option("--split", split, "which part of the data set to use")
        ->capture_default_str()
        ->transform(one_of({"train", "test"}))
        ->type_name("train|test");
    app.add_option("-b,--batch-size", batch, "pictures per batch")
        ->capture_default_str()
        ->check(whole(1, 65536))
        ->type_name("N");
    app.add_option("--threads", threads, "number of threads; 0 for all processors")
        ->capture_default_str()
        ->check(whole(0, 1024))
        ->type_name("N");
}

std::unique_ptr<Module> load_net(const Flags& flags, const TensorFile& file, const ModelOptions& model) {
    if (!flags.partial) return load_model(file, flags.weights, model);
    std::unique_ptr<Module> net = make_model(model);
    require_in_proportion(*net, file, flags.weights);
    initialise(*net, 1);
    if (const Misfits misfits = load_fitting(*net, file.tensors, flags.weights); !misfits.none())
        std::cerr << printable_message(text("evaluate: only a part of ", flags.weights, " fits.", misfits.str()))
                  << "\n";
    return net;
}

std::optional<std::vector<std::string>> names_of_classes(const Flags& flags, const TensorFile& file,
                                                         const ModelOptions& model) {
    if (!flags.labels.empty()) return read_class_names(flags.labels, model.classes);
    auto names = class_names_of(file, flags.weights);
    require(!names || std::ssize(*names) == model.classes, flags.weights, ": the metadata name ",
            names ? names->size() : 0, " classes, but the net has ", model.classes, ".  Give --labels FILE.");
    return names;
}

// Gives the pictures the net's numbers for their classes.
void match_classes(PictureSet& pictures, const std::optional<std::vector<std::string>>& names, const Flags& flags,
                   const ModelOptions& model) {
    if (!names) {
        require(std::ssize(pictures.classes) == model.classes, flags.data_path, " has ", pictures.classes.size(),
                " classes, but the net in ", flags.weights, " has ", model.classes,
                ".  Evaluate it on the set it was trained on, or name its classes with --labels FILE.");
        return;
    }
    const auto found = classes_by_name(pictures.classes, *names);
    require(found.has_value(), "the classes of ", flags.data_path, " (", some_names(pictures.classes),
            ") are not those of the net in ", flags.weights, " (", some_names(*names),
            ").  Evaluate it on pictures of the classes it was trained on.  If only the names differ, give the set's "
            "names in the order of the net's classes with --labels FILE.");
    for (int& label : pictures.labels) label = (*found)[label];
    if (pictures.classes.size() < names->size())
        std::cerr << printable_message(text("evaluate: ", flags.data_path, " has ", pictures.classes.size(),
                                            " of the net's ", names->size(),
                                            " classes; any other answer is an error.\n"));
    pictures.classes = *names;
}

}  // namespace

int main(int argc, char** argv) {
    Program program("evaluate", "Measures the error of a trained net on a set of pictures, by class.");
    Flags flags;
    CLI::App& app = program.app;
    flags.add_to(app);
    app.footer(
        "Examples:\n"
        "  build/evaluate --weights runs/cifar10/weights.safetensors --data-path cifar10\n"
        "  build/evaluate --weights resnet50.safetensors --model resnet50 \\\n"
        "      --data-path imagenet/val --json");

    return program.run(argc, argv, [&] {
        if (flags.threads) set_threads(flags.threads);
        const TensorFile file = read_model_file(flags.weights);
        const ModelOptions model =
            model_for(file, flags.weights, flags.model.options(), flags.partial ? Load::part : Load::whole);
        const auto names = names_of_classes(flags, file, model);
        if (app.count("--data-path") == 0 && (!names || *names != shape_names()))
            throw UsageError(
                text("which pictures?  Give --data-path; the synthetic ones are the default only for nets "
                     "that were trained on them, and the classes of ",
                     flags.labels.empty() ? flags.weights : flags.labels,
                     names ? text(" are ", some_names(*names)) : " have no names", "."));

        if (flags.shown.shorter_side && has_pictures_of_one_size(flags.data_path))
            throw UsageError("--resize is for folders of pictures; those of " + flags.data_path +
                             " are taken as they are.  Leave it out.");
        if (app.count("--image-size")) flags.shown.size = flags.data.size;
        const Preparation prepared = preparation_for(file, flags.weights, model, flags.shown);
        const std::unique_ptr<Module> net = load_net(flags, file, model);

        flags.data.size = prepared.size;
        flags.data.shorter_side = prepared.shorter_side;
        DataSplits data = load_data(flags.data_path, flags.data);
        PictureSet& pictures = flags.split == "train" ? data.train : data.test;
        require(pictures.count() > 0, flags.data_path, ": there are no ", flags.split,
                " pictures.  Try the other --split.");
        match_classes(pictures, names, flags, model);

        EvaluationReport report{.weights = flags.weights,
                                .model = model.name,
                                .net = describe(model),
                                .data = flags.data_path,
                                .split = flags.split,
                                .classes = pictures.classes,
                                .totals = {},
                                .confusion = Confusion(model.classes)};
        report.totals = evaluate(
            *net, pictures, prepared.preprocessing, flags.batch, [] { return false; }, &report.confusion);
        require(std::isfinite(report.totals.mean_loss()), flags.weights,
                ": the mean loss is not a number.  These weights are damaged, or their training diverged.");
        std::cout << (flags.json ? as_json(report) : as_text(report));
        return 0;
    });
}
