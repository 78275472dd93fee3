// Whole nets, fused and op by op: the same numbers and gradients, to the bit.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "engine/autograd.h"
#include "engine/gradcheck.h"
#include "layers/initialise.h"
#include "layers/weights.h"
#include "resnet/imagenet.h"
#include "resnet/preactivation.h"
#include "resnet/vgg.h"
#include "tests/engine/fusion.h"

namespace deepen {
namespace {

struct Net {
    const char* name;
    std::function<std::unique_ptr<Module>()> make;
    Shape x;
};

template <class Made, class Options>
Net net(const char* name, Options options, Shape x) {
    return {name, [options]() -> std::unique_ptr<Module> { return std::make_unique<Made>(options); }, x};
}

const std::vector<Net> nets = {
    net<CifarNet>("plain14", CifarOptions{.depth = 14, .shortcut = Shortcut::none, .width = 8}, {6, 16, 16, 3}),
    net<CifarNet>("resnet14, A", CifarOptions{.depth = 14, .width = 8}, {6, 16, 16, 3}),
    net<CifarNet>("resnet8, B", CifarOptions{.depth = 8, .shortcut = Shortcut::B, .width = 8}, {6, 16, 16, 3}),
    net<CifarNet>("resnet8, C", CifarOptions{.depth = 8, .shortcut = Shortcut::C, .width = 8}, {6, 16, 16, 3}),
    net<CifarNet>("bottlenecks", CifarOptions{.depth = 11, .width = 8, .bottleneck = true}, {6, 16, 16, 3}),
    net<PreactivationNet>("pre-activation", CifarOptions{.depth = 14, .width = 8}, {6, 16, 16, 3}),
    net<PreactivationNet>("pre-activation bottlenecks", CifarOptions{.depth = 11, .width = 8, .bottleneck = true},
                          {6, 16, 16, 3}),
    net<ImagenetNet>("resnet18", ImagenetOptions{.depth = 18, .width = 8, .classes = 10}, {2, 64, 64, 3}),
    net<Vgg>("vgg16", VggOptions{.depth = 16, .width = 4, .hidden = 64, .classes = 10}, {2, 32, 32, 3}),
    net<Vgg>("vgg16_bn", VggOptions{.depth = 16, .batch_norm = true, .width = 4, .hidden = 64, .classes = 10},
             {2, 32, 32, 3})};

// Output, gradients of x and of every weight, running statistics.
std::vector<std::pair<std::string, Tensor>> step(const Net& n, bool training, bool fused) {
    const WithFusion with(fused);
    const std::unique_ptr<Module> net = n.make();
    initialise(*net, 1);
    net->train(training);
    Tensor x = variable(random_tensor(n.x, 2));
    Tensor y = (*net)(x);
    y.backward(random_tensor(y.shape(), 3));
    std::vector<std::pair<std::string, Tensor>> results{{"y", y.detach()}, {"dx", x.grad()}};
    for (const NamedTensor& p : named_parameters(*net)) results.emplace_back(p.name, p.tensor.grad());
    for (const NamedTensor& b : named_buffers(*net)) results.emplace_back(b.name, b.tensor);
    return results;
}

TEST(FusedNets, AreTheUnfusedOnesToTheBit) {
    for (const Net& n : nets)
        for (const bool training : {true, false}) {
            const auto fused = step(n, training, true), apart = step(n, training, false);
            for (std::size_t k = 0; k < fused.size(); ++k)
                EXPECT_EQ(fused[k].second.values(), apart[k].second.values())
                    << n.name << ", training " << training << ": " << apart[k].first;
        }
}

TEST(FusedNets, EvaluateToTheBitAsTheUnfusedOnes) {
    for (const Net& n : nets) {
        const auto run = [&](bool fused) {
            const WithFusion with(fused);
            const std::unique_ptr<Module> net = n.make();
            initialise(*net, 1);
            net->train(false);
            const NoGrad off;
            return (*net)(random_tensor(n.x, 2)).values();
        };
        EXPECT_EQ(run(true), run(false)) << n.name;
    }
}

}  // namespace
}  // namespace deepen
