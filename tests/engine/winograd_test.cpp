// Winograd's convolution against the definition, seven loops in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/conv/algorithm.h"
#include "engine/conv/reference.h"
#include "engine/conv/winograd_transforms.h"
#include "engine/error.h"
#include "engine/memory.h"
#include "engine/parallel.h"
#include "engine/random.h"

namespace deepen {
namespace {

using Reals = std::vector<Real>;
using Doubles = std::vector<double>;

// The largest error allowed, as a part of the largest exact value.  The transforms multiply by up to
// 8 and cancel, which costs about a digit against direct summation.
constexpr double largest_error = sizeof(Real) == 4 ? 1e-5 : 1e-13;

struct Tiling {
    Index batch, height, width, in, out, padding;
};

std::ostream& operator<<(std::ostream& s, const Tiling& c) {
    return s << "x [" << c.batch << "," << c.height << "," << c.width << "," << c.in << "]  weight [3,3," << c.in << ","
             << c.out << "]  padding " << c.padding;
}

std::vector<Tiling> tilings() {
    std::vector<Tiling> all;
    // Every remainder of tile sizes, on both axes.
    for (Index height = 1; height <= 13; ++height)
        for (Index padding : {0, 1, 2})
            if (height + 2 * padding >= 3) all.push_back({2, height, 14 - height + 2, 5, 8, padding});
    // Every pair of channel counts: below, at, above and at multiples of every vector width.
    for (Index in : {1, 3, 5, 8, 16, 17, 32, 64})
        for (Index out : {1, 3, 5, 8, 16, 17, 32, 64}) all.push_back({1 + (in + out) % 3, 6, 5, in, out, 1});
    // Several blocks of tiles and several groups of pictures.
    all.push_back({9, 17, 32, 16, 16, 1});
    all.push_back({37, 8, 8, 24, 40, 1});
    all.push_back({60, 8, 8, 70, 60, 1});  // rounds of several blocks
    all.push_back({3, 30, 21, 12, 20, 2});
    // A border wider than a tile's.
    all.push_back({1, 2, 3, 8, 8, 5});
    return all;
}

ConvGeometry geometry(const Tiling& c) {
    return conv_geometry({c.batch, c.height, c.width, c.in}, {3, 3, c.in, c.out}, {.padding = c.padding});
}

Reals random_values(Index count, std::uint64_t stream) {
    Random random(7, stream);
    Reals values(count);
    for (Real& v : values) v = Real(random.normal());
    return values;
}

// One convolution's operands and, from the seven loops, what it and its gradients should be.
struct Example {
    ConvGeometry g;
    Reals x, w, dy;
    Doubles y, dx, dw;

