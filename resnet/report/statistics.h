// Is a difference between nets larger than chance?
//
// A net that is trained from another seed ends with another error.  From the errors of several seeds follows how far
// the means of two nets, or of four, would be apart again if everything was done anew:
//
//     effect            d    = sum_i c_i mean_i                            c = (1, -1): one net minus another
//     standard error    se^2 = sum_i c_i^2 s_i^2 / n_i                     s_i^2: variance over the n_i seeds of net i
//     degrees of freedom     = se^4 / sum_i (c_i^2 s_i^2 / n_i)^2 / (n_i - 1)
//     95 % interval          = d +- t(0.975, degrees of freedom) se
//
// With two nets that is Welch's interval (Welch 1947; the degrees of freedom are Satterthwaite's, 1946), which does not
// take it that all nets scatter equally: deep plain nets scatter more than shallow ones.  With four nets and c =
// (1, -1, -1, 1) it is the interval of an interaction: how much more depth costs without shortcuts than with them.
// Choice: seeds are taken as independent, though nets of one seed see the same pictures in the same order.  Were that
// to make them end alike, the interval of paired differences would be narrower; it has fewer degrees of freedom, and
// asks for the same seeds everywhere.
#pragma once

#include <limits>
#include <vector>

namespace deepen {

// P(X <= x) of Student's t distribution, from the regularised incomplete beta function.
double student_cdf(double x, double freedom);
// The t below which a share `p` in (0, 1) lies: 1.96 for 0.975 and very many degrees of freedom.
double student_quantile(double p, double freedom);
// I_x(a, b), for x in [0, 1] and positive a and b, by its continued fraction (Abramowitz and Stegun, 26.5.8).
double incomplete_beta(double a, double b, double x);

double mean_of(const std::vector<double>& values);       // NaN without values
double variance_of(const std::vector<double>& values);   // divided by n - 1; NaN with fewer than two values
double median(std::vector<double> values);               // the mean of two in the middle; 0 without values

struct Interval {
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();

    bool contains(double value) const { return low <= value && value <= high; }
};

// What is added, and how often: the errors of one net over its seeds, times `factor`.
struct Term {
    double factor = 1;
    std::vector<double> values;
};

struct Contrast {
    double effect = 0;
    double standard_error = std::numeric_limits<double>::quiet_NaN();
    double freedom = std::numeric_limits<double>::quiet_NaN();
    Interval interval;                                   // of 95 %; without bounds where a net has one seed only
};
Contrast contrast(const std::vector<Term>& terms);

}  // namespace deepen
