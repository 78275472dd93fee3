// Do weights find their way to a net, from our files and from elsewhere?
#include "resnet/training/model_file.h"

#include <gtest/gtest.h>

#include "engine/gradcheck.h"
#include "engine/io/files.h"
#include "engine/memory.h"
#include "tests/engine/refusal.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const Preprocessing some{.mean = {Real(0.5), Real(0.25), Real(0.125)}, .deviation = {1, 2, 3}};

// A file as torchvision's are: tensors, and not a word on what they are for.
TensorFile foreign(const ModelOptions& options) {
    const auto net = make_model(options);
    initialise(*net, 3);
    return {.tensors = state_of(*net), .metadata = {{"format", "pt"}}};
}

void expect_refusal(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(ModelFile, BringsBackTheSameNet) {
    const Scratch scratch;
    const std::filesystem::path path = scratch.folder() / "w.safetensors";
    const ModelOptions option_sets[] = {
        {.name = "resnet8", .shortcut = Shortcut::C, .width = 2, .classes = 3},
        {.name = "resnet50", .width = 4, .classes = 5, .stride_in_3x3 = false},
        {.name = "plain18", .width = 4, .classes = 5},
        {.name = "preact-resnet8", .width = 4, .classes = 5},
        {.name = "plain8", .width = 2, .classes = 3, .batch_norm = false},
        {.name = "resnet8", .width = 2, .classes = 3, .batch_norm = false, .residual_gate = 0.1}};
    for (const ModelOptions& options : option_sets) {
        const auto net = make_model(options);
        initialise(*net, 1);
        for (NamedTensor& w : named_parameters(*net))    // files hold single precision, in the double build too
            for (Real& value : w.tensor.data()) value = static_cast<float>(value);
        save_model(path, *net, options, some, 40);

        const TensorFile file = read_model_file(path);
        const ModelOptions found = model_for(file, "w", {.name = ""});
        EXPECT_EQ(describe(found), describe(options));
        const auto back = make_model(found);
        load_state(*back, file.tensors, "w");
        net->evaluate(), back->evaluate();
        const Tensor x = random_tensor({2, 32, 32, 3}, 1);
        EXPECT_EQ((*net)(x).values(), (*back)(x).values()) << options.name;
        EXPECT_EQ(preprocessing_of(file, "w")->mean, some.mean);
        EXPECT_EQ(image_size_of(file, "w"), 40);
    }
}

TEST(ModelFile, HasTheCountersThatPyTorchInsistsOn) {
    const Scratch scratch;
    const ModelOptions options{.name = "resnet8", .width = 2};
    const auto net = make_model(options);
    save_model(scratch.folder() / "w", *net, options, some, 32);
    const TensorFile file = read_safetensors(scratch.folder() / "w");
    EXPECT_TRUE(file.tensors.contains("layer1.0.bn2.num_batches_tracked"));
    EXPECT_TRUE(file.integers.contains("bn1.num_batches_tracked"));
    EXPECT_EQ(file.integers.size(), 7u);
    EXPECT_EQ(file.tensors.at("bn1.num_batches_tracked").shape(), Shape{});
}

TEST(ModelFile, OfANetWithoutBatchNormCountsNoBatches) {
    const ModelOptions options{.name = "plain8", .width = 2, .batch_norm = false};
    EXPECT_TRUE(model_file(*make_model(options), options, some, 32).integers.empty());
}

TEST(ModelFile, SaysNothingOfBatchNormAndGatesWhereTheyAreThePapers) {
    const ModelOptions options{.name = "resnet8", .width = 2};
    const TensorFile file = model_file(*make_model(options), options, some, 32);
    EXPECT_FALSE(file.metadata.contains("batch_norm") || file.metadata.contains("residual_gate"));
}

TEST(ModelFile, FromElsewhereTellsWidthAndClassesByItsShapes) {
    const TensorFile file = foreign({.name = "resnet18", .width = 4, .classes = 6});
    const ModelOptions found = model_for(file, "r18", {.name = "resnet18"});
    EXPECT_EQ(found.width, 4);
    EXPECT_EQ(found.classes, 6);
    EXPECT_EQ(found.shortcut, Shortcut::B);
    load_state(*make_model(found), file.tensors, "r18");
}

// timm/models/vgg.py: pre_logits.fc1 is a 7x7 convolution, pre_logits.fc2 a 1x1 one, then head.fc.
TEST(ModelFile, TakesTimmsVgg) {
    const Scratch scratch;
    const ModelOptions options{.name = "vgg16_bn", .width = 1, .classes = 3};
    TensorFile file = foreign(options);
    const auto rename = [&](const std::string& from, const std::string& to, Shape shape) {
        file.tensors[to + ".bias"] = file.tensors.extract(from + ".bias").mapped();
        file.tensors[to + ".weight"] = reshape(file.tensors.extract(from + ".weight").mapped(), shape);
    };
    const Tensor first = file.tensors.at("classifier.0.weight");
    rename("classifier.0", "pre_logits.fc1", {4096, 8, 7, 7});
    rename("classifier.3", "pre_logits.fc2", {4096, 4096, 1, 1});
    rename("classifier.6", "head.fc", {3, 4096});
    write_safetensors(scratch.folder() / "timm", file);

    const TensorFile found = read_model_file(scratch.folder() / "timm");
    const auto net = make_model(model_for(found, "timm", {.name = "vgg16_bn"}));
    load_state(*net, found.tensors, "timm");
    std::vector<Real> expected = first.values();
    for (Real& value : expected) value = static_cast<float>(value);      // as files hold it
    EXPECT_EQ(state_of(*net).at("classifier.0.weight").values(), expected);
}

// Fine-tuning: another number of classes, the rest as it was trained.
TEST(ModelFile, FitsInPartWhereAsked) {
    const TensorFile file = foreign({.name = "resnet18", .width = 4, .classes = 6});
    const ModelOptions options = model_for(file, "r18", {.name = "resnet18", .classes = 2}, Load::part);
    const auto net = make_model(options);
    initialise(*net, 1);
    const auto fresh = state_of(*net);
    expect_refusal(refusal_of([&] { load_state(*net, file.tensors, "r18"); }),
                   "r18: these weights do not fit the net.  Of another shape: fc.weight is [6,32] instead of [2,32], "
                   "fc.bias is [6] instead of [2].");
    const Misfits misfits = load_fitting(*net, file.tensors, "r18");
    EXPECT_EQ(misfits.misshapen.size(), 2u);
    EXPECT_TRUE(misfits.missing.empty() && misfits.unexpected.empty()) << misfits.str();
    for (const auto& [name, value] : state_of(*net))
        EXPECT_EQ(value.values(), (name.starts_with("fc.") ? fresh : file.tensors).at(name).values()) << name;
}

TEST(ModelFile, OfAnotherNetIsRefusedWithAListOfNames) {
    const auto shallow = foreign({.name = "resnet18", .width = 4});
    expect_refusal(refusal_of([&] { load_state(*make_model({.name = "resnet34", .width = 4}), shallow.tensors, "w"); }),
                   "w: these weights do not fit the net.  Missing: layer1.2.conv1.weight, layer1.2.bn1.weight, ");
    expect_refusal(refusal_of([&] { load_state(*make_model({.name = "plain18", .width = 4}), shallow.tensors, "w"); }),
                   "Unexpected: layer2.0.downsample.0.weight, layer2.0.downsample.1.bias, ");
    expect_refusal(refusal_of([&] {
                       load_fitting(*make_model({.name = "vgg16", .width = 1}), shallow.tensors, "w");
                   }),
                   "w: nothing in it fits the net.  Missing: features.0.weight");
}

// 240 bytes must not make a net of gigabytes: shapes are compared while it is still a plan.
TEST(ModelFile, TakesNoMemoryForWeightsThatDoNotFit) {
    const Index most = 1 << 16;  // bytes
    const auto cost = [](const TensorFile& file, const std::string& name) {
        memory::reset_peak();
        const std::size_t before = memory::statistics().peak_bytes;
        EXPECT_NE(refusal_of([&] { load_model(file, "w", model_for(file, "w", {.name = name})); }), nothing_refused);
        return static_cast<Index>(memory::statistics().peak_bytes - before);
    };
    const Tensor nothing = Tensor::zeros({1024, 0, 3, 3}), one_filter = Tensor::zeros({1, 3, 3, 3}),
                 wide = Tensor::zeros({1024, 1, 1, 1}), many = Tensor::zeros({100'000}), two = Tensor::zeros({2});
    EXPECT_LT(cost({.tensors = {{"conv1.weight", nothing}, {"fc.bias", two}}, .metadata = {}}, "resnet20"), most);
    EXPECT_LT(cost({.tensors = {{"conv1.weight", wide}, {"fc.bias", two}}, .metadata = {}}, "resnet20"), most);
    EXPECT_LT(cost({.tensors = {{"conv1.weight", one_filter}, {"fc.bias", many}}, .metadata = {}}, "vgg19"), most);
    EXPECT_LT(
        cost({.tensors = {{"conv1.weight", one_filter}, {"fc.bias", two}}, .metadata = {{"model", "resnet1202"}}}, ""),
        most);
}

TEST(ModelFile, LoadedInPartMustHoldAFairShareOfALargeNet) {
    const TensorFile file{
        .tensors = {{"conv1.weight", Tensor::zeros({1024, 3, 3, 3})}, {"fc.bias", Tensor::zeros({2})}}, .metadata = {}};
    const auto net = make_model(model_for(file, "w", {.name = "resnet20"}, Load::part));
    expect_refusal(refusal_of([&] { require_in_proportion(*net, file, "w"); }), "w: this file asks for a net with ");
    require_in_proportion(*make_model({.name = "vgg19"}), file, "w");
}

TEST(ModelFile, OfTorchSaveIsRefusedWithTheWayToConvertIt) {
    const auto refusal = [](const std::string& bytes) {
        return refusal_of([&] { parse_safetensors(std::as_bytes(std::span(bytes)), "f"); });
    };
    for (const std::string begin : {"PK\x03\x04\x14\x08\x08\x08", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46"}) {
        expect_refusal(refusal(begin + "more"), "f: this is a file of PyTorch's torch.save(), not a safetensors file.");
        expect_refusal(refusal(begin + "more"), "python3 docs/pth_to_safetensors.py f weights.safetensors");
    }
    expect_refusal(refusal(std::string("\x80\x02\0\0\0\0\0\0{}", 10)), "announce a header of 640 bytes, but only 2");
}

TEST(ModelFile, OfDataParallelIsRead) {
    const Scratch scratch;
    TensorFile file = foreign({.name = "resnet8", .width = 2}), parallel = file;
    parallel.tensors.clear();
    for (const auto& [name, tensor] : file.tensors) parallel.tensors["module." + name] = tensor;
    write_safetensors(scratch / "w", parallel);
    const TensorFile read = read_model_file(scratch / "w");
    load_model(read, "w", model_for(read, "w", {.name = "resnet8"}));
}

TEST(ModelFile, ThatContradictsWhatIsAskedIsRefused) {
    TensorFile file = foreign({.name = "resnet8", .width = 2});
    expect_refusal(refusal_of([&] { model_for(file, "w", {.name = ""}); }), "w does not say which net it is for");
    file.metadata = {{"model", "resnet8"}, {"shortcut", "A"}};
    expect_refusal(refusal_of([&] { model_for(file, "w", {.name = "plain8"}); }),
                   "w: these weights are of a net with model resnet8, but model plain8 was asked for");
    expect_refusal(refusal_of([&] { model_for(file, "w", {.name = "", .shortcut = Shortcut::B}); }),
                   "shortcut A, but shortcut B was asked for");
    EXPECT_EQ(model_for(file, "w", {.name = "resnet14"}, Load::part).name, "resnet14");
    expect_refusal(refusal_of([&] { model_for(file, "w", {.name = "resnet8", .batch_norm = false}); }),
                   "w: these weights are of a net with batch norm, but one without it was asked for");
    expect_refusal(refusal_of([&] { load_model(file, "w", model_for(file, "w", {.name = "", .residual_gate = 0})); }),
                   "Missing: layer1.0.gate.weight");
    file.metadata["residual_gate"] = "0.5";
    expect_refusal(refusal_of([&] { model_for(file, "w", {.name = "resnet8", .residual_gate = 0}); }),
                   "w: these weights are of a net with residual_gate 0.5, but residual_gate 0 was asked for");
}

TEST(ModelFile, GivesItsBatchNormAndGatesToTheSameNetInPart) {
    TensorFile file = foreign({.name = "resnet8", .width = 2, .batch_norm = false, .residual_gate = 0});
    file.metadata = {{"model", "resnet8"}, {"batch_norm", "none"}, {"residual_gate", "0"}};
    EXPECT_EQ(describe(model_for(file, "w", {.name = "", .classes = 3}, Load::part)),
              "resnet8, shortcut A, without batch norm, residual gates from 0");
    EXPECT_EQ(describe(model_for(file, "w", {.name = "plain8"}, Load::part)), "plain8");
}

TEST(ModelFile, WithMetadataThatMakeNoSenseIsRefusedByName) {
    TensorFile file = foreign({.name = "resnet8", .width = 2});
    const auto refusal = [&](std::map<std::string, std::string> metadata) {
        file.metadata = metadata;
        return refusal_of([&] {
            model_for(file, "w", {.name = ""});
            preprocessing_of(file, "w");
            image_size_of(file, "w");
        });
    };
    expect_refusal(refusal({{"model", "alexnet"}}),
                   "w: its metadata describe a net that does not exist: model 'alexnet'");
    expect_refusal(refusal({{"model", "resnet8"}, {"shortcut", "D"}}),
                   "w: its metadata describe a net that does not exist: shor");
    expect_refusal(refusal({{"model", "plain8"}, {"shortcut", "A"}}),
                   "w: its metadata describe a net that does not exist");
    for (const char* gate : {"", "much", "inf", "0.5 or so"})
        expect_refusal(refusal({{"model", "resnet8"}, {"residual_gate", gate}}),
                       "w: its metadata describe a net that does not exist: ");
    expect_refusal(refusal({{"model", "resnet8"}, {"image_size", "0"}}), "w: the metadata's image_size is '0'");
    expect_refusal(refusal({{"model", "resnet8"}, {"mean", "1,x,3"}, {"std", "1,1,1"}}), "w: the metadata's mean is");
    expect_refusal(refusal({{"model", "resnet8"}, {"mean", "1,2,3"}, {"std", "1,0,1"}}), "deviations must be positive");
    file.tensors.erase("fc.bias");
    expect_refusal(refusal({{"model", "resnet8"}}), "w: there is no 'fc.bias' in this file, nor 'classifier.6.bias'");
    file.tensors["fc.bias"] = Tensor(0);
    expect_refusal(refusal({{"model", "resnet8"}}), "w: 'fc.bias' has shape []");
}

// Cut off anywhere, or with a byte changed, a file is refused by name or brings what it brought: never a crash.
TEST(ModelFile, ThatIsDamagedIsRefusedByName) {
    const Scratch scratch;
    const std::filesystem::path path = scratch.folder() / "w.safetensors";
    const ModelOptions options{.name = "resnet8", .width = 1, .classes = 2};
    const auto net = make_model(options);
    save_model(path, *net, options, some, 32);
    const std::string whole = read_text_file(path);
    const auto load = [&](const std::string& bytes) {
        scratch.write("w.safetensors", bytes);
        return refusal_of([&] {
            const TensorFile file = read_model_file(path);
            load_state(*make_model(model_for(file, path.string(), {.name = ""})), file.tensors, path.string());
        });
    };
    for (std::size_t length = 0; length < whole.size(); length += length < 100 ? 1 : 97)
        expect_refusal(load(whole.substr(0, length)), "w.safetensors");
    const std::size_t header = whole.find("   ");
    for (std::size_t at = 8; at < std::min(header, whole.size()); at += 7) {
        std::string changed = whole;
        changed[at] ^= 1;
        const std::string message = load(changed);
        if (message != nothing_refused) expect_refusal(message, "w.safetensors");
    }
    EXPECT_EQ(load(whole), nothing_refused);
}

}  // namespace
}  // namespace deepen
