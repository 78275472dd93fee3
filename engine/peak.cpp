// How fast could one core multiply and add?  See peak.h.
#include "engine/peak.h"

#include "engine/simd.h"

namespace deepen {
namespace {

// Chains of multiply-adds that do not wait for each other: enough to keep two units of four cycles' latency busy, and
// few enough to fit 16 registers with both factors.
constexpr int chains = 12;
simd::Vector multiply_add_chains(long rounds, simd::Vector a, simd::Vector b) {
    simd::Vector sum[chains];
    for (int k = 0; k < chains; ++k) sum[k] = b * Real(k);               // all different, lest one stand for all
    for (long i = 0; i < rounds; ++i)
#pragma GCC unroll 16
        for (int k = 0; k < chains; ++k) sum[k] = sum[k] * a + b;
    for (int k = 1; k < chains; ++k) sum[0] += sum[k];
    return sum[0];
}

}  // namespace

double multiply_adds(long rounds) {
    [[maybe_unused]] volatile Real sink =
        multiply_add_chains(rounds, simd::Vector{} + Real(0.999), simd::Vector{} + Real(1e-3))[0];
    return 2.0 * chains * simd::lanes * static_cast<double>(rounds);
}

}  // namespace deepen
