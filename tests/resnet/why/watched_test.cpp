// Does watching a net tell what is in it, and leave it as it was?
#include <gtest/gtest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "resnet/data/loader.h"
#include "resnet/training/fine_tuning.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/watch.h"
#include "resnet/why/watched.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Watched, IsWhatTheExperimentsMeasureAndLeavesTheNetAsItWas) {
    auto net = cifar_resnet({.depth = 8, .width = 4});
    initialise(*net, 1);
    const auto everything = [&] {
        std::vector<std::vector<Real>> all;
        for (const NamedTensor& t : named_parameters(*net)) all.push_back(t.tensor.values());
        for (const NamedTensor& t : named_buffers(*net)) all.push_back(t.tensor.values());
        return all;
    };
    const auto before = everything();
    const Preprocessing preprocessing = Preprocessing::imagenet();
    const PictureSet some = first_of(few_pictures().train, 16);
    const std::vector<Watched> rows = look_into(*net, preprocessing, some, watchable, 3);
    EXPECT_EQ(everything(), before);
    EXPECT_TRUE(net->training());
    for (const NamedTensor& t : named_parameters(*net)) {
        if (!t.tensor.grad().defined()) continue;
        for (const Real g : t.tensor.grad().values()) EXPECT_EQ(g, 0) << t.name;
    }

    ASSERT_EQ(rows.size(), 14u);  // seven layers, twice
    const std::vector<Response> expected = responses(*net, some, preprocessing);
    for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(rows[i].number, expected[i].deviation) << rows[i].name;
    EXPECT_EQ(rows[6].name, "layer3.0.bn2");
    Loader loader(some, preprocessing, {.batch = 16});
    loader.start(0);
    Batch batch;
    loader.next(batch);
    const SignalWatch watch;
    cross_entropy((*net)(batch.x), batch.labels).backward();
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_EQ(rows[7 + i].number, watch.layers()[i].gradient);
        EXPECT_EQ(rows[7 + i].what, "gradients");
        EXPECT_EQ(rows[7 + i].layer, static_cast<Index>(i) + 1);
        EXPECT_EQ(rows[7 + i].epoch, 3);
    }
    EXPECT_EQ(look_into(*net, preprocessing, some, {"gradients"}, 1).size(), 7u);
}

TEST(Watched, HasGradientsOfWhatLearnsWherePartsAreFrozen) {
    auto net = cifar_resnet({.depth = 8, .width = 4});
    initialise(*net, 1);
    freeze_parts(*net, {"conv1", "layer1"});
    const std::vector<Watched> rows =
        look_into(*net, Preprocessing::imagenet(), first_of(few_pictures().train, 16), {"gradients"}, 1);
    ASSERT_EQ(rows.size(), 7u);
    EXPECT_GT(rows[6].number, 0);
}

// What the next block's first batch norm makes of the sum is no layer's response.
TEST(Watched, RespondsOncePer3x3LayerInNetsWithPreactivation) {
    for (const char* name : {"preact-resnet20", "resnet20"}) {
        auto net = make_model(completed({.name = name, .width = 2}));
        initialise(*net, 1);
        std::vector<std::string> layers;
        for (const Response& r : responses(*net, first_of(few_pictures().train, 4), Preprocessing::imagenet()))
            layers.push_back(r.layer);
        if (name[0] == 'p') {
            ASSERT_EQ(layers.size(), 10u);  // conv1, whose output goes into layer1.0.bn1, and a bn2 of each block
            EXPECT_EQ(layers[0], "layer1.0.bn1");
            EXPECT_EQ(layers[2], "layer1.1.bn2");
        } else {
            EXPECT_EQ(layers.size(), 19u);
        }
    }
}

TEST(Watched, DoesNotChangeWhatARunEndsWith) {
    const Scratch scratch;
    Recipe recipe{.model = completed({.name = "resnet8", .width = 4}), .pretrained = {}, .training = {}};
    recipe.training.epochs = 2, recipe.training.batch = 32;
    train_into(scratch / "unseen", recipe, few_pictures());
    Observer seen;
    seen.inside = [&](Module& net, const Preprocessing& preprocessing, Index epoch) {
        write_watched(scratch / "seen/watch.csv", look_into(net, preprocessing, few_pictures().test, watchable, epoch));
    };
    train_into(scratch / "seen", recipe, few_pictures(), seen);
    EXPECT_EQ(weights_hash(scratch / "seen"), weights_hash(scratch / "unseen"));
    const std::vector<Watched> rows = read_watched(scratch / "seen/watch.csv");
    EXPECT_EQ(rows.size(), 28u);
    EXPECT_EQ(rows.back().epoch, 2);
    const auto found = find_runs({scratch.folder()}, [](const std::string&) {});
    std::string html;
    try {
        html = watched_html(found);
    } catch (const Error&) {
        GTEST_SKIP() << "gnuplot is missing";
    }
    EXPECT_NE(html.find("Inside the nets"), html.npos);
    EXPECT_NE(html.find("resnet-8"), html.npos);
    EXPECT_EQ(watched_html({found.back()}).empty(), found.back().folder.filename() == "unseen");
}

TEST(Watched, BeginsAnEpochAnewAfterAnInterruption) {
    const Scratch scratch;
    const auto row = [](Index epoch, double number) {
        return std::vector<Watched>{{epoch, "responses", 1, "bn1", number}};
    };
    for (const auto& [epoch, number] : {std::pair<Index, double>{1, 0.5}, {2, 0.25}, {3, 0.125}, {2, 2}})
        write_watched(scratch / "watch.csv", row(epoch, number));
    const std::vector<Watched> rows = read_watched(scratch / "watch.csv");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].number, 0.5);
    EXPECT_EQ(rows[1].number, 2);
}

TEST(Watched, RefusesAFileThatIsNone) {
    const Scratch scratch;
    const std::string heading = "epoch,what,layer,name,number\n";
    for (const char* words : {"1,responses,1,bn1\n", "0,responses,1,bn1,2\n", "1,thoughts,1,bn1,2\n",
                              "1,responses,one,bn1,2\n", "1,responses,1,bn1,much\n", "1,responses,1,bn1,2"}) {
        scratch.write("watch.csv", heading + words);
        EXPECT_THROW(read_watched(scratch / "watch.csv"), Error) << words;
    }
    scratch.write("watch.csv", std::string("something else\n"));
    EXPECT_THROW(read_watched(scratch / "watch.csv"), Error);
}

}  // namespace
}  // namespace deepen
