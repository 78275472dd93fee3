// Does a trained net know one's own pictures, and is it scored as it answers?  (Built by `make`; run from the root.)
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/io/files.h"
#include "engine/io/safetensors.h"
#include "engine/random.h"
#include "resnet/data/shapes.h"
#include "resnet/training/model_file.h"
#include "tests/examples/command.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

using Json = nlohmann::json;

// A ring, a cross or bars, a little moved, light on dark: 20 x 24 pixels.
Bytes drawing(const std::string& shape, int number) {
    const auto& names = shape_names();
    const int which = static_cast<int>(std::find(names.begin(), names.end(), shape) - names.begin());
    Random random(7, stream_of(which, number));
    const double down = random.uniform(-2, 2), right = random.uniform(-2, 2);
    Bytes pixels;
    for (int y = 0; y < 20; ++y)
        for (int x = 0; x < 24; ++x) {
            const bool inside = signed_distance(which, static_cast<float>((x - 12 - right) / 8),
                                                static_cast<float>((y - 10 - down) / 8)) < 0;
            pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>((inside ? 200 : 20) + random.below(30)));
        }
    return png(pixels, 20, 24);
}

const std::vector<std::string> shapes = {"bars", "cross", "ring"};

std::string trained_on_shapes(const Scratch& scratch) {
    for (const std::string& shape : shapes)
        for (int i = 0; i < 24; ++i)
            scratch.write("shapes/" + shape + "/" + std::to_string(i) + ".png", drawing(shape, i));
    const std::string dir = (scratch / "run").string();
    expect(
        "build/train --model resnet8 --width 8 -b 8 --epochs 20 --lr 0.03 --lr-scheduler cosine --image-size 16 "
        "--views resized_crop "
        "--colour-jitter 0.2 --data-path " +
            (scratch / "shapes").string() + " --output-dir " + dir,
        0, "after 20 epochs");
    return dir + "/weights.safetensors";
}

TEST(Classify, FindsWhatWasLearntFromAFolderAndCallsItByTheFoldersNames) {
    const Scratch scratch;
    const std::string weights = trained_on_shapes(scratch);
    std::string pictures;
    for (const std::string& shape : shapes)
        pictures += " " + scratch.write(shape + ".png", drawing(shape, 100)).string();
    for (const std::string& net : std::vector{"--weights " + weights, "--ten-crop --resize 18 --weights " + weights,
                                  "--ensemble " + weights + " " + weights}) {
        const Exit o = run("build/classify --json" + pictures + " " + net);
        ASSERT_EQ(o.code, 0) << o.output;
        const Json answer = Json::parse(o.output);
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const Json guesses = answer["pictures"][i]["guesses"];
            ASSERT_EQ(guesses.size(), 3u);
            EXPECT_EQ(guesses[0]["name"], shapes[i]) << o.output;
            EXPECT_GE(guesses[0]["probability"], guesses[1]["probability"]);
        }
    }
    expect("build/classify --top 1 " + (scratch / "ring.png").string() + " --labels " +
               scratch.write("labels", "Gitter\nKreuz\nReif\n").string() + " --weights " + weights,
           0, "  Reif\n");
}

