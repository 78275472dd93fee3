// Do the experiments on why depth hurts measure what they say?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/autograd.h"
#include "resnet/data/loader.h"
#include "resnet/training/evaluation.h"
#include "resnet/why/lesion.h"
#include "resnet/why/operated.h"
#include "resnet/why/responses.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// A small net whose weights and running statistics are all of some size.
std::unique_ptr<CifarNet> net_of(Shortcut shortcut, int depth = 20) {
    auto net = cifar_resnet({.depth = depth, .shortcut = shortcut, .width = 4});
    initialise(*net, 7);
    Random random(3);
    for (NamedTensor t : named_buffers(*net))
        for (Real& value : t.tensor.data())
            value += static_cast<Real>(t.name.ends_with("var") ? random.uniform(0, 2) : random.normal() / 10);
    return net;
}

std::vector<NamedTensor> tensors_of(Module& part) {
    std::vector<NamedTensor> all = named_parameters(part);
    for (NamedTensor& t : named_buffers(part)) all.push_back(std::move(t));
    return all;
}

Batch some_pictures() {
    Loader loader(few_pictures().test, Preprocessing::imagenet(), {.batch = 20});
    loader.start(0);
    Batch batch;
    loader.next(batch);
    return batch;
}

std::vector<Real> logits(Module& net) {
    const NoGrad no_grad;
    const EvaluationMode evaluation(net);
    const Tensor y = net(some_pictures().x);
    return {y.data().begin(), y.data().end()};
}

// --- responses ------------------------------------------------------------------------------------------

double deviation(const Tensor& t) {
    double mean = 0, squares = 0;
    for (const Real v : t.data()) mean += v / static_cast<double>(t.size());
    for (const Real v : t.data()) squares += (v - mean) * (v - mean) / static_cast<double>(t.size());
    return std::sqrt(squares);
}

TEST(Responses, AreTheDeviationsOfWhatEachLayersBatchNormReturns) {
    const auto net = net_of(Shortcut::A, 14);
    const std::vector<Response> found = responses(*net, few_pictures().test, Preprocessing::imagenet());
    const NoGrad no_grad;
    const EvaluationMode evaluation(*net);
    std::vector<double> expected;
    const auto noted = [&](const Tensor& y) { return expected.push_back(deviation(y)), y; };
    Tensor y = relu(noted(net->bn1(net->conv1(some_pictures().x))));
    for (Sequential* stage : {&net->layer1, &net->layer2, &net->layer3})
        for (Index i = 0; i < stage->size(); ++i) {
            auto& block = dynamic_cast<BasicBlock&>((*stage)[i]);
            const Tensor inner = relu(noted(block.bn1(block.conv1(y))));
            y = relu(noted(block.bn2(block.conv2(inner))) + (*block.shortcut)(y));
        }
    ASSERT_EQ(found.size(), 13u);  // 14 layers, but the linear one
    EXPECT_EQ(found[0].layer, "bn1");
    EXPECT_EQ(found[12].layer, "layer3.1.bn2");
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_NEAR(found[i].deviation, expected[i], 1e-4 * expected[i]) << i;
}

TEST(Responses, LeaveOutProjectionsAndBottlenecksOneByOnes) {
    const auto projected = net_of(Shortcut::B, 14);
    EXPECT_EQ(responses(*projected, few_pictures().test, Preprocessing::imagenet()).size(), 13u);
    auto bottlenecks = cifar_resnet({.depth = 20, .width = 4, .bottleneck = true});
    initialise(*bottlenecks, 1);
    const auto found = responses(*bottlenecks, few_pictures().test, Preprocessing::imagenet());
    ASSERT_EQ(found.size(), 7u);  // the stem, and one of each of six blocks
    EXPECT_EQ(found[1].layer, "layer1.0.bn2");
}

TEST(Responses, AreComparedByAllPairsOfLayers) {
    EXPECT_EQ(share_smaller({1, 2}, {2, 3}), 3.5 / 4);
    std::vector<double> low, high, mixed;
    for (int i = 0; i < 10; ++i) low.push_back(i), high.push_back(i + 5), mixed.push_back(i % 2 ? i + 2 : i - 2);
    EXPECT_EQ(generally_smaller(low, high), Outcome::holds);
    EXPECT_EQ(generally_smaller(high, low), Outcome::fails);
    EXPECT_EQ(generally_smaller(low, mixed), Outcome::unclear);
    EXPECT_EQ(generally_smaller({}, low), Outcome::untested);
    EXPECT_EQ(generally_smaller({1}, {2}), Outcome::unclear);  // one layer each says nothing
}

