#include "resnet/training/classifier.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "layers/layers.h"
#include "resnet/data/augment.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Scores: the mean of red, of green and of blue, times a factor.
class MeanColour : public Module {
public:
    explicit MeanColour(Real factor) : factor_(factor) {}
    Tensor forward(const Tensor& x) override { return global_average_pool(x) * Tensor(factor_); }
    void visit(Visitor&) override {}
    std::string_view type() const override { return "MeanColour"; }

private:
    Real factor_;
};

Classifier classifier(Real factor, Preparation preparation = {6, 4, {{0, 0, 0}, {1, 1, 1}}}) {
    return {std::make_unique<MeanColour>(factor), std::move(preparation)};
}

// The left third is red, the rest blue.
Pixels two_colours() {
    Pixels p{6, 9, Bytes(6 * 9 * 3)};
    for (Index i = 0; i < 6 * 9; ++i) p.bytes[3 * i + (i % 9 < 3 ? 0 : 2)] = 255;
    return p;
}

std::vector<double> softmax_of(std::vector<double> scores) {
    double sum = 0;
    for (double& s : scores) sum += s = std::exp(s);
    for (double& s : scores) s /= sum;
    return scores;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-6) << k;
}

TEST(Classifier, GivesTheSoftmaxOfWhatTheNetSaysOfTheMiddle) {
    // 4 columns from the third on: one of them red.
    expect_near(classifier(2).probabilities(two_colours()), softmax_of({2 * 0.25, 0, 2 * 0.75}));
}

TEST(Classifier, PreparesPicturesAsTheNetWasTrained) {
    const Preparation p{6, 4, {{Real(0.5), 0, Real(0.25)}, {2, 1, Real(0.5)}}};
    expect_near(classifier(1, p).probabilities(two_colours()),
                softmax_of({(0.25 - 0.5) / 2, 0, (0.75 - 0.25) / 0.5}));
}

// Corners at columns 0 and 5, the middle at 2: 3, 0 and 1 of 4 columns are red; mirrors change nothing here.
TEST(Classifier, AveragesProbabilitiesOverTenCrops) {
    const auto left = softmax_of({1.5, 0, 0.5}), right = softmax_of({0, 0, 2}), middle = softmax_of({0.5, 0, 1.5});
    std::vector<double> mean(3);
    for (int k = 0; k < 3; ++k) mean[k] = (2 * left[k] + 2 * right[k] + middle[k]) / 5;
    expect_near(classifier(2).probabilities(two_colours(), Crops::ten), mean);
}

TEST(Classifier, AveragesProbabilitiesOverNets) {
    std::vector<Classifier> nets;
    nets.push_back(classifier(1));
    nets.push_back(classifier(5));
    const auto a = nets[0].probabilities(two_colours()), b = nets[1].probabilities(two_colours());
    expect_near(probabilities(nets, two_colours(), Crops::centre),
                {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2});
}

TEST(Classifier, RefusesWeightsThatGiveNoProbabilities) {
    const Classifier broken = classifier(std::numeric_limits<Real>::quiet_NaN());
    expect_mentions(refusal_of([&] { broken.probabilities(two_colours()); }), "so its weights are damaged");
}

TEST(Classifier, RefusesAPreprocessingThatDoesNotFit) {
    expect_mentions(refusal_of([] { classifier(1, {6, 4, {std::vector<Real>(27), {1, 1, 1}}}); }),
                    "27 means and 3 deviations; pictures of [4,4,3] want 3 or 48 means");
}

TEST(BestGuesses, ComeInOrderOfProbabilityAndThenOfClass) {
    const auto labels = [](Index count) {
        std::vector<Index> found;
        for (const Guess& g : best_guesses({0.1, 0.3, 0.2, 0.3, 0.1}, count)) found.push_back(g.label);
        return found;
    };
    EXPECT_EQ(labels(3), (std::vector<Index>{1, 3, 2}));
    EXPECT_EQ(labels(9), (std::vector<Index>{1, 3, 2, 0, 4}));
}

}  // namespace
}  // namespace deepen