TEST(Classify, KnowsNewClassesAfterTheLastLayerAloneHasLearntThem) {
    const Scratch scratch;
    const std::string first = trained_on_shapes(scratch);
    for (const std::string shape : {"bars", "ring"})
        for (int i = 30; i < 50; ++i)
            scratch.write("two/" + shape + " again/" + std::to_string(i) + ".png", drawing(shape, i));
    const std::string two = (scratch / "two").string(), out = (scratch / "tuned").string();
    const std::string tune =
        "build/train --weights " + first + " --data-path " + two + " -b 8 --epochs 8 --lr 0.05 --output-dir " + out;
    expect(tune, 1, "has 3 classes, and " + two + " has 2.  Give --partial");
    expect(tune + " --partial --freeze stem", 1,
           "--freeze: the net has no part 'stem'.  Its parts are conv1 bn1 layer1 layer2 layer3 fc");
    expect(tune + " --partial --freeze body,fc", 1, "--freeze: nothing is left that learns");
    expect("build/train --freeze body", 2, "--freeze is for trained weights");
    expect(tune + " --partial --freeze body", 0,
           "fits; the rest starts from random weights.  Of another shape: fc.weight is [3,32] instead of [2,32]");
    expect(tune + " --partial --freeze layer1", 1, "pretrained.frozen.0 is \"body\" there, \"layer1\" here");

    const auto tensors = [](const std::string& path) { return read_safetensors(path).tensors; };
    const auto before = tensors(first), after = tensors(out + "/weights.safetensors");
    for (const auto& [name, tensor] : before) {
        if (name.starts_with("fc.")) continue;
        EXPECT_EQ(tensor.values(), after.at(name).values()) << name;
    }

    const Exit o = run("build/classify --top 1 " + scratch.write("p.png", drawing("ring", 100)).string() +
                          " --weights " + out + "/weights.safetensors");
    EXPECT_EQ(o.code, 0);
    expect_mentions(o.output, "  ring again\n");
}

TEST(Classify, GoesOnAfterAPictureThatCannotBeReadAndExitsWithOne) {
    const Scratch scratch;
    expect(
        "build/train --model resnet8 --width 2 --synthetic-train 64 --synthetic-test 20 -b 16 --epochs 1 "
        "--output-dir " +
            (scratch / "run").string(),
        0, "after 1 epoch");
    const std::string classify = "build/classify --weights " + (scratch / "run/weights.safetensors").string();
    const std::string good = scratch.write("good.png", drawing("ring", 1)).string();
    const Bytes whole = jpeg(plain_pixels(40, 40, 1, 2, 3), 40, 40);
    const std::string torn = scratch.write("torn.jpg", Bytes(whole.begin(), whole.begin() + 200)).string();
    const std::string empty = scratch.write("empty.png", "").string(),
                      words = scratch.write("words.jpg", "hello").string();
    const std::string all = " " + torn + " " + empty + " " + words + " " + (scratch / "none.png").string() + " " + good;

    const Exit json = run(classify + " --json" + all);
    EXPECT_EQ(json.code, 1);
    const Json pictures = Json::parse(json.output)["pictures"];
    ASSERT_EQ(pictures.size(), 5u);
    const char* errors[] = {"torn.jpg: damaged: the JPEG is cut short", "empty.png: empty.", "words.jpg: not a picture",
                            "No such file"};
    for (int i = 0; i < 4; ++i) expect_mentions(pictures[i]["error"], errors[i]);
    EXPECT_EQ(pictures[4]["guesses"].size(), 5u);

    for (const char* error : errors) expect(classify + all, 1, error);
    expect(classify + all, 1, "good.png\n");
}

// --- evaluate ------------------------------------------------------------------------------------------

// A set with pictures of two classes to test on: two of the first, three of the second.
std::vector<std::string> set_of(const Scratch& scratch, const std::string& set,
                                const std::vector<std::string>& classes) {
    std::vector<std::string> files;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        scratch.write(set + "/train/" + classes[k] + "/0.png", drawing(shapes[k], 0));
        for (std::size_t i = 0; i < 2 + k; ++i)
            files.push_back(scratch
                                .write(set + "/test/" + classes[k] + "/" + std::to_string(i) + ".png",
                                       drawing(shapes[k], static_cast<int>(i)))
                                .string());
    }
    return files;
}

std::unique_ptr<Module> random_net(const ModelOptions& options) {
    std::unique_ptr<Module> net = make_model(options);
    initialise(*net, 1);
    return net;
}

Json json_of(const std::string& command) {
    const Exit o = run(command);
    EXPECT_EQ(o.code, 0) << command << o.output;
    return Json::parse(o.output, nullptr, false);
}

