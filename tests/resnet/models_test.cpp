// Is every net of the papers there, under the name people know it by, and of their size?
#include "resnet/models.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/gradcheck.h"
#include "resnet/imagenet.h"
#include "resnet/preactivation.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Models, GiveOneLogitPerClass) {
    for (const char* name : {"resnet8", "preact-resnet8", "resnet18", "resnet50", "plain18", "vgg16_bn"}) {
        const auto net = make_model({.name = name, .width = 4, .classes = 7});
        initialise(*net, 1);
        EXPECT_EQ((*net)(random_tensor({2, 32, 40, 3}, 1)).shape(), (Shape{2, 7})) << name;
    }
}

TEST(Models, OfImageNetComeWithoutBatchNormAndWithGatesToo) {
    const auto net = make_model({.name = "resnet18", .width = 4, .batch_norm = false, .residual_gate = 0});
    EXPECT_TRUE(named_buffers(*net).empty());
    EXPECT_EQ(parameter_count(*net), parameter_count(*make_model({.name = "resnet18", .width = 4})) + 8);
}

// The stride moves a quarter of the first 1x1's work, and no parameter.
TEST(Models, PlaceABottlenecksStrideWhereAsked) {
    ImagenetNet in_3x3({.depth = 50, .width = 4}), in_1x1({.depth = 50, .width = 4, .stride_in_3x3 = false});
    const auto strides = [](ImagenetNet& net) {
        auto& block = dynamic_cast<Bottleneck&>(net.layer2[0]);
        return std::pair(block.conv1.options().stride, block.conv2.options().stride);
    };
    EXPECT_EQ(strides(in_3x3), std::pair(Index(1), Index(2)));
    EXPECT_EQ(strides(in_1x1), std::pair(Index(2), Index(1)));
    EXPECT_EQ(parameter_count(in_3x3), parameter_count(in_1x1));
}

TEST(Models, WhoseLastScalesAreZeroStartAsTheirShortcuts) {
    Bottleneck block(
        {.in_channels = 4, .out_channels = 8, .stride = 2, .shortcut = Shortcut::B, .zero_last_scale = true});
    initialise(block, 1);
    const Tensor x = random_tensor({2, 5, 5, 4}, 7);
    EXPECT_EQ(block(x).values(), relu((*block.shortcut)(x)).values());
}

// Equations (4), (5) of He et al. 2016: with identity shortcuts alone, a net is its input plus a sum.
TEST(PreactivationBlock, AddsToItsInputUntouched) {
    PreactivationBlock block({.in_channels = 4, .out_channels = 4});
    initialise(block, 1);
    for (Real& v : block.conv2.weight.data()) v = 0;
    const Tensor x = random_tensor({2, 5, 5, 4}, 7);     // with negative elements, which no relu has cut off
    EXPECT_EQ(block(x).values(), x.values());
}

TEST(PreactivationBlock, SharesItsFirstReluWithAProjectionAndAfterTheStem) {
    const Tensor x = random_tensor({2, 4, 4, 4}, 7);
    for (const BlockOptions& o : {BlockOptions{.in_channels = 4, .out_channels = 8, .shortcut = Shortcut::B},
                                  BlockOptions{.in_channels = 4, .out_channels = 4, .after_stem = true}}) {
        PreactivationBlock block(o);
        initialise(block, 1);
        for (Real& v : block.conv2.weight.data()) v = 0;
        EXPECT_EQ(block(x).values(), (*block.shortcut)(relu(block.bn1(x))).values());
    }
}

TEST(ModelNames, OfBothFamiliesAreToldApart) {
    EXPECT_EQ(make_model({.name = "resnet50", .width = 4})->type(), "ImagenetNet");
    EXPECT_EQ(make_model({.name = "cifar-resnet50"})->type(), "CifarNet");
    EXPECT_EQ(make_model({.name = "resnet56"})->type(), "CifarNet");
    EXPECT_EQ(completed({.name = "cifar-resnet-20"}).name, "resnet20");
    EXPECT_EQ(completed({.name = "cifar-plain152"}).name, "cifar-plain152");
    EXPECT_EQ(completed({.name = "preact-resnet50"}).name, "preact-resnet50");
    EXPECT_EQ(picture_size({.name = "resnet50"}), 224);
    EXPECT_EQ(picture_size({.name = "cifar-resnet50"}), 32);
}

TEST(ModelNames, SayWhatFixesTheNet) {
    EXPECT_EQ(describe({.name = "resnet50"}), "resnet50, shortcut B, stride in the 3x3 (torchvision's)");
    EXPECT_EQ(describe({.name = "resnet101", .shortcut = Shortcut::C, .stride_in_3x3 = false}),
              "resnet101, shortcut C, stride in the first 1x1 (the paper's)");
    EXPECT_EQ(describe({.name = "resnet20", .zero_last_scale = true}), "resnet20, shortcut A, last scales from zero");
    EXPECT_EQ(describe({.name = "resnet20", .batch_norm = false, .residual_gate = 0}),
              "resnet20, shortcut A, without batch norm, residual gates from 0");
    EXPECT_EQ(describe({.name = "vgg16_bn"}), "vgg16_bn");
}

TEST(ModelNames, AreRefusedWithThoseThereAre) {
    const auto refusal = [](const ModelOptions& o) { return refusal_of([&] { make_model(o); }); };
    const auto expect = [&](const ModelOptions& o, const char* part) {
        EXPECT_NE(refusal(o).find(part), std::string::npos) << refusal(o);
    };
    expect({.name = "alexnet"}, "model 'alexnet' is not known");
    expect({.name = "alexnet"}, "Models are resnet18, resnet34, resnet50");
    expect({.name = "resnet36"}, "The nearest is 38.");
    expect({.name = "resnet36"}, "Models are resnet18, resnet34, resnet50");
    expect({.name = "plain50"}, "try 'cifar-plain50'");
    expect({.name = "preact-plain20"}, "nets with pre-activation have shortcuts");
    expect({.name = "vgg11"}, "model 'vgg11' is not known");
    expect({.name = ""}, "model '' is not known");
    expect({.name = "plain34", .shortcut = Shortcut::B}, "model 'plain34' has no shortcuts, but shortcut B");
    expect({.name = "vgg16", .shortcut = Shortcut::A}, "model 'vgg16' has no shortcuts");
    expect({.name = "resnet34", .shortcut = Shortcut::none}, "has shortcuts, but shortcut 'none'");
    expect({.name = "resnet34", .stride_in_3x3 = false}, "has no bottlenecks");
    expect({.name = "plain34", .zero_last_scale = true}, "no last scale to start from zero");
    for (const char* name : {"preact-resnet20", "vgg16", "vgg16_bn"}) {
        expect({.name = name, .batch_norm = false}, "' cannot be had without batch norm.  Take a plain net");
        expect({.name = name, .residual_gate = 0}, "nothing for a residual gate to scale");
    }
    expect({.name = "plain20", .residual_gate = 0}, "model 'plain20' has no blocks that compute relu(F(x) + shortcut");
    expect({.name = "resnet20", .residual_gate = INFINITY}, "a residual gate cannot start from inf");
    expect({.name = "resnet34", .width = -1}, "width -1");
}

}  // namespace
}  // namespace deepen
