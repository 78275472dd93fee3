// How does a net learn to tell pictures apart?
//
// A small convolutional net, in the pattern of nearly all others: look at small windows, keep the signals
// at a healthy size, bend them, halve the picture, and repeat; at the end, average over what is left and vote.
//
//     picture [N,32,32,3]
//       stage 1  conv 3x3, batch norm, relu, max pool   [N,16,16,16]     a window of 4x4 pixels
//       stage 2  the same                               [N,8,8,32]       10x10
//       stage 3  the same                               [N,4,4,64]       22x22
//       stage 4  the same                               [N,2,2,128]      46x46: the whole picture
//       global average pool, linear                     [N,10]           a number for each class: the logits
//
// The training loop is written out in main(); later programs leave it to Trainer (resnet/training).
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "engine/autograd.h"
#include "examples/common/lesson.h"
#include "layers/layers.h"
#include "layers/sgd.h"
#include "resnet/data/data_path.h"
#include "resnet/training/evaluation.h"

using namespace deepen;

struct Stage : Module {
    Conv2d conv;
    BatchNorm2d bn;

    Stage(Index in, Index out) : conv({.in_channels = in, .out_channels = out}), bn(out) {}
    Tensor forward(const Tensor& x) override { return max_pool2d(relu(bn(conv(x))), {.kernel = 2}); }
    void visit(Visitor& v) override { v.module("conv", conv), v.module("bn", bn); }
    std::string_view type() const override { return "Stage"; }
};

struct ConvNet : Module {
    Stage stage1{3, 16}, stage2{16, 32}, stage3{32, 64}, stage4{64, 128};
    Linear fc{128, 10};

    Tensor forward(const Tensor& x) override { return fc(global_average_pool(stage4(stage3(stage2(stage1(x)))))); }
    void visit(Visitor& v) override {  // what the optimiser moves follows from this alone
        v.module("stage1", stage1), v.module("stage2", stage2);
        v.module("stage3", stage3), v.module("stage4", stage4);
        v.module("fc", fc);
    }
    std::string_view type() const override { return "ConvNet"; }
};

// Pictures side by side, as brightness; one character for two pixels, one above the other.
void show(const PictureSet& set, const std::vector<Index>& pictures) {
    std::vector<std::string> lines(1 + set.height / 2);
    for (Index i : pictures) {
        std::vector<int> grey(set.height / 2 * set.width);
        for (Index k = 0; k < set.bytes_per_picture(); ++k)
            grey[k / (6 * set.width) * set.width + k / 3 % set.width] += set.picture(i)[k];
        const auto [dark, bright] = std::minmax_element(grey.begin(), grey.end());
        lines[0] += "  " + set.classes[set.labels[i]] + std::string(set.width - set.classes[set.labels[i]].size(), ' ');
        for (std::size_t k = 0; k < grey.size(); ++k) {
            std::string& line = lines[1 + k / set.width];
            if (k % set.width == 0) line += "  ";
            line += " .:-=+*#%@"[(grey[k] - *dark) * 10 / (*bright - *dark + 1)];
        }
    }
    for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

// One line per class: how many of its pictures are recognised, and what the others are most often mistaken for.
void print_confusions(ConvNet& net, const PictureSet& test, const Preprocessing& preprocessing) {
    const NoGrad no_grad;  // looking is not learning: nothing is recorded
    net.evaluate();
    int answers[10][10] = {};  // [truth][answer]
    Loader loader(test, preprocessing, {.batch = 100});
    loader.start(1);
    for (Batch batch; loader.next(batch);) {
        const Tensor logits = net(batch.x);
        for (Index i = 0; i < logits.shape()[0]; ++i) {
            const Real* row = logits.data().data() + 10 * i;
            ++answers[batch.labels[i]][std::max_element(row, row + 10) - row];
        }
    }
    std::printf("\n  class      right of 50   most often mistaken for\n");
    for (int truth = 0; truth < 10; ++truth) {
        int* row = answers[truth];
        const int right = std::exchange(row[truth], 0);  // mistakes are left
        const auto most = std::max_element(row, row + 10) - row;
        std::printf("  %-9s  %5d         %s\n", test.classes[truth].c_str(), right,
                    row[most] ? test.classes[most].c_str() : "nothing");
    }
}

int main(int argc, char** argv) {
    const Lesson lesson(argc, argv, "A small convolutional net learns from pictures.");
    const DataSplits data = load_data("synthetic", {.train_count = 8000, .test_count = 500});
    const Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    show(data.train, {131, 276, 127});

    ConvNet net;
    initialise(net, 1);
    Sgd sgd(named_parameters(net), {.lr = 0.03});
    Loader loader(data.train, preprocessing, {.batch = 32, .shuffle = true, .seed = 1});
    std::printf(
        "\n%d weights learn from 8000 such pictures; guessing would be wrong 90 %% of the time\n\n"
        "  epoch   loss   training error   test error\n",
        static_cast<int>(parameter_count(net)));
    for (int epoch = 1; epoch <= 6; ++epoch) {
        if (epoch == 5) sgd.set_lr(0.003);  // small steps at the end settle the weights
        Evaluation training;
        loader.start(epoch);
        for (Batch batch; loader.next(batch);) {
            const Tensor logits = net(batch.x);
            Tensor loss = cross_entropy(logits, batch.labels);
            sgd.zero_grad();
            loss.backward();
            sgd.step();
            training.add(logits, batch.labels, loss.item());
        }
        const Evaluation test = evaluate(net, data.test, preprocessing, 100);
        std::printf("  %5d   %.2f        %4.1f %%         %4.1f %%\n", epoch, training.mean_loss(),
                    100 * training.error(), 100 * test.error());
        std::fflush(stdout);
    }
    print_confusions(net, data.test, preprocessing);
    return lesson.end();
}
