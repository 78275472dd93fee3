#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "engine/autograd.h"
#include "engine/conv/algorithm.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"

namespace deepen {
namespace {

constexpr double tolerance = sizeof(Real) == 8 ? 1e-10 : 2e-4;

struct Case {
    Shape x, w;
    Index stride, padding;
};

// Every algorithm: im2col, pointwise, and Winograd with strips that end within a picture.
const std::vector<Case> cases = {{{3, 9, 7, 3}, {3, 3, 3, 5}, 2, 1},
                                 {{2, 6, 5, 4}, {1, 1, 4, 6}, 1, 0},
                                 {{3, 13, 10, 8}, {3, 3, 8, 12}, 1, 1},
                                 {{40, 8, 8, 16}, {3, 3, 16, 16}, 1, 1}};

struct Setting {
    bool training, recording, with_shortcut, with_relu;
};

std::vector<Tensor> run(const Case& c, const Setting& s, bool together) {
    const ConvOptions conv{.stride = c.stride, .padding = c.padding};
    const ConvGeometry g = conv_geometry(c.x, c.w, conv);
    const Index channels = g.out_channels;
    const Shape shape{g.batch, g.out_height, g.out_width, channels};
    Tensor x = variable(random_tensor(c.x, 1)), w = variable(random_tensor(c.w, 2));
    Tensor scale = variable(random_tensor({channels}, 3, 0.5, 2)), shift = variable(random_tensor({channels}, 4));
    Tensor shortcut = variable(random_tensor(shape, 5));
    Tensor mean = random_tensor({channels}, 6), variance = random_tensor({channels}, 7, 0.5, 2);
    BatchNormOptions norm{.training = s.training, .relu = s.with_relu};
    if (s.with_shortcut) norm.shortcut = shortcut;

    const auto forward = [&] {
        return together ? conv2d_batch_norm(x, w, conv, scale, shift, mean, variance, norm)
                        : batch_norm(conv2d(x, w, {}, conv), scale, shift, mean, variance, norm);
    };
    if (!s.recording) {
        const NoGrad no_grad;
        return {forward(), mean, variance};
    }
    Tensor y = forward();
    y.backward(random_tensor(shape, 8));
    std::vector<Tensor> results{y.detach(), mean, variance, x.grad(), w.grad(), scale.grad(), shift.grad()};
    if (s.with_shortcut) results.push_back(shortcut.grad());
    return results;
}

TEST(Conv2dBatchNorm, IsTheTwoOpsOneAfterTheOther) {
    for (const Case& c : cases)
        for (bool training : {true, false})
            for (bool recording : {true, false})
                for (bool with_shortcut : {true, false})
                    for (bool with_relu : {true, false}) {
                        const Setting s{training, recording, with_shortcut, with_relu};
                        const std::vector<Tensor> together = run(c, s, true), apart = run(c, s, false);
                        for (std::size_t k = 0; k < apart.size(); ++k)
                            for (Index i = 0; i < apart[k].size(); ++i) {
                                const double expected = apart[k].data()[i];
                                ASSERT_NEAR(together[k].data()[i], expected,
                                            tolerance * std::max(1.0, std::abs(expected)))
                                    << c.x << c.w << " training " << training << " recording " << recording
                                    << " shortcut " << with_shortcut << " relu " << with_relu << " result " << k;
                            }
                    }
}

// Note [While it is in cache]: the stretches cover y once, whoever makes them.
TEST(Convolution, ReportsEveryPlaceOnce) {
    for (const Case& c : cases)
        for (ConvAlgorithm id : {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::reference}) {
            const ConvGeometry g = conv_geometry(c.x, c.w, {.stride = c.stride, .padding = c.padding});
            const Tensor x = random_tensor(c.x, 1), w = random_tensor(c.w, 2);
            Tensor y = Tensor::uninitialised({g.batch, g.out_height, g.out_width, g.out_channels});
            std::mutex mutex;
            std::vector<int> reports(g.batch * g.out_positions());
            choose_convolution(g, id).forward(g, x.data().data(), w.data().data(), y.data().data(),
                                              [&](Index begin, Index end) {
                                                  const std::lock_guard lock(mutex);
                                                  for (Index i = begin; i < end; ++i) ++reports.at(i);
                                              });
            EXPECT_EQ(std::ranges::count(reports, 1), std::ssize(reports)) << c.x << c.w << int(id);
        }
}

}  // namespace
}  // namespace deepen