// torchvision's files do not say how pictures are prepared: 224 of 256 pixels, in both programs.
TEST(Evaluate, ShowsANetWhatClassifyShowsIt) {
    const Scratch scratch;
    const std::vector<std::string> files = set_of(scratch, "set", {"bars", "ring"});
    const auto net = random_net({.name = "resnet18", .width = 4, .classes = 2});
    const std::string weights = (scratch / "w.safetensors").string();
    write_safetensors(weights, {.tensors = state_of(*net), .metadata = {{"model", "resnet18"}}});
    std::string pictures;
    for (const std::string& file : files) pictures += " " + file;
    for (const std::string flags : {"", " --resize 230", " --image-size 64 --mean 0.5,0.4,0.3 --std 0.2,0.3,0.2"}) {
        const Json answers = json_of("build/classify --json" + pictures + " --weights " + weights + flags);
        double loss = 0;
        for (std::size_t i = 0; i < files.size(); ++i)
            for (const Json& guess : answers["pictures"][i]["guesses"])
                if (guess["class"] == (i < 2 ? 0 : 1)) loss -= std::log(guess["probability"].get<double>()) / 5;
        const Json counted = json_of("build/evaluate --json --data-path " + (scratch / "set").string() + " --weights " +
                                     weights + flags);
        EXPECT_EQ(counted["pictures"], 5);
        EXPECT_NEAR(counted["mean_loss"].get<double>(), loss, 1e-4 * loss) << flags;
    }
}

TEST(Evaluate, MatchesClassesByTheirNames) {
    const Scratch scratch;
    const std::vector<std::string> files = set_of(scratch, "pets", {"cat", "dog"});
    const ModelOptions options{.name = "resnet8", .width = 2, .classes = 3};
    const std::string weights = (scratch / "w.safetensors").string();
    save_model(weights, *random_net(options), options, Preprocessing::imagenet(), 16, {"dog", "emu", "cat"});
    const std::string evaluate = "build/evaluate --weights " + weights + " --data-path ";

    int errors = 0;
    for (const std::string& file : files) {
        const Json answer = json_of("build/classify --json " + file + " --weights " + weights)["pictures"][0];
        errors += file.find("/" + answer["guesses"][0]["name"].get<std::string>() + "/") == file.npos;
    }
    const std::string pets = (scratch / "pets").string();
    const Json counted = json_of(evaluate + pets + " --json 2>/dev/null");
    EXPECT_EQ(counted["errors"], errors);
    EXPECT_EQ(counted["classes"][0]["name"], "dog");
    EXPECT_EQ(counted["classes"][0]["pictures"], 3);
    EXPECT_EQ(counted["classes"][2]["pictures"], 2);
    expect(evaluate + pets, 0, pets + " has 2 of the net's 3 classes; any other answer is an error.\n");
    expect("build/evaluate --weights " + weights, 2,
           "which pictures?  Give --data-path; the synthetic ones are the default only for nets that were trained on "
           "them");

    set_of(scratch, "fruit", {"apple", "pear"});
    const std::string fruit = (scratch / "fruit").string();
    expect(evaluate + fruit, 1,
           "the classes of " + fruit + " (apple, pear) are not those of the net in " + weights + " (dog, emu, cat)");
    expect(evaluate + fruit + " --labels " + scratch.write("names", "apple\nfig\npear\n").string(), 0, "errors ");
    expect("build/train --weights " + weights + " --data-path " + fruit, 1, "has 3 classes, and " + fruit + " has 2");
}

TEST(Train, RefusesWeightsForClassesOfOtherNamesUnlessAskedToTakeAPart) {
    const Scratch scratch;
    const ModelOptions options{.name = "resnet8", .width = 2, .classes = 2};
    const std::string weights = (scratch / "w.safetensors").string();
    save_model(weights, *random_net(options), options, Preprocessing::imagenet(), 16, {"dog", "cat"});
    for (const std::vector<std::string>& names : {std::vector<std::string>{"apple", "pear"}, {"cat", "dog"}}) {
        set_of(scratch, names[0], names);
        const std::string train = "build/train -b 2 --epochs 1 --weights " + weights + " --data-path " +
                                  (scratch / names[0]).string() + " --output-dir " + (scratch / "run").string();
        expect(train, 1, "this net's classes (dog, cat) are not those of " + (scratch / names[0]).string());
        if (names[0] == "apple") expect(train + " --partial", 0, "after 1 epoch");
    }
}

