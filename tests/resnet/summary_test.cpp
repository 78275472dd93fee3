// Are the nets of the size the papers say, to the digit, and does the summary tell them as they are?
#include "layers/summary.h"

#include <gtest/gtest.h>

#include "engine/memory.h"
#include "resnet/drawing.h"
#include "resnet/models.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

struct Size {
    ModelOptions model;
    Index parameters, multiply_adds;                     // of one picture of the paper's size
};

// He et al. 2015, Table 1, prints 1.8, 3.6, 3.8, 7.6 and 11.3 billion "FLOPs", and 15.3 and 19.6 for VGG.  Parameters
// of option B and VGG are those of torchvision 0.14; multiply-adds of torchvision's nets were counted there by hooks.
const Size sizes[] = {
    {{.name = "plain18"}, 11515688, 1794805760},
    {{.name = "resnet18", .shortcut = Shortcut::A}, 11515688, 1794805760},
    {{.name = "resnet18"}, 11689512, 1814073344},
    {{.name = "plain34"}, 21623848, 3644493824},
    {{.name = "resnet34", .shortcut = Shortcut::A}, 21623848, 3644493824},
    {{.name = "resnet34"}, 21797672, 3663761408},
    {{.name = "resnet34", .shortcut = Shortcut::C}, 22716840, 3830747136},
    {{.name = "resnet50"}, 25557032, 4089184256},
    {{.name = "resnet50", .stride_in_3x3 = false}, 25557032, 3857973248},
    {{.name = "resnet50", .shortcut = Shortcut::C}, 40128552, 6555435008},
    {{.name = "resnet101"}, 44549160, 7801405440},
    {{.name = "resnet101", .stride_in_3x3 = false}, 44549160, 7570194432},
    {{.name = "resnet152"}, 60192808, 11513626624},
    {{.name = "resnet152", .stride_in_3x3 = false}, 60192808, 11282415616},
    {{.name = "vgg16"}, 138357544, 15470264320},
    {{.name = "vgg19"}, 143667240, 19632062464},
    {{.name = "vgg19_bn"}, 143678248, 19632062464},
    {{.name = "resnet20"}, 269722, 40551040},
    {{.name = "resnet110", .shortcut = Shortcut::B}, 1730714, 253149824},
    {{.name = "resnet164"}, 1704154, 247646720},
    {{.name = "resnet1001"}, 10328602, 1490995712},
    {{.name = "preact-resnet110"}, 1727962, 252887680},
    {{.name = "preact-resnet164"}, 1703258, 247646720},
    {{.name = "preact-resnet1001"}, 10327706, 1490995712},
    {{.name = "resnet1202"}, 19421274, 2829238912},
};

TEST(Summary, CountsWhatThePapersCount) {
    for (const Size& size : sizes) {
        const auto net = make_model(size.model);
        const Index side = picture_size(size.model);
        const Summary s = summarise(*net, side, side);
        EXPECT_EQ(s.parameters, size.parameters) << describe(size.model);
        EXPECT_EQ(s.multiply_adds, size.multiply_adds) << describe(size.model);
        Index parameters = 0, buffers = 0;
        for (const SummaryRow& row : s.rows) parameters += row.parameters, buffers += row.buffers;
        EXPECT_EQ(parameters, s.parameters) << describe(size.model);
        EXPECT_EQ(buffers, s.buffers) << describe(size.model);
        memory::release_cached();                        // nets of a gigabyte, each of other sizes
    }
}

// The paper's 15.3 billion.
TEST(Summary, OfVggTellsConvolutionsAndLinearLayersApart) {
    Index convolutions = 0;
    for (const SummaryRow& row : summarise(*make_model({.name = "vgg16"}), 224, 224).rows)
        if (row.type == "Conv2d") convolutions += row.multiply_adds;
    EXPECT_EQ(convolutions, 15346630656);
}

Summary summary_of(const ModelOptions& options, Index side = 32, Index batch = 1) {
    return summarise(*make_model(options), side, side, batch);
}

const SummaryRow& row_named(const Summary& s, const std::string& name) {
    for (const SummaryRow& row : s.rows)
        if (row.name == name) return row;
    throw Error("no row " + name);
}

