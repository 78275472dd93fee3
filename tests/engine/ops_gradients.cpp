#include <gtest/gtest.h>

#include "tests/engine/op_table.h"

namespace deepen {
namespace {

class OpGradients : public testing::TestWithParam<OpCall> {};

TEST_P(OpGradients, AreDerivativesWhenAllInputsLearn) {
    const GradientReport report = check_gradients(GetParam().f, GetParam().inputs);
    EXPECT_TRUE(report.ok) << report.message;
}

TEST_P(OpGradients, AreDerivativesWhenOneInputLearnsAlone) {
    for (std::size_t i = 0; i < GetParam().inputs.size(); ++i) {
        const TensorFunction f = [&](std::vector<Tensor>& x) {
            std::vector<Tensor> all = GetParam().inputs;
            all[i] = x[0];
            return GetParam().f(all);
        };
        const GradientReport report = check_gradients(f, {GetParam().inputs[i]});
        EXPECT_TRUE(report.ok) << "learning alone: input " << i << "; there called " << report.message;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, OpGradients, testing::ValuesIn(op_table()),
                         [](const auto& call) { return call.param.name; });

}  // namespace
}  // namespace deepen
