// How do fifty layers come from two kinds of block?
//
// ResNet-50 is sixteen blocks of three convolutions F(x), in four stages, between a stem and a linear layer.  The
// first block of a stage changes the shape of what flows through, so its shortcut must too: the *convolution block*.
// The others keep it: the *identity block*.
//
//     identity block       y = relu(F(x) + x)           F: 1x1, 3x3, 1x1, each with batch norm, relu between them
//     convolution block    y = relu(F(x) + P(x))        P: 1x1 with batch norm
//
// The sixty lines below are all there is to it (He et al. 2015, Table 1; the stride is in the 3x3 convolution, as in
// torchvision).  Names follow torchvision too, so its weights would fit; and the library's own ResNet-50
// (resnet/imagenet.h), initialised from the same seed, gives the same logits.
//
//     build/lesson6_resnet50             learns three patterns, from pictures that it draws into runs/lesson6: about
//                                        20 % test error after four epochs, where guessing has 67 %
//     build/lesson6_resnet50 FOLDER      learns your classes: a folder of pictures for each, in FOLDER/train and
//                                        FOLDER/test
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "engine/autograd.h"
#include "engine/random.h"
#include "examples/common/lesson.h"
#include "layers/schedule.h"
#include "layers/sgd.h"
#include "layers/weights.h"
#include "resnet/data/data_path.h"
#include "resnet/models.h"
#include "resnet/training/evaluation.h"

using namespace deepen;

// --- ResNet-50 in sixty lines ------------------------------------------------------------------------

struct IdentityBlock : Module {
    Conv2d conv1, conv2, conv3;
    BatchNorm2d bn1, bn2, bn3;

    IdentityBlock(Index in, Index inner, Index stride = 1)
        : conv1({.in_channels = in, .out_channels = inner, .kernel = 1}),
          conv2({.in_channels = inner, .out_channels = inner, .kernel = 3, .stride = stride}),
          conv3({.in_channels = inner, .out_channels = 4 * inner, .kernel = 1}),
          bn1(inner),
          bn2(inner),
          bn3(4 * inner) {}
    virtual Tensor shortcut(const Tensor& x) { return x; }
    Tensor forward(const Tensor& x) override {
        const Tensor y = relu(bn2(conv2(relu(bn1(conv1(x))))));
        return relu(bn3(conv3(y)) + shortcut(x));
    }
    void visit(Visitor& v) override {
        v.module("conv1", conv1), v.module("bn1", bn1), v.module("conv2", conv2), v.module("bn2", bn2);
        v.module("conv3", conv3), v.module("bn3", bn3);
    }
    std::string_view type() const override { return "IdentityBlock"; }
};

struct ConvolutionBlock : IdentityBlock {
    Sequential projection;

    ConvolutionBlock(Index in, Index inner, Index stride) : IdentityBlock(in, inner, stride) {
        projection.add<Conv2d>(
            Conv2dOptions{.in_channels = in, .out_channels = 4 * inner, .kernel = 1, .stride = stride});
        projection.add<BatchNorm2d>(4 * inner);
    }
    Tensor shortcut(const Tensor& x) override { return projection(x); }
    void visit(Visitor& v) override { IdentityBlock::visit(v), v.module("downsample", projection); }
    std::string_view type() const override { return "ConvolutionBlock"; }
};

struct ResNet50 : Module {
    Conv2d conv1{{.in_channels = 3, .out_channels = 64, .kernel = 7, .stride = 2}};
    BatchNorm2d bn1{64};
    Sequential layers[4];
    Linear fc;

    explicit ResNet50(Index classes) : fc(2048, classes) {
        const Index blocks[] = {3, 4, 6, 3};
        for (Index stage = 0, in = 64, inner = 64; stage < 4; ++stage, inner *= 2) {
            layers[stage].add<ConvolutionBlock>(in, inner, stage == 0 ? 1 : 2);
            in = 4 * inner;
            for (Index i = 1; i < blocks[stage]; ++i) layers[stage].add<IdentityBlock>(in, inner);
        }
    }
    Tensor forward(const Tensor& x) override {
        Tensor y = max_pool2d(relu(bn1(conv1(x))), {.kernel = 3, .stride = 2, .padding = 1});
        for (Sequential& layer : layers) y = layer(y);
        return fc(global_average_pool(y));
    }
    void visit(Visitor& v) override {
        v.module("conv1", conv1), v.module("bn1", bn1);
        for (int i = 0; i < 4; ++i) v.module("layer" + std::to_string(i + 1), layers[i]);
        v.module("fc", fc);
    }
    std::string_view type() const override { return "ResNet50"; }
};

// --- beside the library's ------------------------------------------------------------------------------

// Weights are drawn by name and seed (layers/initialise.h), so equal names get equal weights.
void compare_with_the_librarys(Index classes) {
    ResNet50 ours(classes);
    const auto librarys = make_model({.name = "resnet50", .classes = classes});
    initialise(ours, 1), initialise(*librarys, 1);
    load_state(*librarys, state_of(ours), "this lesson");   // refuses any difference of names or shapes
    const NoGrad no_grad;
    ours.evaluate(), librarys->evaluate();
    Tensor x = Tensor::zeros({1, 64, 64, 3});
    Random random(1);
    for (Real& v : x.data()) v = static_cast<Real>(random.normal());
    const Tensor a = ours(x), b = (*librarys)(x);
    double largest = 0, difference = 0;
    for (Index i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(b.data()[i])));
        difference = std::max(difference, std::abs(static_cast<double>(a.data()[i]) - b.data()[i]));
    }
    std::printf("ResNet-50 for %d classes: %d tensors, %d parameters; the library's: %d\n", static_cast<int>(classes),
                static_cast<int>(named_parameters(ours).size()), static_cast<int>(parameter_count(ours)),
                static_cast<int>(parameter_count(*librarys)));
    std::printf("largest difference of their logits: %.1e of the largest logit\n\n", difference / largest);
}

