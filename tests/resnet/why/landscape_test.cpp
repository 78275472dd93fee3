// Is the landscape that of the loss, and are surfaces told apart?
#include <gtest/gtest.h>

#include <cmath>

#include "engine/error.h"
#include "resnet/training/evaluation.h"
#include "resnet/why/landscape.h"
#include "resnet/why/walk.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TrainedNet loaded(Shortcut shortcut, int depth, std::uint64_t seed = 1) {
    TrainedNet net{.kind = shortcut == Shortcut::none ? "plain" : "residual",
                   .depth = depth,
                   .seed = seed,
                   .net = cifar_resnet({.depth = depth, .shortcut = shortcut, .width = 4}),
                   .preprocessing = Preprocessing::imagenet(),
                   .hash = "0123"};
    initialise(*net.net, seed);
    return net;
}

std::vector<std::vector<Real>> parameters_of(Module& net) {
    std::vector<std::vector<Real>> all;
    for (const NamedTensor& p : named_parameters(net)) {
        const std::span<const Real> numbers = std::as_const(p.tensor).data();
        all.emplace_back(numbers.begin(), numbers.end());
    }
    return all;
}

// --- the walk -------------------------------------------------------------------------------------------

TEST(WeightWalk, MovesEachFilterByItsOwnSizeAndNothingElse) {
    const TrainedNet net = loaded(Shortcut::B, 8);
    const auto before = parameters_of(*net.net);
    const std::vector<NamedTensor> named = named_parameters(*net.net);
    WeightWalk walk(*net.net, 5);
    walk.go(0, 2);
    const auto after = parameters_of(*net.net);
    for (std::size_t i = 0; i < named.size(); ++i) {
        const Shape& shape = named[i].tensor.shape();
        if (shape.rank() < 2) {
            EXPECT_EQ(after[i], before[i]) << named[i].name;
            continue;
        }
        const auto filters = static_cast<std::size_t>(shape[shape.rank() - 1]);
        for (std::size_t filter = 0; filter < filters; ++filter) {
            double size = 0, moved = 0;
            for (std::size_t k = filter; k < before[i].size(); k += filters)
                size += std::pow(before[i][k], 2), moved += std::pow(after[i][k] - before[i][k], 2);
            EXPECT_NEAR(std::sqrt(moved), 2 * std::sqrt(size), 1e-4 * std::sqrt(size)) << named[i].name;
        }
    }
}

TEST(WeightWalk, IsStraightAndEndsWhereItBegan) {
    const TrainedNet net = loaded(Shortcut::none, 8);
    const auto before = parameters_of(*net.net);
    {
        WeightWalk walk(*net.net, 5);
        const auto at = [&](double a, double b) { return walk.go(a, b), parameters_of(*net.net)[0]; };
        const auto d = at(1, 0), e = at(0, 1), both = at(0.5, -0.25);
        EXPECT_NE(d, e);
        for (std::size_t k = 0; k < both.size(); ++k)
            EXPECT_NEAR(both[k], before[0][k] + 0.5 * (d[k] - before[0][k]) - 0.25 * (e[k] - before[0][k]), 1e-6);
    }
    EXPECT_EQ(parameters_of(*net.net), before);
}

TEST(WeightWalk, GoesTheSameWayWhereNamesAreTheSame) {
    const TrainedNet plain = loaded(Shortcut::none, 8), residual = loaded(Shortcut::A, 8);
    WeightWalk a(*plain.net, 5), b(*residual.net, 5);
    a.go(0.5, 0.5), b.go(0.5, 0.5);
    EXPECT_EQ(parameters_of(*plain.net), parameters_of(*residual.net));
}

// --- the landscape --------------------------------------------------------------------------------------

std::vector<Batch> some_batches() {
    Loader loader(few_pictures().train, Preprocessing::imagenet(), {.batch = 40});  // 40 and 24
    loader.start(0);
    std::vector<Batch> all;
    for (Batch batch; loader.next(batch);) all.push_back(batch);
    return all;
}

TEST(Landscape, IsTheLossOfTheNetWithThoseWeights) {
    const Scratch scratch;
    const TrainedNet net = loaded(Shortcut::A, 8);
    const LandscapeOptions options{.points = 3, .reach = 0.5, .seed = 4};
    Notebook notebook(scratch / "n.csv");
    Index passes = 0;
    const Landscape found = landscape(net, some_batches(), options, notebook, [&] { ++passes; });
    EXPECT_EQ(passes, 9);
    const auto loss = [&] {
        return evaluate(*net.net, few_pictures().train, Preprocessing::imagenet(), 64).mean_loss();
    };
    EXPECT_NEAR(found.centre(), loss(), 1e-5);
    EXPECT_EQ(found.at(1, 1), found.centre());
    {
        WeightWalk walk(*net.net, 4);
        walk.go(0.5, -0.5);
        EXPECT_NEAR(found.at(2, 0), loss(), 1e-5 * loss());
    }
    EXPECT_NE(found.at(2, 0), found.at(0, 2));

    // Once more, from what was written down: nothing is measured.
    for (Real& v : net.net->fc.weight.data()) v = 0;
    EXPECT_EQ(landscape(net, some_batches(), options, notebook, [] {}).loss, found.loss);
    EXPECT_THROW(landscape(net, some_batches(), {.points = 4}, notebook, [] {}), Error);
}

