#include "resnet/training/fine_tuning.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "resnet/training/model_file.h"
#include "resnet/training/run_folder.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const ModelOptions resnet8 = {.name = "resnet8", .width = 2, .classes = 10};
const Preprocessing halves = {.mean = {Real(0.5), Real(0.25), Real(0.125)}, .deviation = {1, Real(0.5), Real(0.25)}};

struct FineTuned : testing::Test {
    const Scratch scratch;
    const std::filesystem::path file = scratch / "before.safetensors";
    std::unique_ptr<Module> net = make_model(resnet8);

    FineTuned() {
        initialise(*net, 3);
        save_model(file, *net, resnet8, halves, 32);
    }
    FineTuning tuning(bool partial, std::vector<std::string> frozen) const {
        return fine_tuning(file, read_model_file(file), partial, std::move(frozen));
    }
    Preprocessing preprocessing(const FineTuning& from, const ModelOptions& model) const {
        return preprocessing_from(read_pretrained(from), from.weights.string(), model, few_pictures().train);
    }
    Recipe recipe(std::vector<std::string> frozen) const {
        return {.model = resnet8,
                .pretrained = tuning(false, std::move(frozen)),
                .training = {.epochs = 1, .batch = 16, .schedule = {.base = 0.05}}};
    }
    // The parameters and statistics that differ after training, by the part that they are in.
    std::vector<std::string> changed(const std::vector<std::string>& frozen) const {
        train_into(scratch / "run", recipe(frozen), few_pictures());
        const auto before = read_safetensors(file).tensors,
                   after = read_safetensors(scratch / "run/weights.safetensors").tensors;
        std::vector<std::string> parts;
        for (const auto& [name, t] : before) {
            const std::string part = name.substr(0, name.find('.'));
            if (t.values() != after.at(name).values() && (parts.empty() || parts.back() != part))
                parts.push_back(part);
        }
        std::filesystem::remove_all(scratch / "run");
        return parts;
    }
};

using Parts = std::vector<std::string>;

TEST_F(FineTuned, LearnsEverywhereButInWhatIsFrozen) {
    EXPECT_EQ(changed({}), (Parts{"bn1", "conv1", "fc", "layer1", "layer2", "layer3"}));
    EXPECT_EQ(changed({"conv1", "bn1", "layer1"}), (Parts{"fc", "layer2", "layer3"}));
    EXPECT_EQ(changed({"layer2"}), (Parts{"bn1", "conv1", "fc", "layer1", "layer3"}));  // the gradient passes through
    EXPECT_EQ(changed({whole_body}), (Parts{"fc"}));
}

TEST_F(FineTuned, GradientsOfTheRestAreThoseOfANetInEvaluationModeThere) {
    const Tensor x = Tensor::full({2, 8, 8, 3}, Real(0.5));
    const std::vector<int> labels = {1, 2};
    const auto gradient = [&](Module& m) {
        cross_entropy(m(x), labels).backward();
        std::vector<Tensor> all;
        for (const NamedTensor& p : named_parameters(m))
            if (p.name.starts_with("conv1") || p.name.starts_with("fc")) all.push_back(p.tensor.grad());
        return all;
    };
    std::unique_ptr<Module> other = make_model(resnet8);
    initialise(*other, 3);
    freeze_parts(*other, {"layer1", "layer2", "layer3"});
    other->train();                                      // frozen parts do not follow
    for (auto& [name, part] : named_modules(*net))
        if (name.starts_with("layer")) part->evaluate();
    const std::vector<Tensor> expected = gradient(*net), found = gradient(*other);
    ASSERT_EQ(expected.size(), 3u);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(expected[i].values(), found[i].values()) << i;
}

