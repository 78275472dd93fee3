#include "layers/module.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "layers/layers.h"
#include "layers/weights.h"

namespace deepen {
namespace {

struct Small : Module {
    Conv2d conv{{.in_channels = 3, .out_channels = 4}};
    BatchNorm2d norm{4};
    Sequential tail;

    Small() {
        tail.add<GlobalAveragePool>();
        tail.add<Linear>(4, 2);
        name_parts();
    }
    Tensor forward(const Tensor& x) override { return tail(relu(norm(conv(x)))); }
    void visit(Visitor& v) override {
        v.module("conv", conv);
        v.module("norm", norm);
        v.module("tail", tail);
    }
    std::string_view type() const override { return "Small"; }
};

std::vector<std::string> names(const std::vector<NamedTensor>& tensors) {
    std::vector<std::string> result;
    for (const NamedTensor& t : tensors) result.push_back(t.name);
    return result;
}

TEST(Module, NamesItsTensorsByTheirPath) {
    Small net;
    EXPECT_EQ(names(named_parameters(net)),
              (std::vector<std::string>{"conv.weight", "norm.weight", "norm.bias", "tail.1.weight", "tail.1.bias"}));
    EXPECT_EQ(names(named_buffers(net)), (std::vector<std::string>{"norm.running_mean", "norm.running_var"}));
    EXPECT_EQ(parameter_count(net), 3 * 3 * 3 * 4 + 4 + 4 + 4 * 2 + 2);
}

TEST(Module, TrainingModeReachesEveryPart) {
    Small net;
    net.evaluate();
    for (auto& [name, part] : named_modules(net)) EXPECT_FALSE(part->training()) << name;
    net.train();
    for (auto& [name, part] : named_modules(net)) EXPECT_TRUE(part->training()) << name;
}

TEST(Module, AMisfitNamesTheLayer) {
    Small net;
    try {
        net(Tensor::zeros({1, 8, 8, 5}));
        FAIL() << "five channels were accepted";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("conv2d (conv): weight reads 3 input channels, x carries 5"),
                  std::string::npos)
            << e.what();
    }
}

TEST(Initialise, EqualSeedsGiveEqualBitsAndOthersDoNot) {
    Small a, b, c;
    initialise(a, 1);
    initialise(b, 1);
    initialise(c, 2);
    EXPECT_EQ(a.conv.weight.values(), b.conv.weight.values());
    EXPECT_NE(a.conv.weight.values(), c.conv.weight.values());
}

TEST(Initialise, HeNormalHasTheVarianceOfEquation10) {
    Conv2d conv({.in_channels = 64, .out_channels = 64});
    initialise(conv, 3);
    double squares = 0;
    for (Real w : conv.weight.values()) squares += double(w) * w;
    const double variance = squares / static_cast<double>(conv.weight.size()), expected = 2.0 / (9 * 64);
    EXPECT_NEAR(variance / expected, 1, 0.03);
}

TEST(Initialise, UniformSchemesStayInTheirBounds) {
    Linear layer(30, 20);
    initialise(layer, 1, xavier_uniform);
    const std::vector<Real> weights = layer.weight.values();
    const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
    const double bound = std::sqrt(6.0 / 50);
    EXPECT_GE(*low, -bound);
    EXPECT_LE(*high, bound);
    EXPECT_GT(high - low, 1.9 * bound);
}

TEST(Initialise, KnowsItsSchemesByName) {
    for (const std::string& name : initialiser_names()) EXPECT_NE(parse_initialiser(name), nullptr);
    EXPECT_EQ(parse_initialiser("he_normal"), he_normal);
    EXPECT_THROW(parse_initialiser("ones"), Error);
}

TEST(Weights, TurnFiltersAndMatricesAsPyTorchKeepsThem) {
    Tensor w({1, 2, 3, 4}, std::vector<Real>(24));  // [kh,kw,Cin,Cout]
    for (Index i = 0; i < 24; ++i) w.data()[i] = static_cast<Real>(i);
    const Tensor file = to_file_layout(w);
    EXPECT_EQ(file.shape(), (Shape{4, 3, 1, 2}));  // [Cout,Cin,kh,kw]
    EXPECT_EQ(file.at({3, 2, 0, 1}), w.at({0, 1, 2, 3}));
    EXPECT_EQ(from_file_layout(file).values(), w.values());
    EXPECT_EQ(to_file_layout(Tensor::zeros({5, 7})).shape(), (Shape{7, 5}));
}

TEST(Weights, MoveFromOneNetToAnother) {
    Small a, b;
    initialise(a, 1);
    load_state(b, state_of(a), "a");
    EXPECT_EQ(a.conv.weight.values(), b.conv.weight.values());
    EXPECT_EQ(a.norm.running_variance.values(), b.norm.running_variance.values());
}

TEST(Weights, AMisfitIsListedByNameAndChangesNothing) {
    Small net;
    initialise(net, 1);
    auto state = state_of(net);
    state["conv.weight"] = Tensor::zeros({4, 3, 5, 5});
    state["extra"] = Tensor::zeros({1});
    state["norm.num_batches_tracked"] = Tensor::zeros({});
    state.erase("tail.1.bias");
    const auto before = net.norm.scale.values();
    state["norm.weight"] = Tensor::zeros({4});
    try {
        load_state(net, state, "some.safetensors");
        FAIL() << "accepted";
    } catch (const Error& e) {
        const std::string message = e.what();
        EXPECT_NE(message.find("some.safetensors: these weights do not fit"), std::string::npos) << message;
        EXPECT_NE(message.find("Missing: tail.1.bias."), std::string::npos) << message;
        EXPECT_NE(message.find("Unexpected: extra."), std::string::npos) << message;
        EXPECT_NE(message.find("conv.weight is [4,3,5,5] instead of [4,3,3,3]"), std::string::npos) << message;
    }
    EXPECT_EQ(net.norm.scale.values(), before);
}

}  // namespace
}  // namespace deepen