// --- nets without some of their blocks ------------------------------------------------------------------

TEST(OperatedNet, IsTheNetToTheBitWhereNothingWasDone) {
    for (Shortcut shortcut : {Shortcut::none, Shortcut::A, Shortcut::B}) {
        const auto net = net_of(shortcut);
        OperatedNet operated(*net);
        EXPECT_EQ(operated.blocks(), 9);
        operated.take_out(3);
        EXPECT_NE(logits(operated), logits(*net));
        operated.restore();
        EXPECT_EQ(logits(operated), logits(*net));
    }
}

// y = relu(shortcut(x)), from the definition of option A.
Tensor by_option_a(const Tensor& x, Index channels, Index stride) {
    const Index n = x.shape()[0], h = x.shape()[1], w = x.shape()[2], c = x.shape()[3];
    Tensor y = Tensor::zeros({n, (h + stride - 1) / stride, (w + stride - 1) / stride, channels});
    const Real* in = std::as_const(x).data().data();
    Real* out = y.data().data();
    for (Index i = 0; i < n; ++i)
        for (Index row = 0; row < h; row += stride)
            for (Index column = 0; column < w; column += stride, out += channels)
                for (Index k = 0; k < c; ++k) out[k] = std::max(Real(0), in[((i * h + row) * w + column) * c + k]);
    return y;
}

TEST(OperatedNet, WithoutABlockPassesOnWhatCameIn) {
    for (Shortcut shortcut : {Shortcut::none, Shortcut::A})
        for (const Index gone : {1, 3}) {  // 3 halves the maps and doubles the channels
            const auto net = net_of(shortcut);
            OperatedNet operated(*net);
            EXPECT_EQ(operated.keeps_shape(gone), gone == 1);
            operated.take_out(gone);
            const NoGrad no_grad;
            const EvaluationMode evaluation(*net);
            Tensor y = relu(net->bn1(net->conv1(some_pictures().x)));
            Index place = 0;
            for (Sequential* stage : {&net->layer1, &net->layer2, &net->layer3})
                for (Index i = 0; i < stage->size(); ++i, ++place)
                    y = place == gone ? by_option_a(y, gone == 3 ? 8 : 4, gone == 3 ? 2 : 1) : (*stage)[i](y);
            const Tensor expected = net->fc(global_average_pool(y));
            EXPECT_EQ(logits(operated), std::vector<Real>(expected.data().begin(), expected.data().end()));
        }
}

TEST(OperatedNet, ExchangesBlocksOfOneStageOnly) {
    const auto net = net_of(Shortcut::A);
    OperatedNet operated(*net);
    EXPECT_TRUE(operated.exchangeable(0, 2));      // the first stage keeps its shape from its first block on
    EXPECT_FALSE(operated.exchangeable(3, 4));     // block 3 changes it
    EXPECT_THROW(operated.exchange(1, 4), Error);  // of two stages
    operated.exchange(0, 2);
    EXPECT_EQ(operated.order(), (std::vector<Index>{2, 1, 0, 3, 4, 5, 6, 7, 8}));
    EXPECT_NE(logits(operated), logits(*net));
    // The net itself with the weights and statistics of these two blocks exchanged.
    const std::vector<NamedTensor> a = tensors_of(net->layer1[0]), b = tensors_of(net->layer1[2]);
    const std::vector<Real> expected = logits(operated);
    for (std::size_t i = 0; i < a.size(); ++i) {
        Tensor one = a[i].tensor, other = b[i].tensor;
        std::swap_ranges(one.data().begin(), one.data().end(), other.data().begin());
    }
    EXPECT_EQ(logits(*net), expected);
    EXPECT_NEAR(kendall_tau(operated.order()), (36.0 - 2 * 3) / 36, 1e-12);  // 3 of 36 pairs are turned round
    EXPECT_EQ(kendall_tau({0, 1, 2}), 1);
    EXPECT_EQ(kendall_tau({2, 1, 0}), -1);
}

// --- lesions --------------------------------------------------------------------------------------------

TrainedNet untrained(Shortcut shortcut, std::uint64_t seed = 1) {
    return {.kind = shortcut == Shortcut::none ? "plain" : "residual",
            .depth = 20,
            .seed = seed,
            .net = net_of(shortcut),
            .preprocessing = Preprocessing::imagenet(),
            .hash = "0123"};
}