TEST_F(FineTuned, BeginsWhereTheWeightsEndedAndKeepsTheirPreprocessing) {
    EXPECT_EQ(preprocessing(tuning(false, {}), resnet8).mean, halves.mean);
    train_into(scratch / "run", recipe({whole_body}), few_pictures());
    EXPECT_EQ(preprocessing_of(read_model_file(scratch / "run/weights.safetensors"), "")->mean, halves.mean);

    std::unique_ptr<Module> again = make_model(resnet8);
    const FineTuning from = tuning(false, {});
    EXPECT_TRUE(load_pretrained(*again, from, read_pretrained(from)).none());
    const auto rounded = [](const Tensor& t) {           // as a file has it
        const std::vector<Real> values = t.values();
        return std::vector<float>(values.begin(), values.end());
    };
    const Tensor found = named_parameters(*again)[0].tensor, expected = named_parameters(*net)[0].tensor;
    EXPECT_EQ(rounded(found), rounded(expected));
}

TEST_F(FineTuned, NetsOfImageNetFromElsewhereSeeWhatTorchvisionShowsThem) {
    write_safetensors(file, {.tensors = state_of(*net), .metadata = {}});
    const FineTuning bare = tuning(true, {});
    EXPECT_EQ(preprocessing(bare, {.name = "resnet18"}).mean, Preprocessing::imagenet().mean);
    EXPECT_EQ(preprocessing(bare, resnet8).mean,
              Preprocessing::per_channel(few_pictures().train).mean);
}

TEST_F(FineTuned, OtherWeightsAreAnotherRun) {
    const Recipe first = recipe({});
    initialise(*net, 4);
    save_model(file, *net, resnet8, halves, 32);
    expect_mentions(refusal_of([&] { read_pretrained(first.pretrained); }), "have changed since");
    expect_mentions(differences(first.json(few_pictures()), recipe({}).json(few_pictures())), "pretrained.weights is ");
    expect_mentions(differences(first.json(few_pictures()), Recipe{.model = resnet8}.json(few_pictures())),
                    "pretrained");
}

TEST_F(FineTuned, LeavesTheWeightsItBeganWith) {
    const auto own = scratch / "own";
    std::filesystem::create_directories(own);
    std::filesystem::rename(file, own / "weights.safetensors");
    const std::string before = weights_hash(own);
    Recipe r{.model = resnet8, .training = {.epochs = 1, .batch = 16}};
    r.pretrained = fine_tuning(own / "weights.safetensors", read_model_file(own / "weights.safetensors"), false, {});
    expect_mentions(refusal_of([&] { train_into(own, r, few_pictures()); }), "the weights to begin with lie where");
    EXPECT_EQ(weights_hash(own), before);
}

TEST_F(FineTuned, RefusesPartsThatAreNotThereAndToFreezeAll) {
    expect_mentions(refusal_of([&] { freeze_parts(*net, {"layer4"}); }),
                    "the net has no part 'layer4'.  Its parts are conv1 bn1 layer1 layer2 layer3 fc, what these hold");
    expect_mentions(refusal_of([&] { freeze_parts(*net, {""}); }), "the net has no part ''");
    expect_mentions(refusal_of([&] { freeze_parts(*net, {whole_body, "fc"}); }), "nothing is left that learns");
}

TEST_F(FineTuned, GoesOnToTheSameBitsAfterAnInterruption) {
    train_into(scratch / "whole", recipe({"layer1"}), few_pictures());
    Observer stopping, telling;
    int left = 2, steps_after = 0;
    std::string said;
    stopping.step = [&](const StepReport&) { --left; };
    stopping.stop = [&] { return left == 0; };
    telling.step = [&](const StepReport&) { ++steps_after; };
    telling.say = [&](const std::string& line) { said += line; };
    EXPECT_EQ(train_into(scratch / "parts", recipe({"layer1"}), few_pictures(), stopping).size(), 0u);
    EXPECT_EQ(train_into(scratch / "parts", recipe({"layer1"}), few_pictures(), telling).size(), 1u);
    expect_mentions(said, "Going on from epoch 1, step 2 (iteration 2)");
    EXPECT_EQ(steps_after, 2);
    EXPECT_EQ(weights_hash(scratch / "parts"), weights_hash(scratch / "whole"));
}

}  // namespace
}  // namespace deepen
