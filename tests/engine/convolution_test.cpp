#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "engine/conv/algorithm.h"
#include "engine/conv/reference.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "engine/parallel.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

struct Case {
    Shape x, w;
    Index stride, padding;
};

// Odd sizes, every stride and padding in use, the ResNet stems, and 1x1; then maps whose lines fill the groups of the
// direct algorithm and do not, more channels than a panel has, runs longer than a piece, single pictures whose
// weights are packed as they are used, and x too large for the first cache, of pictures that are joined and are not,
// in one piece and in several; then what fills Winograd's tiles, with whole and with cut ones.
const std::vector<Case> cases = {
    {{1, 1, 1, 1}, {1, 1, 1, 1}, 1, 0},      {{2, 5, 7, 3}, {3, 3, 3, 4}, 1, 1},
    {{2, 5, 7, 3}, {3, 3, 3, 4}, 2, 1},      {{1, 8, 6, 2}, {3, 3, 2, 5}, 1, 0},
    {{2, 9, 9, 3}, {7, 7, 3, 6}, 2, 3},      {{3, 4, 4, 5}, {1, 1, 5, 7}, 1, 0},
    {{3, 5, 4, 5}, {1, 1, 5, 7}, 2, 0},      {{1, 6, 5, 2}, {2, 4, 2, 3}, 1, 2},
    {{2, 3, 3, 2}, {5, 5, 2, 2}, 1, 2},      {{20, 4, 3, 2}, {3, 3, 2, 3}, 3, 1},
    {{2, 32, 32, 3}, {3, 3, 3, 16}, 1, 1},   {{1, 2, 2, 1}, {5, 5, 1, 2}, 3, 4},
    {{2, 9, 13, 5}, {3, 3, 5, 18}, 2, 1},    {{3, 14, 14, 20}, {1, 1, 20, 40}, 2, 0},
    {{2, 7, 7, 600}, {1, 1, 600, 33}, 1, 0}, {{1, 12, 20, 4}, {7, 7, 4, 40}, 2, 3},
    {{3, 8, 18, 70}, {3, 3, 70, 20}, 2, 1},  {{1, 13, 17, 3}, {2, 2, 3, 16}, 3, 0},
    {{2, 15, 16, 3}, {4, 4, 3, 8}, 4, 0},    {{1, 7, 7, 60}, {3, 3, 60, 130}, 1, 1},
    {{1, 5, 6, 1030}, {1, 1, 1030, 97}, 1, 0}, {{16, 7, 7, 90}, {1, 1, 90, 260}, 1, 0},
    {{2, 15, 15, 70}, {2, 2, 70, 260}, 2, 1}, {{1, 24, 22, 40}, {1, 2, 40, 260}, 1, 0},
    {{9, 8, 8, 8}, {3, 3, 8, 8}, 1, 1},      {{3, 9, 7, 8}, {3, 3, 8, 17}, 1, 1},
    {{2, 10, 9, 9}, {3, 3, 9, 16}, 1, 0},    {{1, 6, 7, 16}, {3, 3, 16, 10}, 1, 2},
};

// Float keeps seven digits; a sum of a few hundred products loses about one of them.
constexpr double tolerance = sizeof(Real) == 8 ? 1e-12 : 2e-5;

constexpr ConvAlgorithm every_algorithm[] = {ConvAlgorithm::automatic, ConvAlgorithm::reference, ConvAlgorithm::im2col,
                                             ConvAlgorithm::pointwise, ConvAlgorithm::winograd, ConvAlgorithm::direct};

void expect_close(const Tensor& got, const Tensor& expected, const std::string& what, double close = tolerance) {
    ASSERT_EQ(got.shape(), expected.shape()) << what;
    for (Index i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got.data()[i], expected.data()[i], close * std::max(1.0, std::abs(double(expected.data()[i]))))
            << what << " at " << i;
}

struct Result {
    Tensor y, dx, dw;
};

// Gradients start from 1 rather than 0, to see that backward adds.
Result run(const Case& c, ConvAlgorithm algorithm) {
    Tensor x = variable(random_tensor(c.x, 1)), w = variable(random_tensor(c.w, 2));
    Tensor y = conv2d(x, w, {}, {.stride = c.stride, .padding = c.padding, .algorithm = algorithm});
    x.set_grad(Tensor::ones(c.x));
    w.set_grad(Tensor::ones(c.w));
    y.backward(random_tensor(y.shape(), 3));
    return {y.detach(), x.grad(), w.grad()};
}

