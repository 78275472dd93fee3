#include "engine/anomaly.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/autograd.h"
#include "engine/ops.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

constexpr Real nan = std::numeric_limits<Real>::quiet_NaN(), infinity = std::numeric_limits<Real>::infinity();

TEST(FirstNotFinite, FindsItWhereverItStands) {
    for (const std::size_t size : {1u, 7u, 1024u, 1025u, 3000u})
        for (const Real wrong : {nan, infinity, -infinity})
            for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
                std::vector<Real> numbers(size, std::numeric_limits<Real>::max());
                EXPECT_EQ(first_not_finite(numbers), size);
                numbers[at] = wrong;
                EXPECT_EQ(first_not_finite(numbers), at) << size << " " << wrong;
            }
    EXPECT_EQ(first_not_finite({}), 0u);
}

TEST(AnomalyDetection, NamesTheOpTheLayerAndTheElement) {
    const Tensor w = variable(Tensor({3}, {1, 0, 2}));
    const AnomalyDetection::Names names{{w.node().get(), "layer1.0.fc.weight"}};
    const AnomalyDetection detection(names);
    EXPECT_EQ(refusal_of([&] { log(w); }), "log in layer1.0.fc made -inf: element 1 of its output [3].");
    EXPECT_EQ(refusal_of([&] { log(relu(w)); }), "log after layer1.0.fc made -inf: element 1 of its output [3].");
}

TEST(AnomalyDetection, SeesWhatALaterOpSwallows) {
    const Tensor x = variable(Tensor({2}, {0, 4}));
    EXPECT_EQ(relu(log(x)).values()[0], 0);
    const AnomalyDetection::Names none;
    const AnomalyDetection detection(none);
    EXPECT_EQ(refusal_of([&] { relu(log(x)); }), "log made -inf: element 0 of its output [2].");
    EXPECT_EQ(refusal_of([&] { log(-x - 1); }), "log made nan: element 0 of its output [2].");
}

TEST(AnomalyDetection, LooksAtGradientsToo) {
    const Tensor x = variable(Tensor({2}, {4, 0}));
    const AnomalyDetection::Names names{{x.node().get(), "x"}};
    const AnomalyDetection detection(names);
    Tensor y = sum(sqrt(x));
    EXPECT_EQ(refusal_of([&] { y.backward(); }),
              "the backward of sqrt in x made inf: element 1 of the gradient [2] of its input 0.");
}

TEST(AnomalyDetection, EndsWithItsScope) {
    const AnomalyDetection::Names none;
    { const AnomalyDetection detection(none); }
    { const AnomalyDetection off(none, false); EXPECT_EQ(refusal_of([] { log(Tensor(0)); }), nothing_refused); }
    EXPECT_EQ(refusal_of([] { log(Tensor(0)); }), nothing_refused);
}

}  // namespace
}  // namespace deepen