TEST(Evaluate, LetsNoTensorsNameSteerTheTerminal) {
    const Scratch scratch;
    const auto net = random_net({.name = "resnet8", .width = 2});
    TensorFile file{.tensors = state_of(*net), .metadata = {{"model", "resnet8"}, {"mean", "0,0,0"}, {"std", "1,1,1"}}};
    file.tensors["\x1b]0;mine\x07\nevaluate: all is well"] = Tensor(0);
    write_safetensors(scratch / "w", file);
    const Exit o =
        run("build/evaluate --partial --synthetic-train 10 --synthetic-test 10 --data-path synthetic "
            "--weights " +
            (scratch / "w").string());
    EXPECT_EQ(o.code, 0);
    expect_mentions(o.output, "fits.  Unexpected: ?]0;mine??evaluate: all is well.\n");
    EXPECT_EQ(o.output.find_first_of("\x1b\x07"), o.output.npos);
}

TEST(Classify, ClosesItsListWhenInterrupted) {
    constexpr std::size_t pictures = 3000;
    const Scratch scratch;
    const ModelOptions options{.name = "resnet8", .classes = 3};
    const std::string weights = (scratch / "w.safetensors").string(), answers = (scratch / "answers").string();
    save_model(weights, *random_net(options), options, Preprocessing::imagenet(), 224, {"dog", "emu", "cat"});
    const std::string picture = scratch.write("p.png", drawing("ring", 1)).string();
    const std::string classify = "build/classify --json --weights " + weights + " $(yes " + picture + " | head -n " +
                                 std::to_string(pictures) + ")";
    expect("(" + classify + " > " + answers + " & pid=$!; until [ -s " + answers +
               " ]; do sleep 0.01; kill -0 $pid || break; done; kill -TERM $pid; wait $pid)",
           143, "interrupted.");
    const Json list = Json::parse(read_text_file(answers), nullptr, false);
    ASSERT_FALSE(list.is_discarded());
    EXPECT_GE(list["pictures"].size(), 1u);
    EXPECT_LT(list["pictures"].size(), pictures);
}

TEST(Classify, RefusesWhatDoesNotGoTogether) {
    const Scratch scratch;
    for (const std::string width : {"2", "3"})
        expect("build/train --model resnet8 -b 16 --epochs 1 --synthetic-train 64 --synthetic-test 20 --width " +
                   width + " --output-dir " + (scratch / width).string(),
               0, "after 1 epoch");
    const std::string weights = (scratch / "2/weights.safetensors").string();
    const std::string picture = scratch.write("p.png", drawing("ring", 1)).string();
    const std::string classify = "build/classify " + picture;
    expect("build/classify", 2, "error: PICTURE is missing.  Try `classify --help`");
    expect(classify, 2, "give the net's weights: either --weights FILE, or --ensemble");
    expect(classify + " --weights " + weights + " --ensemble " + weights + " " + weights, 2,
           "give the net's weights: either --weights FILE, or --ensemble");
    expect(classify + " --weights " + weights + " --resize 20", 2, "--resize 20 leaves no 32 pixels to show");
    expect(classify + " --weights " + weights + " --mean 0,0,0", 2, "--mean and --std go together");
    expect(classify + " --weights " + weights + " --model resnet14", 1, "of a net with model resnet8");
    expect(classify + " --weights " + weights + " --labels " + scratch.write("l", "a\nb\n").string(), 1,
           "2 names for a net with 10 classes");
    expect(classify + " --weights " + scratch.write("w", "abc").string(), 1, "w");
    expect(classify + " --ensemble " + weights + " " + (scratch / "3/weights.safetensors").string(), 0, "p.png");
    expect("build/train --no-augment --views resized_crop", 2, "--no-augment leaves nothing for --views");
}

}  // namespace
}  // namespace deepen
