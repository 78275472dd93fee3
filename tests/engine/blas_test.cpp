#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/blas.h"
#include "engine/gradcheck.h"
#include "engine/own_gemm.h"
#include "engine/parallel.h"
#include "engine/simd.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Gemm, MultipliesEveryMixOfTransposes) {
    constexpr Index m = 3, n = 4, k = 5, spare = 2;        // rows lie `spare` further apart than they are long
    for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
            const Index lda = (ta ? m : k) + spare, ldb = (tb ? k : n) + spare, ldc = n + spare;
            const Tensor a = random_tensor({ta ? k : m, lda}, 1), b = random_tensor({tb ? n : k, ldb}, 2);
            const Tensor before = random_tensor({m, ldc}, 3);
            Tensor c = before.clone();
            gemm(ta, tb, m, n, k, 2, a.data().data(), lda, b.data().data(), ldb, 3, c.data().data(), ldc);
            for (Index i = 0; i < m; ++i) {
                for (Index j = 0; j < n; ++j) {
                    double expected = 3.0 * before.at({i, j});
                    for (Index l = 0; l < k; ++l)
                        expected += 2.0 * (ta ? a.at({l, i}) : a.at({i, l})) * (tb ? b.at({j, l}) : b.at({l, j}));
                    EXPECT_NEAR(c.at({i, j}), expected, 1e-5);
                }
                for (Index j = n; j < ldc; ++j) EXPECT_EQ(c.at({i, j}), before.at({i, j}));
            }
        }
}

// By three loops.
std::vector<double> product(const Tensor& a, bool ta, const Tensor& b, bool tb, Index m, Index n, Index k) {
    const Index lda = a.shape()[1], ldb = b.shape()[1];
    const Real *x = a.data().data(), *y = b.data().data();
    std::vector<double> c(m * n);
    for (Index i = 0; i < m; ++i)
        for (Index j = 0; j < n; ++j)
            for (Index l = 0; l < k; ++l)
                c[i * n + j] += double(ta ? x[l * lda + i] : x[i * lda + l]) * (tb ? y[j * ldb + l] : y[l * ldb + j]);
    return c;
}

// Sizes around those of its register block and its block of k.
TEST(OwnGemm, AgreesWithThreeLoops) {
    const Index columns = 2 * simd::lanes;
    for (const Index m : {1, 6, 13})
        for (const Index n : {columns - 1, columns, 2 * columns + 1})
            for (const Index k : {0, 1, 256, 513})
                for (const auto& [ta, tb] : {std::pair(false, false), {false, true}, {true, false}, {true, true}}) {
                    const Index lda = (ta ? m : k) + 1, ldb = (tb ? k : n) + 3, ldc = n + 2;
                    const Tensor a = random_tensor({ta ? k : m, lda}, 1), b = random_tensor({tb ? n : k, ldb}, 2);
                    const Tensor before = random_tensor({m, ldc}, 3);
                    Tensor c = before.clone();
                    own_gemm(ta, tb, m, n, k, 2, a.data().data(), lda, b.data().data(), ldb, 3, c.data().data(), ldc);
                    const std::vector<double> ab = product(a, ta, b, tb, m, n, k);
                    const std::vector<Real> old = before.values(), made = c.values();
                    double largest = 0;
                    for (Index i = 0; i < m; ++i)
                        for (Index j = 0; j < ldc; ++j) {
                            const double was = old[i * ldc + j], expected = j < n ? 3 * was + 2 * ab[i * n + j] : was;
                            largest = std::max(largest, std::abs(made[i * ldc + j] - expected));
                        }
                    EXPECT_LE(largest, sizeof(Real) == 4 ? 1e-4 : 1e-12) << m << " " << n << " " << k << ta << tb;
                }
}

TEST(OwnGemm, WithBetaZeroDoesNotReadItsResult) {
    const Tensor a = Tensor::ones({2, 2});
    Tensor c = Tensor::full({2, 2}, std::numeric_limits<Real>::quiet_NaN());
    own_gemm(false, false, 2, 2, 2, 1, a.data().data(), 2, a.data().data(), 2, 0, c.data().data(), 2);
    EXPECT_EQ(c.values(), (std::vector<Real>{2, 2, 2, 2}));
}

TEST(Gemm, WithBetaZeroDoesNotReadItsResult) {
    const Tensor a = Tensor::ones({2, 2});
    Tensor c = Tensor::full({2, 2}, std::numeric_limits<Real>::quiet_NaN());
    gemm(false, false, 2, 2, 2, 1, a.data().data(), 2, a.data().data(), 2, 0, c.data().data(), 2);
    EXPECT_EQ(c.values(), (std::vector<Real>{2, 2, 2, 2}));
}

TEST(Gemm, SumsOfNoTermsAreZero) {
    Tensor c = Tensor::full({2, 3}, std::numeric_limits<Real>::quiet_NaN());
    const Tensor nothing = Tensor::zeros({0});
    gemm(false, false, 2, 3, 0, 1, nothing.data().data(), 0, nothing.data().data(), 3, 0, c.data().data(), 3);
    EXPECT_EQ(c.values(), std::vector<Real>(6, 0));
}

TEST(Gemm, MayRunOnSeveralThreadsAtOnce) {
    const Tensor a = random_tensor({40, 50}, 1), b = random_tensor({50, 60}, 2);
    std::vector<Tensor> results(16);
    parallel_for(16, [&](Index i) {
        results[i] = Tensor::uninitialised({40, 60});
        gemm(false, false, 40, 60, 50, 1, a.data().data(), 50, b.data().data(), 60, 0, results[i].data().data(), 60);
    });
    for (const Tensor& c : results) EXPECT_EQ(c.values(), results[0].values());
}

TEST(Gemm, RefusesSizesThatBlasCannotCount) {
    if (blas_name() == "none") GTEST_SKIP() << "our own product counts as far as memory goes";
    const Index vast = Index{1} << 40;
    EXPECT_NE(refusal_of([&] { gemm(false, false, vast, 1, 1, 1, nullptr, 1, nullptr, 1, 0, nullptr, 1); })
                  .find("gemm: an axis of 1099511627776 elements is more than BLAS can count"), std::string::npos);
}

}  // namespace
}  // namespace deepen
