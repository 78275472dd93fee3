#include "resnet/data/synthetic.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/parallel.h"
#include "engine/random.h"
#include "resnet/data/augment.h"
#include "resnet/data/data_path.h"
#include "resnet/data/shapes.h"
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

// The best that a weighted sum of pixels can do: softmax regression by stochastic gradient descent,
// one picture at a time.  dlogit = softmax(logits) - [label]; dw = dlogit x'.
class LinearClassifier {
public:
    int predict(const std::vector<float>& x) {
        for (int k = 0; k < 10; ++k) {
            float sum = bias_[k];
            for (std::size_t i = 0; i < x.size(); ++i) sum += weight_[k][i] * x[i];
            logits_[k] = sum;
        }
        return static_cast<int>(std::max_element(logits_, logits_ + 10) - logits_);
    }

    void learn(const std::vector<float>& x, int label, float lr) {
        const float top = logits_[predict(x)];
        float total = 0;
        for (float& logit : logits_) total += logit = std::exp(logit - top);
        for (int k = 0; k < 10; ++k) {
            const float d = lr * (logits_[k] / total - (k == label));
            bias_[k] -= d;
            for (std::size_t i = 0; i < x.size(); ++i) weight_[k][i] -= d * x[i];
        }
    }

private:
    std::vector<std::vector<float>> weight_ = std::vector(10, std::vector<float>(3072));
    float bias_[10] = {}, logits_[10] = {};
};

TEST(Synthetic, CannotBeLearntByALinearClassifier) {
    const DataSplits splits = synthetic_data({.train_count = 10000, .test_count = 2000});
    const Normaliser normaliser(Preprocessing::per_channel(splits.train), 32, 32);
    const auto input = [&](const PictureSet& set, Index i) {
        std::vector<Real> x(3072);
        normaliser.write(set.picture(i), {}, x.data());
        return std::vector<float>(x.begin(), x.end());
    };
    LinearClassifier classifier;
    Random random(1);
    for (int epoch = 0; epoch < 2; ++epoch) {
        for (const Index i : random.permutation(splits.train.count())) {
            classifier.learn(input(splits.train, i), splits.train.labels[i], 1e-4f / (1 + epoch));
        }
    }
    int wrong = 0;
    for (Index i = 0; i < splits.test.count(); ++i) {
        wrong += classifier.predict(input(splits.test, i)) != splits.test.labels[i];
    }
    const double error = wrong / static_cast<double>(splits.test.count());
    RecordProperty("error", std::to_string(error));
    EXPECT_GT(error, 0.5);
    EXPECT_LT(error, 0.9) << "chance";
}

}  // namespace
}  // namespace deepen
