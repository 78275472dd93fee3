#include "resnet/cifar.h"

#include <gtest/gtest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/profile.h"

namespace deepen {
namespace {

struct Count {
    int depth;
    Index plain_or_a, b, c;
};

// He et al. 2015, Table 6 prints 0.27M, 0.46M, 0.66M, 0.85M, 1.7M, 19.4M.
class ParameterCount : public testing::TestWithParam<Count> {};

TEST_P(ParameterCount, IsThePapersForEveryShortcut) {
    const Count expected = GetParam();
    const auto count = [&](Shortcut s) {
        return parameter_count(*cifar_resnet({.depth = expected.depth, .shortcut = s}));
    };
    EXPECT_EQ(count(Shortcut::none), expected.plain_or_a);
    EXPECT_EQ(count(Shortcut::A), expected.plain_or_a);
    EXPECT_EQ(count(Shortcut::B), expected.b);
    EXPECT_EQ(count(Shortcut::C), expected.c);
}

INSTANTIATE_TEST_SUITE_P(Table6, ParameterCount,
                         testing::Values(Count{20, 269722, 272474, 283962}, Count{32, 464154, 466906, 489594},
                                         Count{44, 658586, 661338, 695226}, Count{56, 853018, 855770, 900858},
                                         Count{110, 1727962, 1730714, 1826202},
                                         Count{1202, 19421274, 19424026, 20538714}),
                         [](const auto& info) { return "Depth" + std::to_string(info.param.depth); });

// Of one 32x32 picture, option A; the paper says that it "has the same cost" as the plain net.
TEST(MultiplyAdds, AreThoseCountedFromThePaper) {
    const NoGrad no_grad;
    const std::pair<int, Index> expected[] = {{20, 40551040},   {32, 68862592},   {44, 97174144},
                                              {56, 125485696},  {110, 252887680}, {1202, 2829238912}};
    for (const auto& [depth, multiply_adds] : expected)
        for (Shortcut s : {Shortcut::none, Shortcut::A}) {
            auto net = cifar_resnet({.depth = depth, .shortcut = s});
            net->evaluate();
            profile::start();
            (*net)(Tensor::zeros({1, 32, 32, 3}));
            EXPECT_EQ(profile::multiply_adds(), multiply_adds) << model_name(net->options());
        }
}

TEST(Shortcut, AKeepsEverySecondPixelAndPadsWithZeroChannels) {
    ShortcutPath path({.kind = Shortcut::A, .in_channels = 1, .out_channels = 3, .stride = 2});
    Tensor x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Tensor y = path(x);
    EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 3}));
    EXPECT_EQ(y.values(), (std::vector<Real>{1, 0, 0, 3, 0, 0, 7, 0, 0, 9, 0, 0}));
}

TEST(Shortcut, BProjectsOnlyWhereTheShapeChanges) {
    EXPECT_FALSE(
        ShortcutPath({.kind = Shortcut::B, .in_channels = 4, .out_channels = 4, .stride = 1}).has_parameters());
    EXPECT_TRUE(ShortcutPath({.kind = Shortcut::B, .in_channels = 4, .out_channels = 8, .stride = 2}).has_parameters());
    EXPECT_TRUE(ShortcutPath({.kind = Shortcut::C, .in_channels = 4, .out_channels = 4, .stride = 1}).has_parameters());
    EXPECT_FALSE(
        ShortcutPath({.kind = Shortcut::A, .in_channels = 4, .out_channels = 8, .stride = 2}).has_parameters());
}

TEST(Block, WhoseLastScaleIsZeroIsReluOfItsShortcut) {
    for (Shortcut s : {Shortcut::A, Shortcut::B, Shortcut::C}) {
        BasicBlock block({.in_channels = 3, .out_channels = 6, .stride = 2, .shortcut = s});
        initialise(block, 1);
        for (Real& v : block.bn2.scale.data()) v = 0;
        const Tensor x = random_tensor({2, 5, 5, 3}, 7);
        EXPECT_EQ(block(x).values(), relu((*block.shortcut)(x)).values()) << name_of(s);
    }
    BasicBlock identity({.in_channels = 6, .out_channels = 6, .stride = 1, .shortcut = Shortcut::A});
    initialise(identity, 1);
    for (Real& v : identity.bn2.scale.data()) v = 0;
    const Tensor x = random_tensor({2, 5, 5, 6}, 7);
    EXPECT_EQ(identity(x).values(), relu(x).values());
}

TEST(CifarNet, PlainAndResidualTwinsStartFromTheSameBits) {
    auto plain = cifar_resnet({.depth = 8, .shortcut = Shortcut::none}),
         residual = cifar_resnet({.depth = 8, .shortcut = Shortcut::A});
    initialise(*plain, 5);
    initialise(*residual, 5);
    const auto p = named_parameters(*plain), r = named_parameters(*residual);
    ASSERT_EQ(p.size(), r.size());
    for (std::size_t i = 0; i < p.size(); ++i) {
        EXPECT_EQ(p[i].name, r[i].name);
        EXPECT_EQ(p[i].tensor.values(), r[i].tensor.values()) << p[i].name;
    }
}

TEST(CifarNet, GivesOneLogitPerClassForAnyPictureSize) {
    auto net = cifar_resnet({.depth = 8, .classes = 7});
    initialise(*net, 1);
    EXPECT_EQ((*net)(Tensor::zeros({2, 32, 32, 3})).shape(), (Shape{2, 7}));
    EXPECT_EQ((*net)(Tensor::zeros({2, 9, 13, 3})).shape(), (Shape{2, 7}));
}

TEST(ModelName, ReadsKindAndDepth) {
    EXPECT_EQ(parse_cifar_model("resnet20").depth, 20);
    EXPECT_EQ(parse_cifar_model("resnet-56", Shortcut::B).shortcut, Shortcut::B);
    EXPECT_EQ(parse_cifar_model("plain56").shortcut, Shortcut::none);
    EXPECT_EQ(model_name(parse_cifar_model("plain56")), "plain56");
}

std::string refusal(const std::string& name, Shortcut shortcut = Shortcut::A) {
    try {
        parse_cifar_model(name, shortcut);
    } catch (const Error& e) {
        return e.what();
    }
    return "accepted";
}

TEST(ModelName, RefusesWhatItCannotBuild) {
    EXPECT_NE(refusal("resnet21").find("6n+2 layers"), std::string::npos);
    EXPECT_NE(refusal("resnet21").find("nearest is 20."), std::string::npos) << refusal("resnet21");
    EXPECT_NE(refusal("resnet51").find("nearest is 50, called cifar-resnet50."), std::string::npos);
    EXPECT_NE(refusal("alexnet").find("model 'alexnet' is not known"), std::string::npos);
    EXPECT_NE(refusal("resnet").find("is not known"), std::string::npos);
    EXPECT_NE(refusal("resnet20x").find("is not known"), std::string::npos);
    EXPECT_NE(refusal("resnet99999999999").find("is not known"), std::string::npos);
    EXPECT_NE(refusal("resnet20", Shortcut::none).find("Try 'plain20'"), std::string::npos);
}

}  // namespace
}  // namespace deepen