TEST(Lesions, AreTheErrorsOfTheOperatedNet) {
    const Scratch scratch;
    const TrainedNet net = untrained(Shortcut::A);
    // No class is ahead in the mean, and each picture is labelled as the net answers: what changes answers is an error.
    PictureSet pictures = few_pictures().test;
    const std::size_t count = pictures.labels.size();
    std::vector<Real> answers = logits(*net.net);
    for (std::size_t i = 0; i < answers.size(); ++i)
        net.net->fc.bias.data()[i % 10] -= answers[i] / static_cast<Real>(count);
    answers = logits(*net.net);
    for (std::size_t i = 0; i < count; ++i) {
        const auto row = answers.begin() + static_cast<std::ptrdiff_t>(10 * i);
        pictures.labels[i] = static_cast<int>(std::max_element(row, row + 10) - row);
    }
    Notebook notebook(scratch / "measured.csv");
    Index passes = 0;
    const Lesions found = lesions(net, pictures, notebook, [&] { ++passes; });
    EXPECT_EQ(passes, lesions_passes(net));
    const auto error = [&](Module& m) { return evaluate(m, pictures, Preprocessing::imagenet(), 7).error(); };
    EXPECT_EQ(found.whole, error(*net.net));
    EXPECT_EQ(found.whole, 0);
    EXPECT_GT(found.without.at(6), 0);
    OperatedNet operated(*net.net);
    operated.take_out(6);
    EXPECT_EQ(found.without.at(6), error(operated));
    EXPECT_EQ(found.keeps_shape, (std::vector<bool>{true, true, true, false, true, true, false, true, true}));

    // Once more, from what was written down: nothing is measured.
    notebook.write();
    Notebook again(scratch / "measured.csv");
    for (NamedTensor t : named_parameters(*net.net))
        for (Real& v : t.tensor.data()) v = 0;
    const Lesions read = lesions(net, pictures, again, [] {});
    EXPECT_EQ(read.without, found.without);
    EXPECT_EQ(read.exchanged, found.exchanged);
}

// Errors in percent: of the whole net, and without any block.
Lesions invented(const TrainedNet& net, double whole, double without) {
    return {.net = &net,
            .whole = whole / 100,
            .without = std::vector<double>(9, without / 100),
            .keeps_shape = std::vector<bool>(9, true)};
}

