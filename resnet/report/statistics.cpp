// Is a difference between nets larger than chance?  See statistics.h.
#include "resnet/report/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/error.h"

namespace deepen {
namespace {

// The continued fraction of I_x(a, b), from its front by Lentz's method (Numerical Recipes, 6.4).  Converges within
// some sqrt(max(a, b)) terms where x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
    constexpr double tiny = 1e-300, exact = 1e-15;
    constexpr int most = 100'000;
    const auto away_from_zero = [](double v) { return std::abs(v) < tiny ? tiny : v; };
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
    for (int m = 1; m <= most; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 1;
        for (double numerator : {even, odd}) {
            d = 1 / away_from_zero(1 + numerator * d);
            c = away_from_zero(1 + numerator / c);
            step = c * d;
            fraction *= step;
        }
        if (std::abs(step - 1) < exact) break;
    }
    return fraction;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
    ensure(a > 0 && b > 0 && x >= 0 && x <= 1, "incomplete_beta(", a, ", ", b, ", ", x, ")");
    if (x == 0 || x == 1) return x;
    const double log_front =
        std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
    const double front = std::exp(log_front);
    // The symmetry I_x(a, b) = 1 - I_(1-x)(b, a) leads to where the fraction converges fast.
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_cdf(double x, double freedom) {
    ensure(freedom > 0, "Student's t with ", freedom, " degrees of freedom");
    const double beyond = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + x * x)) / 2;
    return x > 0 ? 1 - beyond : beyond;
}

double student_quantile(double p, double freedom) {
    ensure(p > 0 && p < 1, "a quantile of Student's t for p = ", p);
    if (p < 0.5) return -student_quantile(1 - p, freedom);
    double low = 0, high = 1;
    while (student_cdf(high, freedom) < p && high < 1e300) low = high, high *= 2;
    for (int i = 0; i < 200 && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        (student_cdf(middle, freedom) < p ? low : high) = middle;
    }
    return high;
}

double mean_of(const std::vector<double>& values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
    if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
    const double mean = mean_of(values);
    double squares = 0;
    for (double v : values) squares += (v - mean) * (v - mean);
    return squares / static_cast<double>(values.size() - 1);
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Contrast contrast(const std::vector<Term>& terms) {
    Contrast c;
    double variance = 0, squares = 0, total_freedom = 0;
    for (const Term& term : terms) {
        const double n = static_cast<double>(term.values.size());
        c.effect += term.factor * mean_of(term.values);
        const double part = term.factor * term.factor * variance_of(term.values) / n;
        variance += part;                                // NaN from here on where a net has one seed only
        squares += part * part / (n - 1);
        total_freedom += n - 1;
    }
    if (std::isnan(variance) || std::isnan(c.effect)) return c;
    c.standard_error = std::sqrt(variance);
    // Where no net scatters at all, the interval is a point, whatever the degrees of freedom.
    c.freedom = squares > 0 ? variance * variance / squares : total_freedom;
    const double reach = variance > 0 ? student_quantile(0.975, c.freedom) * c.standard_error : 0;
    c.interval = {c.effect - reach, c.effect + reach};
    return c;
}

}  // namespace deepen