TEST(Summary, TellsEveryLayerInTheOrderOfComputation) {
    const Summary s = summary_of({.name = "plain8", .width = 4});
    std::string names;
    for (const SummaryRow& row : s.rows) names += row.name + " ";
    EXPECT_EQ(names,
              "conv1 bn1 layer1.0.conv1 layer1.0.bn1 layer1.0.conv2 layer1.0.bn2 layer2.0.conv1 layer2.0.bn1 "
              "layer2.0.conv2 layer2.0.bn2 layer3.0.conv1 layer3.0.bn1 layer3.0.conv2 layer3.0.bn2 "
              "global_average_pool fc ");
    EXPECT_EQ(row_named(s, "layer2.0.conv1").detail, "3x3, 8, /2");
    EXPECT_EQ(row_named(s, "layer2.0.conv1").output, (Shape{1, 16, 16, 8}));
    EXPECT_EQ(row_named(s, "fc").parameters, 16 * 10 + 10);
}

TEST(Summary, KnowsWhereShortcutsComeFrom) {
    const Summary s = summary_of({.name = "resnet8", .width = 4});
    const auto reads = [&](const char* name) {
        std::string names;
        for (int input : row_named(s, name).inputs) names += s.rows[input].name + " ";
        return names;
    };
    EXPECT_EQ(reads("layer1.0.add"), "layer1.0.bn2 bn1 ");
    EXPECT_EQ(reads("layer2.0.downsample"), "layer1.0.add ");
    EXPECT_EQ(reads("layer2.0.add"), "layer2.0.bn2 layer2.0.downsample ");
    EXPECT_EQ(row_named(s, "layer2.0.downsample").type, "Shortcut");
}

TEST(Summary, OfABatchIsThatOfAPictureTimesItsSize) {
    const Summary one = summary_of({.name = "resnet50", .width = 4}),
                  eight = summary_of({.name = "resnet50", .width = 4}, 32, 8);
    EXPECT_EQ(eight.multiply_adds, 8 * one.multiply_adds);
    EXPECT_EQ(eight.activation_bytes, 8 * one.activation_bytes);
    EXPECT_EQ(eight.parameters, one.parameters);
    EXPECT_EQ(eight.rows.back().output, (Shape{8, 1000}));
}

TEST(Summary, LeavesTheNetAsItWas) {
    const auto net = make_model({.name = "resnet8", .width = 4});
    initialise(*net, 1);
    const auto before = named_buffers(*net)[0].tensor.values();
    summarise(*net, 32, 32);
    EXPECT_TRUE(net->training());
    EXPECT_EQ(named_buffers(*net)[0].tensor.values(), before);
    for (const NamedTensor& p : named_parameters(*net)) EXPECT_FALSE(p.tensor.grad().defined()) << p.name;
}

TEST(Summary, RefusesPicturesThatAreTooSmall) {
    const std::string message = refusal_of([] { summary_of({.name = "vgg16", .width = 1}, 16); });
    EXPECT_NE(message.find("max_pool2d: a window of 2x2 does not fit"), std::string::npos) << message;
}

Index count(const std::string& s, const std::string& part) {
    Index n = 0;
    for (std::size_t at = s.find(part); at != s.npos; at = s.find(part, at + 1)) ++n;
    return n;
}

// Sixteen blocks, four of which change the shape.
TEST(Drawing, ShowsEveryShortcut) {
    const std::string svg = svg_drawing(summary_of({.name = "resnet50", .width = 4}), "a & b");
    EXPECT_EQ(count(svg, "<circle"), 16);
    EXPECT_EQ(count(svg, "class=\"c\""), 12);
    EXPECT_EQ(count(svg, "class=\"c d\""), 4);
    EXPECT_EQ(count(svg, ">a &amp; b<"), 1);
    EXPECT_EQ(count(svg_drawing(summary_of({.name = "plain34", .width = 4}), ""), "<circle"), 0);
}

TEST(Drawing, CountsEqualBlocksInsteadOfDrawingThem) {
    const std::string svg = svg_drawing(summary_of({.name = "resnet152", .width = 4}), "");
    EXPECT_EQ(count(svg, "<circle"), 8);
    for (const char* times : {"\u00d7 2<", "\u00d7 7<", "\u00d7 35<"}) EXPECT_GE(count(svg, times), 1) << times;
}

TEST(Drawing, InDotHasAnEdgeForEveryInput) {
    const Summary s = summary_of({.name = "resnet18", .width = 4});
    Index inputs = 0;
    for (const SummaryRow& row : s.rows) inputs += static_cast<Index>(row.inputs.size());
    EXPECT_EQ(count(dot_drawing(s, "net"), " -> "), inputs);
    EXPECT_EQ(count(dot_drawing(s, "net"), "color=red"), 8);
}

}  // namespace
}  // namespace deepen