TEST(Lesions, AreJudged) {
    const TrainedNet residual = untrained(Shortcut::A), plain = untrained(Shortcut::none);
    const auto judged = [&](std::vector<std::pair<double, double>> of_residual, double whole, double without) {
        std::vector<Lesions> all;
        for (const auto& [a, b] : of_residual) all.push_back(invented(residual, a, b));
        if (whole > 0) all.push_back(invented(plain, whole, without));
        const std::vector<Claim> claims = judge_lesions(all, 10'000, 0.9);
        return std::pair(claims.at(0).outcome, claims.at(1).outcome);
    };
    using enum Outcome;
    EXPECT_EQ(judged({{10, 10.5}}, 12, 89), std::pair(holds, holds));
    EXPECT_EQ(judged({{10, 30}}, 12, 40), std::pair(fails, fails));
    EXPECT_EQ(judged({{10, 11.9}}, 12, 81.2), std::pair(unclear, unclear));  // within what counting gives
    EXPECT_EQ(judged({{90, 90}}, 89.5, 90), std::pair(nothing_learned, nothing_learned));
    EXPECT_EQ(judged({}, 0, 0), std::pair(untested, untested));
    EXPECT_EQ(judged({{10, 10.5}, {11, 11.6}, {10, 10.4}}, 0, 0), std::pair(holds, untested));
    EXPECT_EQ(judged({{10, 10.5}, {11, 15}, {10, 11}}, 0, 0), std::pair(unclear, untested));  // seeds differ too much
}

TEST(Lesions, OfTheDeepestNetsAreJudged) {
    TrainedNet deep = untrained(Shortcut::A);
    const TrainedNet shallow = untrained(Shortcut::A);
    deep.depth = 56;
    const std::vector<Claim> claims = judge_lesions({invented(shallow, 10, 30), invented(deep, 8, 8.5)}, 10'000, 0.9);
    EXPECT_EQ(claims[0].outcome, Outcome::holds);
    expect_mentions(claims[0].finding, "the whole resnet-56 has an error of 8.0 %");
    expect_mentions(claims[0].finding, "it changes by +0.5 points (threshold: 2)");
}

// --- what experiments share -----------------------------------------------------------------------------

TEST(Below, HoldsByTheIntervalOfSeedsOrBeyondNoise) {
    EXPECT_EQ(below({1.0, 1.1, 0.9}, 2, 0), Outcome::holds);
    EXPECT_EQ(below({3.0, 3.1, 2.9}, 2, 0), Outcome::fails);
    EXPECT_EQ(below({1.0, 3.0}, 2.5, 0), Outcome::unclear);
    EXPECT_EQ(below({1.0}, 2, 0.5), Outcome::holds);
    EXPECT_EQ(below({1.7}, 2, 0.5), Outcome::unclear);
    EXPECT_EQ(below({2.7}, 2, 0.5), Outcome::fails);
    EXPECT_EQ(below({}, 2, 0.5), Outcome::untested);
}

TEST(Notebook, RemembersWhatWasMeasured) {
    const Scratch scratch;
    int measured = 0;
    const auto measure = [&] { return ++measured + 0.1; };
    {
        Notebook notebook(scratch / "n.csv");
        EXPECT_EQ(notebook.number("a b (1)", measure), 1.1);
        EXPECT_EQ(notebook.number("a b (1)", measure), 1.1);
        EXPECT_EQ(notebook.number("c", measure), 2.1);
    }
    Notebook again(scratch / "n.csv");
    EXPECT_EQ(again.number("c", measure), 2.1);
    EXPECT_EQ(measured, 2);
}

TEST(Notebook, RemembersSeveralNumbersTogetherAndWhatTheyDependOn) {
    const Scratch scratch;
    const std::vector<double> values{1.5, -2, 1e300, std::numeric_limits<double>::infinity()};
    const auto fail = []() -> std::vector<double> { throw Error("measured again"); };
    {
        Notebook notebook(scratch / "n.csv", "pictures 1; ");
        EXPECT_EQ(notebook.numbers("a", [&] { return values; }), values);
        EXPECT_TRUE(notebook.numbers("none", [] { return std::vector<double>(); }).empty());
    }
    Notebook again(scratch / "n.csv", "pictures 1; "), other(scratch / "n.csv", "pictures 2; ");
    EXPECT_EQ(again.numbers("a", fail), values);
    EXPECT_TRUE(again.numbers("none", fail).empty());
    EXPECT_THROW(other.numbers("a", fail), Error);
}

TEST(Notebook, RefusesWhatIsNone) {
    const Scratch scratch;
    for (const char* bytes :
         {"something else\n", "measured,number\na\n", "measured,number\na,b\n", "measured,number\na,0.5"}) {
        scratch.write("n.csv", std::string(bytes));
        EXPECT_THROW(Notebook(scratch / "n.csv"), Error) << bytes;
    }
}

TEST(Plots, AreDrawnForPagesAndTerminals) {
    const double nan = std::nan("");
    Plot plot{.title = "it's a title", .x = "x", .y = "y", .series = {}};
    plot.series = {{"theory", "#aaaaaa", Series::Look::dashed, {{0, 1}, {1, 2}}},
                   {"measured", "#0072b2", Series::Look::points, {{0, 1}, {1, nan}, {2, 3}}},
                   {"all lost", "#0072b2", Series::Look::points, {{1, nan}}}};
    std::string svg, text;
    try {
        svg = drawn({plot, plot}, "two", FigureFormat::svg);
        text = drawn_as_text({plot}, {});
    } catch (const Error&) {
        GTEST_SKIP() << "gnuplot is missing";
    }
    for (const char* words : {"it's a title", "theory", "measured"}) {
        expect_mentions(text, words);
        if (*words != 'i') expect_mentions(svg, words);  // gnuplot writes &apos; there
    }
    EXPECT_EQ(text.find("all lost"), text.npos);
    // A name has a mark of its own, which its other seeds share.
    Plot many{.title = "marks", .x = "x", .y = "y", .series = {}};
    for (const char* colour : {"#000001", "#000002", "#000003", "#000004", "#000005", "#000006"}) {
        const double height = static_cast<double>(many.series.size());
        many.series.push_back({"", colour, Series::Look::dashed, {{0, height}}});
        many.series.push_back({std::string("net ") + colour[6], colour, Series::Look::points, {{1, height}}});
        many.series.push_back({"", colour, Series::Look::points, {{2, height}}});
    }
    const std::string marked = drawn_as_text({many}, {});
    for (const char* words : {"net 1    o", "net 2    x", "net 3    +", "net 4    *", "net 5    #", "net 6    A"})
        expect_mentions(marked, words);
    EXPECT_EQ(std::count(marked.begin(), marked.end(), 'A'), 3) << marked;
    plot.series = {plot.series[2]};
    EXPECT_THROW(drawn({plot}, "none", FigureFormat::svg), Error);
}

}  // namespace
}  // namespace deepen
