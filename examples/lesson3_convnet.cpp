// How does a net learn to tell pictures apart?
//
// A small convolutional net, in the pattern of nearly all others: look at small windows, keep signals at a
// healthy size, bend, look at it all from further away; at the end, average over the picture and vote.
//
//     picture [N,32,32,3]
//       conv 3x3, batch norm, relu, max pool   -> [N,16,16,16]     edges
//       conv 3x3, batch norm, relu, max pool   -> [N,8,8,32]       corners, arcs
//       conv 3x3, batch norm, relu             -> [N,8,8,64]       how they sit together
//       global average pool, linear            -> [N,10]           a number for each class: the logits
//
// What each stage is said to look for is what people found in such nets (Zeiler and Fergus 2014); nobody
// tells it to.  The training loop is written out here; later programs leave it to Trainer (resnet/training).
#include <algorithm>
#include <cstdio>

#include "engine/autograd.h"
#include "layers/sgd.h"
#include "layers/layers.h"
#include "resnet/training/evaluation.h"

using namespace deepen;

struct Stage : Module {
    Conv2d conv;
    BatchNorm2d bn;

    Stage(Index in, Index out) : conv({.in_channels = in, .out_channels = out}), bn(out) {}
    Tensor forward(const Tensor& x) override { return max_pool2d(relu(bn(conv(x))), {.kernel = 2}); }
    void visit(Visitor& v) override {                    // from this alone come parameters, names, files
        v.module("conv", conv);
        v.module("bn", bn);
    }
    std::string_view type() const override { return "Stage"; }
};

struct ConvNet : Module {
    Stage stage1{3, 16}, stage2{16, 32}, stage3{32, 64}, stage4{64, 128};
    Linear fc{128, 10};

    Tensor forward(const Tensor& x) override { return fc(global_average_pool(stage4(stage3(stage2(stage1(x)))))); }
    void visit(Visitor& v) override {
        v.module("stage1", stage1);
        v.module("stage2", stage2);
        v.module("stage3", stage3);
        v.module("stage4", stage4);
        v.module("fc", fc);
    }
    std::string_view type() const override { return "ConvNet"; }
};

// Pictures side by side, in grey, a character for two pixels one above the other.
void show(const PictureSet& set, std::initializer_list<Index> pictures) {
    for (Index i : pictures) std::printf("%-34s", set.classes[set.labels[i]].c_str());
    std::printf("\n");
    for (Index row = 0; row < set.height; row += 2) {
        for (Index i : pictures) {
            const auto grey = [&](Index y, Index x) {
                const std::uint8_t* rgb = &set.picture(i)[(y * set.width + x) * 3];
                return (2 * rgb[0] + 5 * rgb[1] + rgb[2]) / 8;
            };
            for (Index x = 0; x < set.width; ++x) std::putchar(" .:-=+*#%@"[(grey(row, x) + grey(row + 1, x)) * 10 / 512]);
            std::printf("  ");
        }
        std::printf("\n");
    }
}

// One line a class: how many of its pictures went wrong, and what they were most often taken for.
void print_confusions(ConvNet& net, const PictureSet& test, const Preprocessing& preprocessing) {
    const NoGrad no_grad;
    net.evaluate();
    const Index classes = static_cast<Index>(test.classes.size());
    std::vector<std::vector<int>> seen(classes, std::vector<int>(classes));  // seen[truth][answer]
    Loader loader(test, preprocessing, {.batch = 100});
    loader.start(1);
    for (Batch batch; loader.next(batch);) {
        const Tensor logits = net(batch.x);
        for (Index i = 0; i < logits.shape()[0]; ++i) {
            const Real* row = logits.data().data() + i * classes;
            ++seen[batch.labels[i]][std::max_element(row, row + classes) - row];
        }
    }
    std::printf("\n  class      wrong of      most often taken for\n");
    for (Index c = 0; c < classes; ++c) {
        int right = 0, count = 0;
        for (int n : seen[c]) count += n;
        std::swap(right, seen[c][c]);                    // what is left are mistakes
        const auto worst = std::max_element(seen[c].begin(), seen[c].end());
        std::printf("  %-9s %6d %3d      %s (%d)\n", test.classes[c].c_str(), count - right, count,
                    *worst ? test.classes[worst - seen[c].begin()].c_str() : "-", *worst);
    }
}

int main() {
    const DataSplits data = load_data("synthetic", {.train_count = 4000, .test_count = 500});
    const Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    std::printf("Three of %d pictures\n\n", static_cast<int>(data.train.count()));
    show(data.train, {5, 7, 8});

    ConvNet net;
    initialise(net, 1);
    net.name_parts();
    constexpr int epochs = 8;
    Sgd sgd(named_parameters(net), {.lr = 0.1});
    Loader loader(data.train, preprocessing, {.batch = 50, .shuffle = true, .seed = 1});
    std::printf("\nA net of %d weights learns; guessing would be wrong 90 %% of the time\n\n  epoch   loss   training error   test error\n",
                static_cast<int>(parameter_count(net)));
    for (Index epoch = 1; epoch <= epochs; ++epoch) {
        net.train();
        if (epoch == epochs - 1) sgd.set_lr(0.01);       // small steps at the end settle the weights
        Evaluation training;
        loader.start(epoch);
        for (Batch batch; loader.next(batch);) {
            sgd.zero_grad();
            const Tensor logits = net(batch.x);
            Tensor loss = cross_entropy(logits, batch.labels);
            loss.backward();
            sgd.step();
            training.add(logits, batch.labels, loss.item());
        }
        const Evaluation test = evaluate(net, data.test, preprocessing, 100);
        std::printf("  %5d   %.2f      %4.1f %%          %4.1f %%\n", static_cast<int>(epoch), training.mean_loss(),
                    100 * training.error(), 100 * test.error());
    }
    print_confusions(net, data.test, preprocessing);
}
