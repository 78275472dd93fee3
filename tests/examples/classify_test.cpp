// Is what one has trained found again in one's own pictures?  (Built by `make`; run from the repository's root.)
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/random.h"
#include "engine/safetensors.h"
#include "resnet/data/shapes.h"
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
        const Outcome o = run("build/classify --json" + pictures + " " + net);
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
    expect(tune, 1, "tells 3 classes apart, and " + two + " has 2.  Give --partial");
    expect(tune + " --partial --freeze stem", 1,
           "the net has no part 'stem'.  Its parts are conv1 bn1 layer1 layer2 layer3 fc");
    expect(tune + " --partial --freeze body,fc", 1, "nothing is left that learns");
    expect("build/train --freeze body", 2, "--freeze is for trained weights");
    expect(tune + " --partial --freeze body", 0,
           "fits in part; the rest begins anew.  Of another shape: fc.weight is [3,32] instead of [2,32]");
    expect(tune + " --partial --freeze layer1", 1, "pretrained.frozen.0 is \"body\" there, \"layer1\" here");

    const auto tensors = [](const std::string& path) { return read_safetensors(path).tensors; };
    const auto before = tensors(first), after = tensors(out + "/weights.safetensors");
    for (const auto& [name, tensor] : before) {
        if (name.starts_with("fc.")) continue;
        EXPECT_TRUE(std::ranges::equal(tensor.data(), after.at(name).data())) << name;
    }

    const Outcome o = run("build/classify --top 1 " + scratch.write("p.png", drawing("ring", 100)).string() +
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

    const Outcome json = run(classify + " --json" + all);
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

TEST(Classify, RefusesWhatDoesNotGoTogether) {
    const Scratch scratch;
    for (const std::string width : {"2", "3"})
        expect("build/train --model resnet8 -b 16 --epochs 1 --synthetic-train 64 --synthetic-test 20 --width " +
                   width + " --output-dir " + (scratch / width).string(),
               0, "after 1 epoch");
    const std::string weights = (scratch / "2/weights.safetensors").string();
    const std::string picture = scratch.write("p.png", drawing("ring", 1)).string();
    const std::string classify = "build/classify " + picture;
    expect("build/classify", 2, "PICTURE is required");
    expect(classify, 2, "one net or several?");
    expect(classify + " --weights " + weights + " --ensemble " + weights + " " + weights, 2, "one net or several?");
    expect(classify + " --weights " + weights + " --resize 20", 2, "--resize 20 leaves no 32 pixels to show");
    expect(classify + " --weights " + weights + " --mean 0,0,0", 2, "--mean and --std go together");
    expect(classify + " --weights " + weights + " --model resnet14", 1, "of a net with model resnet8");
    expect(classify + " --weights " + weights + " --labels " + scratch.write("l", "a\nb\n").string(), 1,
           "2 names, but the net tells 10 classes apart");
    expect(classify + " --weights " + scratch.write("w", "abc").string(), 1, "w");
    expect(classify + " --ensemble " + weights + " " + (scratch / "3/weights.safetensors").string(), 0, "p.png");
    expect("build/train --no-augment --views resized_crop", 2, "--no-augment leaves nothing for --views");
}

}  // namespace
}  // namespace deepen