// A surface that is made up.
template <class Height>
Landscape surface(const TrainedNet& net, Height height, Index points = 25) {
    Landscape l{.net = &net, .options = {.points = points}, .loss = {}};
    for (Index row = 0; row < points; ++row)
        for (Index column = 0; column < points; ++column) l.loss.push_back(height(l.place(column), l.place(row)));
    return l;
}

TEST(Landscape, OfABowlHasItsWidthAndOneMinimum) {
    const TrainedNet net = loaded(Shortcut::A, 8);
    for (double steep : {0.5, 2.0, 10.0, 40.0}) {  // 0.1 is reached at a distance of sqrt(0.1 / steep)
        const Landscape bowl = surface(net, [&](double a, double b) { return 1 + steep * (a * a + b * b); });
        EXPECT_NEAR(bowl.width(0.1), 2 * std::sqrt(0.1 / steep), 0.03) << steep;
        EXPECT_EQ(bowl.minima(), 1);
    }
    EXPECT_NEAR(surface(net, [](double, double) { return 1.0; }).width(0.1), 4 / std::sqrt(M_PI), 0.05);
}

TEST(Landscape, CountsPitsAndSeesOneValleyOnly) {
    const TrainedNet net = loaded(Shortcut::A, 8);
    const auto trough = [](double a, double) { return 1 + a * a; };
    EXPECT_EQ(surface(net, trough).minima(), 0);  // no point is lower than its neighbours along the trough
    const auto four = [](double a, double b) { return 2 + std::cos(2 * M_PI * a) + std::cos(2 * M_PI * b); };
    EXPECT_EQ(surface(net, four).minima(), 4);
    // Beyond a wall there is another valley as low, which does not count; what is no number is a wall.
    const auto walled = [](double a, double b) { return std::hypot(a, b) > 0.5 && a < 0.9 ? std::nan("") : 1; };
    EXPECT_NEAR(surface(net, walled, 101).width(0.1), 1, 0.05);
}

TEST(Landscape, IsJudged) {
    std::vector<TrainedNet> nets;
    for (Shortcut shortcut : {Shortcut::none, Shortcut::A})
        for (int depth : {8, 14})
            for (std::uint64_t seed : {1, 2}) nets.push_back(loaded(shortcut, depth, seed));
    // Of plain and of residual nets: the width of the deep ones as a share of that of the shallow ones, and pits.
    const auto judged = [&](std::vector<double> plain, std::vector<double> residual, double pits, double loss = 0.5) {
        std::vector<Landscape> all;
        for (const TrainedNet& net : nets) {
            const auto& shares = net.kind == "plain" ? plain : residual;
            if (net.seed > shares.size()) continue;
            const double share = net.depth == 8 ? 1 : shares[net.seed - 1], steep = 0.4 / (share * share);
            const double ripples = net.depth == 8 ? 0 : pits;
            all.push_back(surface(net, [&](double a, double b) {
                const double far = std::max(0.0, a * a + b * b - 0.6);
                return loss + steep * (a * a + b * b) +
                       ripples * far * (std::cos(6 * M_PI * a) + std::cos(6 * M_PI * b));
            }));
        }
        std::vector<Outcome> outcomes;
        for (const Claim& claim : judge_landscapes(all, 2.3)) outcomes.push_back(claim.outcome);
        return outcomes;
    };
    using enum Outcome;
    using Outcomes = std::vector<Outcome>;
    EXPECT_EQ(judged({0.4}, {1.0}, 20), (Outcomes{holds, holds, holds}));
    EXPECT_EQ(judged({1.0}, {0.5}, 0), (Outcomes{fails, fails, fails}));
    EXPECT_EQ(judged({0.75}, {0.85}, 0), (Outcomes{fails, unclear, unclear}));  // within what one net may be off by
    EXPECT_EQ(judged({0.4, 0.45}, {1.0, 0.98}, 20), (Outcomes{holds, holds, holds}));
    EXPECT_EQ(judged({0.4, 1.0}, {1.0, 0.5}, 0), (Outcomes{fails, unclear, unclear}));  // seeds differ too much
    EXPECT_EQ(judged({0.4}, {1.0}, 20, 2.3), (Outcomes{nothing_learned, nothing_learned, nothing_learned}));
    EXPECT_EQ(judged({}, {1.0}, 0), (Outcomes{untested, holds, untested}));
    EXPECT_EQ(judged({}, {}, 0), (Outcomes{untested, untested, untested}));
}

TEST(Landscape, IsDrawnAsHillsAndMaps) {
    std::string svg;
    const Surface bowl{.title = "plain-20", .z = {4, 1, 4, 1, 0.1, 1, 4, 1, std::nan("")}, .contour = 0.2};
    try {
        svg = drawn({bowl, bowl}, "loss", "two", FigureFormat::svg);
    } catch (const Error&) {
        GTEST_SKIP() << "gnuplot is missing";
    }
    for (const char* words : {"plain-20", "loss"}) expect_mentions(svg, words);
    EXPECT_THROW(drawn({Surface{.title = "", .z = {std::nan("")}}}, "loss", "none", FigureFormat::svg), Error);
}

}  // namespace
}  // namespace deepen