    explicit Example(const Tiling& c) : g(geometry(c)) {
        x = random_values(g.batch * g.height * g.width * g.in_channels, 1);
        w = random_values(9 * g.in_channels * g.out_channels, 2);
        dy = random_values(g.batch * g.out_positions() * g.out_channels, 3);
        y = exact_forward(g, x.data(), w.data());
        dx = exact_data_gradient(g, w.data(), dy.data());
        dw = exact_weight_gradient(g, x.data(), dy.data());
    }
};

// The largest difference, as a part of the largest expected value; NaN anywhere counts as infinite.
double relative_error(const Reals& got, const Doubles& expected) {
    double error = 0, scale = 1e-30;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double difference = std::abs(got[i] - expected[i]);
        error = std::isnan(difference) ? INFINITY : std::max(error, difference);
        scale = std::max(scale, std::abs(expected[i]));
    }
    return error / scale;
}

// New storage holds NaN while this lives.
struct Poison {
    Poison() { memory::poison(true); }
    ~Poison() { memory::poison(false); }
};

// What winograd_transforms.h says of its matrices, in one dimension; every lane holds the same.
TEST(Winograd, TransformsEvaluateAndInterpolatePolynomials) {
    using simd::Vector;
    const Real dy_values[4] = {2, -1, 3, 5}, g_values[3] = {7, -2, 4}, d_values[6] = {1, -3, 2, 6, -5, 4};
    Vector dy[4], g[3], d[6], at_points[6], u[6], v[6], dd[6], y[4], dg[3];
    for (int i = 0; i < 4; ++i) dy[i] = Vector{} + dy_values[i];
    for (int k = 0; k < 3; ++k) g[k] = Vector{} + g_values[k];
    for (int p = 0; p < 6; ++p) d[p] = Vector{} + d_values[p];
    winograd::OutputTransposed::apply(dy, at_points);
    const double points[] = {0, 1, -1, 2, -2};
    for (int p = 0; p < 5; ++p) {
        double value = 0;
        for (int i = 3; i >= 0; --i) value = value * points[p] + dy_values[i];
        EXPECT_EQ(at_points[p][0], value) << "dy(t) at " << points[p];
    }
    EXPECT_EQ(at_points[5][0], dy_values[3]) << "at infinity";

    winograd::FilterTransform::apply(g, u);
    winograd::InputTransform::apply(d, v);
    Vector products[6];
    for (int p = 0; p < 6; ++p) products[p] = at_points[p] * u[p];
    winograd::InputTransposed::apply(products, dd);
    for (int p = 0; p < 6; ++p) products[p] = u[p] * v[p];
    winograd::OutputTransform::apply(products, y);
    for (int p = 0; p < 6; ++p) products[p] = at_points[p] * v[p];
    winograd::FilterTransposed::apply(products, dg);
    double expected_dd[6] = {}, expected_y[4] = {}, expected_dg[3] = {};
    for (int i = 0; i < 4; ++i)
        for (int k = 0; k < 3; ++k) {
            expected_dd[i + k] += dy_values[i] * g_values[k];
            expected_y[i] += d_values[i + k] * g_values[k];
            expected_dg[k] += dy_values[i] * d_values[i + k];
        }
    for (int p = 0; p < 6; ++p) EXPECT_NEAR(dd[p][0], expected_dd[p], 100 * largest_error) << "coefficient " << p;
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(y[i][0], expected_y[i], 100 * largest_error);
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(dg[k][0], expected_dg[k], 100 * largest_error);
}

TEST(Winograd, ForwardAgreesWithSevenLoops) {
    const Poison poison;
    for (const Tiling& c : tilings()) {
        const Example e(c);
        Reals y(e.y.size(), NAN);
        winograd_convolution.forward(e.g, e.x.data(), e.w.data(), {.data = y.data()});
        EXPECT_LT(relative_error(y, e.y), largest_error) << c;
    }
}

TEST(Winograd, BackwardAgreesWithSevenLoops) {
    const Poison poison;
    for (const Tiling& c : tilings()) {
        const Example e(c);
        Reals dx(e.x.size(), std::nan("")), dw(e.w.size());
        winograd_convolution.backward(e.g, e.x.data(), e.w.data(), e.dy.data(), {.data = dx.data()},
                                      dw.data());
        EXPECT_LT(relative_error(dx, e.dx), largest_error) << "dx, " << c;
        EXPECT_LT(relative_error(dw, e.dw), largest_error) << "dw, " << c;
    }
}

TEST(Winograd, BackwardAddsToWhatIsThere) {
    Example e({3, 7, 9, 12, 17, 1});
    Reals dx = random_values(e.x.size(), 4), dw = random_values(e.w.size(), 5);
    for (std::size_t i = 0; i < dx.size(); ++i) e.dx[i] += dx[i];
    for (std::size_t i = 0; i < dw.size(); ++i) e.dw[i] += dw[i];
    winograd_convolution.backward(e.g, e.x.data(), e.w.data(), e.dy.data(), {.data = dx.data(), .add = true},
                                  dw.data());
    EXPECT_LT(relative_error(dx, e.dx), largest_error);
    EXPECT_LT(relative_error(dw, e.dw), largest_error);
}

TEST(Winograd, AGradientAloneHasTheSameBitsAsBoth) {
    const Example e({5, 11, 8, 16, 24, 1});
    const auto backward = [&](Reals* dx, Reals* dw) {
        winograd_convolution.backward(e.g, e.x.data(), e.w.data(), e.dy.data(),
                                      {.data = dx ? dx->data() : nullptr, .add = true},
                                      dw ? dw->data() : nullptr);
    };
    Reals dx(e.x.size()), dw(e.w.size()), dx_alone(e.x.size()), dw_alone(e.w.size());
    backward(&dx, &dw);
    backward(&dx_alone, nullptr);
    backward(nullptr, &dw_alone);
    backward(nullptr, nullptr);
    EXPECT_EQ(dx_alone, dx);
    EXPECT_EQ(dw_alone, dw);
}

TEST(Winograd, GivesTheSameBitsAtAnyNumberOfThreads) {
    const Example e({21, 16, 14, 16, 20, 1});
    struct Result {
        Reals y, dx, dw;
        bool operator==(const Result&) const = default;
    };
    const auto compute = [&](int count) {
        set_threads(count);
        Result r{Reals(e.y.size()), Reals(e.x.size()), Reals(e.w.size())};
        winograd_convolution.forward(e.g, e.x.data(), e.w.data(), {.data = r.y.data()});
        winograd_convolution.backward(e.g, e.x.data(), e.w.data(), e.dy.data(), {.data = r.dx.data(), .add = true},
                                      r.dw.data());
        return r;
    };
    const int before = threads();
    const Result alone = compute(1);
    for (int count : {2, 3, 7}) EXPECT_EQ(compute(count), alone) << count << " threads";
    set_threads(before);
}

TEST(Winograd, AnEmptyBatchChangesNothing) {
    const Example e({0, 8, 8, 16, 16, 1});
    Reals dw = random_values(e.w.size(), 6);
    const Reals before = dw;
    winograd_convolution.forward(e.g, e.x.data(), e.w.data(), {});
    winograd_convolution.backward(e.g, e.x.data(), e.w.data(), e.dy.data(), {}, dw.data());
    EXPECT_EQ(dw, before);
}

TEST(Winograd, SuitsThreeByThreeOfStrideOneThatFillsTilesAndVectors) {
    const auto suits = [](Shape x, Shape w, Index stride) {
        return winograd_convolution.suits(conv_geometry(x, w, {.stride = stride, .padding = w[0] / 2}));
    };
    EXPECT_TRUE(suits({128, 32, 32, 16}, {3, 3, 16, 16}, 1));
    EXPECT_TRUE(suits({128, 8, 8, 64}, {3, 3, 64, 64}, 1));
    EXPECT_TRUE(suits({128, 5, 5, 64}, {3, 3, 64, 64}, 1));
    EXPECT_FALSE(suits({128, 2, 2, 64}, {3, 3, 64, 64}, 1));
    EXPECT_FALSE(suits({128, 1, 64, 64}, {3, 3, 64, 64}, 1));
    EXPECT_FALSE(suits({128, 32, 32, 3}, {3, 3, 3, 16}, 1));
    EXPECT_FALSE(suits({128, 32, 32, 16}, {3, 3, 16, 32}, 2));
    EXPECT_FALSE(suits({128, 32, 32, 16}, {5, 5, 16, 16}, 1));
    EXPECT_FALSE(suits({128, 32, 32, 16}, {1, 1, 16, 16}, 1));
}

TEST(Winograd, DoesNotPayForAFewTiles) {
    const auto chosen = [](Index pictures) {
        return choose_convolution(conv_geometry({pictures, 7, 7, 64}, {3, 3, 64, 64}, {.padding = 1}),
                                  ConvAlgorithm::automatic).id;
    };
    EXPECT_EQ(chosen(1), ConvAlgorithm::direct);
    EXPECT_EQ(chosen(8), ConvAlgorithm::winograd);
}

TEST(Winograd, CallsAnotherKernelAFaultOfOurs) {
    const ConvGeometry g = conv_geometry({1, 8, 8, 8}, {3, 3, 8, 8}, {.stride = 2, .padding = 1});
    const Reals x(8 * 8 * 8), w(9 * 8 * 8);
    Reals y(4 * 4 * 8);
    try {
        winograd_convolution.forward(g, x.data(), w.data(), {.data = y.data()});
        FAIL() << "accepted";
    } catch (const InternalError& e) {
        EXPECT_NE(std::string(e.what()).find("a kernel of 3x3 and stride 2 came"), std::string::npos) << e.what();
    }
}

}  // namespace
}  // namespace deepen