// Those that can compute this case, `automatic` first.
std::vector<ConvAlgorithm> suitable(const Case& c) {
    const ConvGeometry g = conv_geometry(c.x, c.w, {.stride = c.stride, .padding = c.padding});
    std::vector<ConvAlgorithm> ids{ConvAlgorithm::automatic};
    for (const ConvolutionAlgorithm* a : {&reference_convolution, &im2col_convolution, &pointwise_convolution,
                                          &winograd_convolution, &direct_convolution})
        if (a->suits(g)) ids.push_back(a->id);
    return ids;
}

// Winograd's transforms cost a digit.
double allowed(const Case& c, ConvAlgorithm id) {
    const ConvGeometry g = conv_geometry(c.x, c.w, {.stride = c.stride, .padding = c.padding});
    return tolerance * (choose_convolution(g, id).id == ConvAlgorithm::winograd ? 10 : 1);
}

TEST(Convolution, EveryAlgorithmAgreesWithSevenLoops) {
    std::map<ConvAlgorithm, int> ran;
    for (const Case& c : cases) {
        const Result expected = run(c, ConvAlgorithm::reference);
        for (const ConvAlgorithm id : suitable(c)) {
            const Result got = run(c, id);
            const std::string what = c.x.str() + c.w.str() + " algorithm " + std::to_string(int(id));
            expect_close(got.y, expected.y, what + " y", allowed(c, id));
            expect_close(got.dx, expected.dx, what + " dx", allowed(c, id));
            expect_close(got.dw, expected.dw, what + " dw", allowed(c, id));
            ++ran[id];
        }
    }
    for (const ConvAlgorithm id : every_algorithm) EXPECT_GE(ran[id], 4) << "cases of algorithm " << int(id);
}

// 4097 * 4097 = 2^24 + 2^13 + 1 is odd, and floats of that size are even.
TEST(Convolution, TheReferenceNeitherMultipliesNorAddsInFloat) {
    const std::vector<Real> large{4097, 4096, 1}, other{4097, -4096, -8192};
    const std::vector<double> expected{1};
    const ConvGeometry channels_to_one = conv_geometry({1, 1, 1, 3}, {1, 1, 3, 1}, {});
    EXPECT_EQ(exact_forward(channels_to_one, large.data(), other.data()), expected);
    const ConvGeometry one_to_channels = conv_geometry({1, 1, 1, 1}, {1, 1, 1, 3}, {});
    EXPECT_EQ(exact_data_gradient(one_to_channels, large.data(), other.data()), expected);
    const ConvGeometry three_places = conv_geometry({1, 1, 3, 1}, {1, 1, 1, 1}, {});
    EXPECT_EQ(exact_weight_gradient(three_places, large.data(), other.data()), expected);
}

TEST(Convolution, ADeltaKernelIsTheIdentity) {
    std::set<ConvAlgorithm> ran;
    for (const Index k : {1, 3}) {
        const Case c{{9, 8, 8, 8}, {k, k, 8, 8}, 1, k / 2};
        const Tensor x = random_tensor(c.x, 4);
        Tensor w = Tensor::zeros(c.w);
        for (Index i = 0; i < 8; ++i) w.data()[((k / 2 * k + k / 2) * 8 + i) * 8 + i] = 1;
        for (const ConvAlgorithm id : suitable(c)) {
            expect_close(conv2d(x, w, {}, {.padding = c.padding, .algorithm = id}), x,
                         "delta, algorithm " + std::to_string(int(id)), allowed(c, id));
            ran.insert(id);
        }
    }
    for (const ConvAlgorithm id : every_algorithm) EXPECT_TRUE(ran.contains(id)) << int(id);
}

double dot(const Tensor& a, const Tensor& b) {
    double sum = 0;
    for (Index i = 0; i < a.size(); ++i) sum += double(a.data()[i]) * b.data()[i];
    return sum;
}

