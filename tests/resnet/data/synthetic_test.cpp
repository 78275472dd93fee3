#include "resnet/data/synthetic.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/autograd.h"
#include "engine/parallel.h"
#include "engine/random.h"
#include "layers/layers.h"
#include "layers/sgd.h"
#include "resnet/data/augment.h"
#include "resnet/data/data_path.h"
#include "resnet/data/loader.h"
#include "resnet/data/shapes.h"
#include "resnet/training/evaluation.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Shapes, AreInsideTheirReachAndHaveAnInside) {
    for (int shape = 0; shape < shape_count; ++shape) {
        int inside = 0;
        for (float y = -1.5f; y <= 1.5f; y += 0.05f) {
            for (float x = -1.5f; x <= 1.5f; x += 0.05f) {
                if (signed_distance(shape, x, y) >= 0) continue;
                ++inside;
                EXPECT_LE(std::sqrt(x * x + y * y), shape_reach + 0.001f) << shape_names()[shape];
            }
        }
        EXPECT_GT(inside * 0.0025, 0.7) << shape_names()[shape] << " is hardly to be seen";
    }
}

// Distances must change by no more than the way gone, and right at edges by just that: else
// antialiased edges would be too hard or too soft.
TEST(Shapes, MeasureTrueDistancesAtTheirEdges) {
    constexpr float step = 0.002f;
    for (int shape = 0; shape < shape_count; ++shape) {
        int edges = 0, exact = 0;
        for (float y = -1.2f; y <= 1.2f; y += 0.031f) {
            for (float x = -1.2f; x <= 1.2f; x += 0.031f) {
                const float here = signed_distance(shape, x, y);
                const float dx = (signed_distance(shape, x + step, y) - here) / step;
                const float dy = (signed_distance(shape, x, y + step) - here) / step;
                EXPECT_LE(std::abs(dx), 1.01f);
                EXPECT_LE(std::abs(dy), 1.01f);
                if (std::abs(here) > 0.05f) continue;
                ++edges;
                exact += std::abs(std::sqrt(dx * dx + dy * dy) - 1) < 0.02f;
            }
        }
        EXPECT_GT(exact, 0.9 * edges) << shape_names()[shape];
    }
}

TEST(Shapes, RefuseANumberBeyondThem) {
    EXPECT_EQ(shape_names().size(), static_cast<std::size_t>(shape_count));
    try {
        signed_distance(10, 0, 0);
        ADD_FAILURE();
    } catch (const InternalError& error) {
        expect_mentions(error.what(), "shapes: number 10 of 10");
    }
}

TEST(Synthetic, IsAFunctionOfSeedSplitAndIndexAlone) {
    const int before = threads();
    set_threads(1);
    const DataSplits few = synthetic_data({.train_count = 90, .test_count = 90});
    set_threads(3);
    const DataSplits many = synthetic_data({.train_count = 200, .test_count = 200});
    set_threads(before);
    EXPECT_TRUE(std::equal(few.train.pixels.begin(), few.train.pixels.end(), many.train.pixels.begin()));
    EXPECT_TRUE(std::equal(few.test.pixels.begin(), few.test.pixels.end(), many.test.pixels.begin()));
    EXPECT_NE(few.train.pixels, few.test.pixels);
    EXPECT_NE(few.train.pixels, synthetic_data({.seed = 2, .train_count = 90, .test_count = 0}).train.pixels);
}

TEST(Synthetic, HasTenClassesEquallyOftenAndNoPictureTwice) {
    const PictureSet set = load_data("synthetic", {.train_count = 1000, .test_count = 0}).train;
    EXPECT_EQ(set.classes.size(), 10u);
    for (int label = 0; label < 10; ++label) EXPECT_EQ(std::count(set.labels.begin(), set.labels.end(), label), 100);
    std::set<std::string> different;
    for (Index i = 0; i < 1000; ++i) different.emplace(set.picture(i).begin(), set.picture(i).end());
    EXPECT_EQ(different.size(), 1000u);
}

TEST(Synthetic, RefusesCountsItCannotMake) {
    expect_mentions(refusal_of([] { synthetic_data({.train_count = 0}); }),
                    "synthetic: 0 training and 2000 test pictures asked for");
    expect_mentions(refusal_of([] { synthetic_data({.test_count = -1}); }), "10000 training and -1 test pictures");
    expect_mentions(refusal_of([] { synthetic_data({.train_count = 10'000'001}); }), "1 to 10000000");
}

// The best that a weighted sum of pixels can do: softmax regression by stochastic gradient descent.
struct LinearClassifier : Module {
    Linear fc{32 * 32 * 3, 10};
    Tensor forward(const Tensor& x) override { return fc(flatten(x)); }
    void visit(Visitor& v) override { v.module("fc", fc); }
    std::string_view type() const override { return "LinearClassifier"; }
};

TEST(Synthetic, CannotBeLearntByALinearClassifier) {
    const DataSplits splits = synthetic_data({.train_count = 10000, .test_count = 2000});
    const Preprocessing preprocessing = Preprocessing::per_channel(splits.train);
    LinearClassifier net;
    Sgd sgd(named_parameters(net), {.momentum = 0, .weight_decay = 0});
    Loader loader(splits.train, preprocessing, {.batch = 10, .shuffle = true});
    for (const int epoch : {1, 2}) {
        sgd.set_lr(1e-3 / epoch);
        loader.start(epoch);
        for (Batch batch; loader.next(batch);) {
            sgd.zero_grad();
            cross_entropy(net(batch.x), batch.labels).backward();
            sgd.step();
        }
    }
    const double error = evaluate(net, splits.test, preprocessing, 100).error();
    RecordProperty("error", std::to_string(error));
    EXPECT_GT(error, 0.5);
    EXPECT_LT(error, 0.9) << "chance";
}

}  // namespace
}  // namespace deepen