// --- pictures ------------------------------------------------------------------------------------------

std::string draw_pictures();

void learn(const std::string& folder) {
    const DataSplits data = load_data(folder, {.size = 32});
    const Preprocessing preprocessing = Preprocessing::per_channel(data.train);
    compare_with_the_librarys(static_cast<Index>(data.train.classes.size()));

    ResNet50 net(static_cast<Index>(data.train.classes.size()));
    initialise(net, 1);
    // Each block begins as its shortcut, and learns what to add to it (Goyal et al. 2017, section 5.1).
    for (NamedTensor& p : named_parameters(net))
        if (p.name.ends_with("bn3.weight")) std::fill(p.tensor.data().begin(), p.tensor.data().end(), Real(0));
    constexpr int epochs = 4;
    const Index size = std::clamp<Index>(data.train.count() / 4, 4, 64);   // four steps per epoch, if there are few
    Loader loader(data.train, preprocessing, {.batch = size, .shuffle = true, .drop_last = true, .seed = 1});
    Sgd sgd(named_parameters(net), {});
    // The last layer adds up 2048 features, so each step moves the logits far: hence small steps, smaller at both ends.
    const Schedule schedule({.base = 0.008,
                             .kind = ScheduleOptions::Kind::cosine,
                             .total = epochs * loader.batches(),
                             .warmup = loader.batches() / 2});
    std::printf("%d pictures for training, %d for testing, from %s\nGuessing is wrong on %.1f %% of them.\n\n",
                static_cast<int>(data.train.count()), static_cast<int>(data.test.count()), folder.c_str(),
                100 * guessing_error(data.train));
    std::printf("  epoch   loss   training error   test error\n");
    for (int epoch = 1, step = 0; epoch <= epochs; ++epoch) {
        Evaluation training;
        loader.start(epoch);
        for (Batch batch; loader.next(batch);) {
            const Tensor logits = net(batch.x);
            Tensor loss = cross_entropy(logits, batch.labels);
            sgd.zero_grad();
            loss.backward();
            sgd.set_lr(schedule.rate(step++));
            sgd.step();
            training.add(logits, batch.labels, loss.item());
        }
        const Evaluation test = evaluate(net, data.test, preprocessing, 50);
        std::printf("  %5d   %.2f       %5.1f %%       %5.1f %%\n", epoch, training.mean_loss(), 100 * training.error(),
                    100 * test.error());
        std::fflush(stdout);
    }
}

int main(int argc, char** argv) try {
    const Lesson lesson(argc, argv, "ResNet-50 from scratch learns from pictures.",
                        "FOLDER/train and FOLDER/test hold a folder of pictures for each class");
    learn(lesson.given().empty() ? draw_pictures() : lesson.given());
    return lesson.end();
} catch (const std::exception& e) {
    std::fprintf(stderr, "lesson6_resnet50: %s\n", e.what());
    return 1;
}

#define STB_IMAGE_WRITE_IMPLEMENTATION                   // a library in a header
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

// A pattern in two colours: turned, scaled and moved at random, with noise on top.  Its height is above 0 where the
// first colour is; u and v are places in it, one period being 2 pi.
void draw_pattern(int pattern, Random& random, std::uint8_t* pixels) {
    const auto between = [&](double low, double high) { return random.uniform(low, high); };
    constexpr double turn = 6.2832;
    const double angle = between(0, turn), scale = turn / between(5, 9);
    const double right = between(0, turn), down = between(0, turn);
    double colours[2][3];
    for (double& c : colours[0]) c = between(0, 110);
    for (double& c : colours[1]) c = between(145, 255);
    for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) {
            const double u = scale * (x * std::cos(angle) + y * std::sin(angle)) + right;
            const double v = scale * (y * std::cos(angle) - x * std::sin(angle)) + down;
            const double height = pattern == 0   ? std::sin(u)
                                  : pattern == 1 ? 2 * std::sin(u) * std::sin(v)
                                                 : std::cos(u) + std::cos(v) - 1;
            const double cover = std::clamp(0.5 + 1.5 * height, 0.0, 1.0);     // its edge is soft
            for (int c = 0; c < 3; ++c) {
                const double colour = colours[0][c] + cover * (colours[1][c] - colours[0][c]) + between(-20, 20);
                *pixels++ = static_cast<std::uint8_t>(std::clamp(colour, 0.0, 255.0));
            }
        }
}

// As anyone's pictures are stored on a disk.
std::string draw_pictures() {
    namespace fs = std::filesystem;
    const fs::path folder = "runs/lesson6";
    fs::remove_all(folder);                              // what another version may have drawn
    const char* const names[] = {"stripes", "checks", "dots"};
    for (const auto& [split, count] : {std::pair{"train", 960}, std::pair{"test", 150}})
        for (int i = 0; i < count; ++i) {
            const fs::path place = folder / split / names[i % 3];
            fs::create_directories(place);
            Random random(static_cast<std::uint64_t>(count), static_cast<std::uint64_t>(i));
            std::uint8_t pixels[32 * 32 * 3];
            draw_pattern(i % 3, random, pixels);
            const std::string file = (place / (std::to_string(i) + ".png")).string();
            if (!stbi_write_png(file.c_str(), 32, 32, 3, pixels, 32 * 3))
                throw std::runtime_error(file + " cannot be written");
        }
    return folder.string();
}