// <conv(x), r> = <x, conv'(r)>: backward by x is the transpose of forward; and so by w, in which it is linear too.
TEST(Convolution, BackwardIsTheAdjointOfForward) {
    for (const Case& c : cases)
        for (const ConvAlgorithm id : suitable(c)) {
            Tensor x = variable(random_tensor(c.x, 5)), w = variable(random_tensor(c.w, 6));
            Tensor y = conv2d(x, w, {}, {.stride = c.stride, .padding = c.padding, .algorithm = id});
            const Tensor r = random_tensor(y.shape(), 7);
            y.backward(r);
            const double left = dot(y, r), close = allowed(c, id) * 10 * std::max(1.0, std::abs(left));
            EXPECT_NEAR(left, dot(x, x.grad()), close) << c.x << c.w << " algorithm " << int(id);
            EXPECT_NEAR(left, dot(w, w.grad()), close) << c.x << c.w << " algorithm " << int(id);
        }
}

TEST(Convolution, GivesTheSameBitsAtAnyNumberOfThreads) {
    const int before = threads();
    std::set<ConvAlgorithm> ran;
    for (const Case& c : {Case{{20, 9, 9, 8}, {3, 3, 8, 8}, 1, 1}, Case{{20, 9, 9, 8}, {1, 1, 8, 24}, 1, 0}})
        for (const ConvAlgorithm id : suitable(c)) {
            set_threads(1);
            const Result one = run(c, id);
            for (int count : {2, 3, 7}) {
                set_threads(count);
                const Result many = run(c, id);
                EXPECT_EQ(many.y.values(), one.y.values()) << count << " threads, algorithm " << int(id);
                EXPECT_EQ(many.dx.values(), one.dx.values()) << count << " threads, algorithm " << int(id);
                EXPECT_EQ(many.dw.values(), one.dw.values()) << count << " threads, algorithm " << int(id);
            }
            ran.insert(id);
        }
    set_threads(before);
    for (const ConvAlgorithm id : every_algorithm) EXPECT_TRUE(ran.contains(id)) << int(id);
}

TEST(Convolution, AddsItsBiasToEveryPlace) {
    const Tensor x = random_tensor({1, 3, 3, 2}, 8), w = random_tensor({3, 3, 2, 2}, 9);
    const Tensor plain = conv2d(x, w, {}, {.padding = 1}),
                 shifted = conv2d(x, w, Tensor({2}, {10, 20}), {.padding = 1});
    for (Index i = 0; i < plain.size(); ++i) EXPECT_NEAR(shifted.data()[i] - plain.data()[i], i % 2 ? 20 : 10, 1e-5);
}

TEST(Convolution, RefusesWhatDoesNotFit) {
    const Tensor x = Tensor::zeros({8, 32, 32, 3});
    EXPECT_EQ(refusal_of([&] {
                  conv2d(x, Tensor::zeros({3, 3, 16, 32}), {}, {.layer = "layer2.0.conv1"});
              }),
              "conv2d (layer2.0.conv1): weight reads 16 input channels, x carries 3.  x [8,32,32,3] (N,H,W,C)  weight "
              "[3,3,16,32] "
              "(kh,kw,Cin,Cout).  Try in_channels = 3, or check which block feeds layer2.0.conv1.");
    EXPECT_NE(refusal_of([&] {
                  conv2d(Tensor::zeros({32, 32, 3}), Tensor::zeros({3, 3, 3, 4}));
              }).find("four axes"),
              std::string::npos);
    EXPECT_NE(refusal_of([&] {
                  conv2d(x, Tensor::zeros({40, 40, 3, 4}));
              }).find("kernel is larger than the padded picture"),
              std::string::npos);
    EXPECT_NE(refusal_of([&] {
                  conv2d(x, Tensor::zeros({3, 3, 3, 4}), {}, {.stride = 0});
              }).find("stride must be at least 1"),
              std::string::npos);
    EXPECT_NE(refusal_of([&] {
                  conv2d(x, Tensor::zeros({3, 3, 3, 4}), Tensor::zeros({5}));
              }).find("the bias has shape [5]"),
              std::string::npos);
    EXPECT_NE(refusal_of([&] {
                  conv2d(x, Tensor::zeros({3, 3, 3, 4}), {}, {.algorithm = ConvAlgorithm::pointwise});
              }).find("does not suit"),
              std::string::npos);
    EXPECT_NE(refusal_of([&] { parse_conv_algorithm("magic"); }).find("'magic' is not known"), std::string::npos);
}

}  // namespace
}  // namespace deepen
