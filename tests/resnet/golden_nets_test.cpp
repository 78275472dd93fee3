// Do our blocks and nets compute what PyTorch's do, and learn as they do?
#include <cmath>

#include <gtest/gtest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "layers/sgd.h"
#include "layers/weights.h"
#include "resnet/cifar.h"
#include "resnet/models.h"
#include "tests/compare/stages.h"
#include "tests/golden/golden.h"

namespace deepen {
namespace {

// Rounding adds up over a net's layers.
constexpr double net_tolerance = sizeof(Real) == sizeof(float) ? 1e-4 : 1e-6;

void expect_golden_block(const std::string& name, const BlockOptions& options) {
    SCOPED_TRACE(name);
    static const Golden golden("blocks.safetensors");
    BasicBlock block(options);
    std::map<std::string, Tensor> before;
    for (const auto& [tensor, value] : state_of(block)) before[tensor] = golden.tensor(name + "/" + tensor);
    load_state(block, before, "blocks.safetensors");

    Tensor x = variable(golden.tensor(name + "/x"));
    Tensor y = block(x);
    EXPECT_TRUE(agree(y, golden.tensor(name + "/y"), net_tolerance)) << "y";
    y.backward(golden.tensor(name + "/dy"));
    EXPECT_TRUE(agree(x.grad(), golden.tensor(name + "/dx"), net_tolerance)) << "dx";
    const auto gradients = golden.tensors(name + "/grad/"), after = golden.tensors(name + "/after/");
    const std::vector<NamedTensor> parameters = named_parameters(block), buffers = named_buffers(block);
    ASSERT_EQ(parameters.size(), gradients.size());
    ASSERT_EQ(buffers.size(), after.size());
    for (const NamedTensor& p : parameters)
        EXPECT_TRUE(agree(to_file_layout(p.tensor.grad()), gradients.at(p.name), net_tolerance))
            << "gradient of " << p.name;
    for (const NamedTensor& b : buffers)
        EXPECT_TRUE(agree(b.tensor, after.at(b.name), net_tolerance)) << b.name << " after";
}

TEST(GoldenBlocks, AgreeWithPyTorchForEveryShortcut) {
    const std::pair<const char*, Shortcut> kinds[] = {
        {"none", Shortcut::none}, {"A", Shortcut::A}, {"B", Shortcut::B}, {"C", Shortcut::C}};
    for (const auto& [name, kind] : kinds) {
        expect_golden_block(name, {.in_channels = 4, .out_channels = 6, .stride = 2, .shortcut = kind});
        expect_golden_block(text(name, "_same"), {.in_channels = 4, .out_channels = 4, .shortcut = kind});
    }
}

constexpr const char* golden_names[] = {"plain20", "resnet20", "plain56", "resnet56"};

TEST(GoldenNets, HaveTheNamesAndShapesOfTorchvision) {
    for (const char* name : golden_names) {
        CifarNet net(parse_cifar_model(name));
        std::map<std::string, Shape> shapes;
        for (const auto& [tensor, value] : state_of(net)) shapes.emplace(tensor, value.shape());
        EXPECT_EQ(shapes, golden_shapes(name)) << name;
    }
}

TEST(GoldenNets, AgreeWithPyTorchInEvaluation) {
    const Golden golden("nets.safetensors");
    const std::vector<int> labels{0, 1, 2, 3};
    const NoGrad no_grad;
    for (const char* name : golden_names) {
        CifarNet net(parse_cifar_model(name));
        load_state(net, golden_weights(name, GoldenWeights::evaluation), name);
        net.evaluate();
        const Tensor logits = net(golden_pictures());
        EXPECT_TRUE(agree(logits, golden.tensor(text(name, "/logits")), net_tolerance)) << name;
        EXPECT_TRUE(agree(cross_entropy(logits, labels), golden.tensor(text("loss/", name)), net_tolerance)) << name;
    }
}

// `make compare` does so with all of them, at their full size, and with gradients.
TEST(GoldenImagenet, AgreesWithTorchvisionInEveryStage) {
    const Golden golden("imagenet.safetensors");
    const Tensor x = golden_uniform({2, 96, 64, 3}, "imagenet pictures", std::sqrt(3.0));
    const NoGrad no_grad;
    for (const ModelOptions& model : {ModelOptions{.name = "resnet18", .classes = 10},
                                      ModelOptions{.name = "resnet50", .classes = 10},
                                      ModelOptions{.name = "vgg16_bn", .width = 4, .classes = 10}}) {
        const auto net = make_model(model);
        fill_golden(*net);
        net->evaluate();
        const auto stages = stages_of(*net, x);
        EXPECT_EQ(stages.size(), 6u) << model.name;      // four layers and a pooling, or five poolings; logits
        for (const auto& [stage, y] : stages)
            EXPECT_TRUE(
                agree(stage == "logits" ? y : digest(y), golden.tensor(model.name + "/" + stage), net_tolerance))
                << model.name << " " << stage;
    }
}

double norm(const Tensor& t) {
    double squares = 0;
    for (const Real value : t.data()) squares += static_cast<double>(value) * value;
    return std::sqrt(squares);
}

TEST(GoldenNets, FollowPyTorchThroughTenStepsOfSgd) {
    const Golden golden("resnet20_steps.safetensors");
    CifarNet net({.depth = 20, .shortcut = Shortcut::A});
    load_state(net, golden_weights("resnet20", GoldenWeights::ten_steps), "golden weights");
    Sgd sgd(named_parameters(net), {.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-4});

    const Tensor losses = golden.tensor("loss/float64");
    for (int step = 0; step < 10; ++step) {
        const Tensor logits = net(golden_batch(step));
        Tensor loss = cross_entropy(logits, golden_labels(step));
        const double expected = losses.data()[step];
        EXPECT_NEAR(loss.item(), expected, net_tolerance * expected) << "step " << step;
        sgd.zero_grad();
        loss.backward();
        if (step == 0) {
            EXPECT_TRUE(agree(logits, golden.tensor("logits"), net_tolerance));
            for (const NamedTensor& p : named_parameters(net)) {
                const double length = golden.tensor("gradient_norm/" + p.name).item();
                EXPECT_NEAR(norm(p.tensor.grad()), length, net_tolerance * length) << "gradient of " << p.name;
            }
        }
        sgd.step();
    }
    for (const auto& [name, value] : state_of(net))
        EXPECT_TRUE(agree(digest(value), golden.tensor("after/" + name), 1e-3)) << name << " after ten steps";
}

}  // namespace
}  // namespace deepen
