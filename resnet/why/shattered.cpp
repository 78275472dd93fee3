// What are gradients like, rather than how large?  See shattered.h.
#include "resnet/why/shattered.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "resnet/report/progress.h"
#include "resnet/report/statistics.h"

namespace deepen {

// --- nets and their gradients ---------------------------------------------------------------------------

Chain::Chain(const std::string& kind, int blocks, Index width)
    : conv1({.in_channels = 3, .out_channels = width}), bn1(width), fc(width, 1), norm_first_(kind == "preactivation") {
    const BlockOptions o{
        .in_channels = width, .out_channels = width, .shortcut = kind == "plain" ? Shortcut::none : Shortcut::A};
    for (int i = 0; i < blocks; ++i) {
        if (norm_first_) body.add<PreactivationBlock>(o);
        else body.add<BasicBlock>(o);
    }
    name_parts();
}

Tensor Chain::forward(const Tensor& x) {
    const Tensor y = norm_first_ ? relu(bn1(body(conv1(x)))) : body(relu(bn1(conv1(x))));
    return fc(global_average_pool(y));
}

void Chain::visit(Visitor& v) {
    v.module("conv1", conv1);
    v.module("bn1", bn1);
    v.module("body", body);
    v.module("fc", fc);
}

void calibrate(Module& net, const Tensor& x) {
    for (const auto& [name, module] : named_modules(net))
        if (auto* norm = dynamic_cast<BatchNorm2d*>(module)) norm->momentum = 1;  // all of the new, nothing of the old
    const NoGrad no_grad;
    net.train();
    net(x).data();
}

Tensor input_gradients(Module& net, const Tensor& x) {
    const EvaluationMode evaluation(net);
    Tensor input = variable(x.detach());
    sum(net(input)).backward();  // the sum: each output depends on one input alone
    return input.grad();
}

double correlation(const Tensor& g, Index i, Index j) {
    const Index size = g.size() / g.shape()[0];
    const std::span<const Real> a =
        g.data().subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size));
    const std::span<const Real> b =
        g.data().subspan(static_cast<std::size_t>(j * size), static_cast<std::size_t>(size));
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        const double x = a[k], y = b[k];
        ab += x * y, aa += x * x, bb += y * y;
    }
    return ab / std::sqrt(aa * bb);
}

double mean_correlation(const Tensor& g) {
    double sum = 0, pairs = 0;
    for (Index i = 0; i < g.shape()[0]; ++i)
        for (Index j = i + 1; j < g.shape()[0]; ++j) sum += correlation(g, i, j), ++pairs;
    return sum / pairs;
}

double autocorrelation(const Tensor& g, Index lag) {
    double sum = 0, pairs = 0;
    for (Index i = 0; i + lag < g.shape()[0]; ++i) sum += correlation(g, i, i + lag), ++pairs;
    return sum / pairs;
}

// --- measuring ------------------------------------------------------------------------------------------

namespace {

// From the first picture of x to the second.
Tensor line_between(const Tensor& x, Index points) {
    const Index size = x.size() / x.shape()[0];
    Tensor line = Tensor::zeros({points, x.shape()[1], x.shape()[2], x.shape()[3]});
    const std::span<const Real> ends = x.data();
    const std::span<Real> out = line.data();
    for (Index p = 0; p < points; ++p) {
        const double t = static_cast<double>(p) / static_cast<double>(points - 1);
        for (Index k = 0; k < size; ++k)
            out[static_cast<std::size_t>(p * size + k)] = static_cast<Real>(
                (1 - t) * ends[static_cast<std::size_t>(k)] + t * ends[static_cast<std::size_t>(size + k)]);
    }
    return line;
}

// The correlation at x; on the line, if there is one, the autocorrelation by lag and the gradient by the middle pixel.
std::vector<double> shattering_of(Module& net, const Tensor& x, const Tensor& line) {
    std::vector<double> found{mean_correlation(input_gradients(net, x))};
    if (!line.defined()) return found;
    const Tensor g = input_gradients(net, line);
    const Index points = line.shape()[0], size = line.size() / points;
    for (Index lag = 0; lag < points / 2; ++lag) found.push_back(autocorrelation(g, lag));
    for (Index p = 0; p < points; ++p)
        found.push_back(std::as_const(g).data()[static_cast<std::size_t>(p * size + size / 2)]);
    return found;
}

}  // namespace

Index shattered_measurements(const ShatteredOptions& options) {
    return std::ssize(shattered_kinds) * std::ssize(options.blocks) * std::ssize(options.seeds);
}

// By the time that one chain takes: layers cost alike.
double shattered_seconds(const ShatteredOptions& options) {
    constexpr int blocks = 4;
    double pictures = 0;  // times the blocks that they go through
    for (int b : options.blocks) pictures += static_cast<double>(b * options.pictures * std::ssize(options.seeds));
    for (int b : options.along) pictures += static_cast<double>(b * options.line) * double(options.along_seeds);
    Chain net("residual", blocks, options.width);
    initialise(net, 1);
    const Tensor x = Tensor::zeros({options.pictures, 32, 32, 3});
    input_gradients(net, x);  // not counted
    const double began = steady_seconds();
    input_gradients(net, x);
    return (steady_seconds() - began) / static_cast<double>(blocks * options.pictures) * pictures *
           static_cast<double>(std::size(shattered_kinds));
}

std::vector<Shattering> measure_shattering(const ShatteredOptions& options, const PictureSet& pictures,
                                           Notebook& notebook, const std::function<void()>& measured) {
    Loader loader(pictures, Preprocessing::per_channel(pictures), {.batch = options.pictures});
    loader.start(0);
    Batch batch;
    require(loader.next(batch) && std::ssize(batch.labels) == options.pictures, "gradients of ", options.pictures,
            " pictures are compared, and there are ", pictures.count(), ".");
    const Tensor line = line_between(batch.x, options.line);
    const auto lags = static_cast<std::ptrdiff_t>(options.line / 2);
    std::vector<Shattering> all;
    for (std::uint64_t seed : options.seeds)
        for (int blocks : options.blocks)
            for (const char* kind : shattered_kinds) {
                const bool along = seed <= options.along_seeds &&
                                   std::find(options.along.begin(), options.along.end(), blocks) != options.along.end();
                const std::string what =
                    text(kind, " chain of ", blocks, " blocks of width ", options.width, "; seed ", seed, "; ",
                         options.pictures, " pictures", along ? text("; a line of ", options.line) : "");
                const std::vector<double> found = notebook.numbers(what, [&] {
                    Chain net(kind, blocks, options.width);
                    initialise(net, seed);
                    calibrate(net, batch.x);
                    return shattering_of(net, batch.x, along ? line : Tensor());
                });
                Shattering s{.kind = kind, .layers = 1 + 2 * blocks, .seed = seed, .correlation = found[0]};
                if (along) s.along.assign(found.begin() + 1, found.begin() + 1 + lags);
                if (along) s.component.assign(found.begin() + 1 + lags, found.end());
                all.push_back(std::move(s));
                measured();
            }
    return all;
}

// --- judging --------------------------------------------------------------------------------------------

namespace {

// The slope of y over x by least squares, and the squared error that is left.
struct Line {
    double slope = 0, error = 0;
};
Line fitted(const std::vector<double>& x, const std::vector<double>& y) {
    const double x_mean = mean_of(x), y_mean = mean_of(y);
    double xy = 0, xx = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        xy += (x[i] - x_mean) * (y[i] - y_mean), xx += (x[i] - x_mean) * (x[i] - x_mean);
    Line line{.slope = xy / xx};
    for (std::size_t i = 0; i < x.size(); ++i) line.error += std::pow(y[i] - y_mean - line.slope * (x[i] - x_mean), 2);
    return line;
}

// Of one kind, from each seed with at least so many depths in its fit.
std::vector<Decay> decays(const std::vector<Shattering>& found, const std::string& kind, std::size_t least) {
    std::map<std::uint64_t, std::vector<std::pair<int, double>>> by_seed;
    for (const Shattering& s : found)
        if (s.kind == kind) by_seed[s.seed].emplace_back(s.layers, s.correlation);
    std::vector<Decay> all;
    for (const auto& [seed, by_layers] : by_seed)
        if (const Decay d = decay(by_layers); d.depths >= least) all.push_back(d);
    return all;
}

}  // namespace

Decay decay(const std::vector<std::pair<int, double>>& correlation_by_layers) {
    std::vector<double> layers, logarithms, c;
    for (const auto& [l, correlation] : correlation_by_layers) {
        if (!(correlation > threshold::noise_floor)) break;
        layers.push_back(l), logarithms.push_back(std::log(l)), c.push_back(std::log(correlation));
    }
    Decay d{.depths = layers.size()};
    if (d.depths < 2) return d;
    const Line exponential = fitted(layers, c), power = fitted(logarithms, c);
    d.factor = std::exp(exponential.slope), d.exponent = power.slope;
    d.share = power.error / (power.error + exponential.error);
    return d;
}

std::vector<Claim> judge_shattering(const std::vector<Shattering>& found) {
    Claim halving{"in plain nets each layer halves the correlation of gradients", Outcome::untested,
                  "this needs plain nets of two depths whose correlation is told from zero."};
    Claim power{"in residual nets it falls as a power of depth, not exponentially", Outcome::untested,
                "this needs residual nets of both kinds and of three depths."};
    Claim root{"that power is -1/2", Outcome::untested, power.finding};
    const std::vector<Decay> plain = decays(found, "plain", 2), residual = decays(found, "residual", 3),
                             first = decays(found, "preactivation", 3);
    if (!plain.empty()) {
        const std::vector<double> factors = each(plain, &Decay::factor);
        halving.outcome = between(factors, threshold::least_halving, threshold::most_halving);
        halving.finding = text("by a factor of ", in_words(factors, "%.3f"),
                               " a layer; theory: 0.5 (thresholds: ", threshold::least_halving, " to ",
                               threshold::most_halving, ").");
    }
    if (residual.empty() || first.empty()) return {halving, power, root};
    const auto told = [](const std::vector<Decay>& a, const std::vector<Decay>& b, double Decay::*number) {
        return text(in_words(each(a, number), "%.2f"), " in residual nets, ", in_words(each(b, number), "%.2f"),
                    " with pre-activation");
    };
    const auto better = [](const std::vector<Decay>& d) {
        return below(each(d, &Decay::share), threshold::better_fit, 0);
    };
    power.outcome = all_of(better(residual), better(first));
    power.finding = text("of the squared errors of both fits, that of the power is a share of ",
                         told(residual, first, &Decay::share), format(" (threshold: %.2f).", threshold::better_fit));
    const auto is_root = [](const std::vector<Decay>& d) {
        return between(each(d, &Decay::exponent), threshold::least_exponent, threshold::most_exponent);
    };
    root.outcome = all_of(is_root(residual), is_root(first));
    root.finding = text("it is ", told(residual, first, &Decay::exponent), " (thresholds: ", threshold::least_exponent,
                        " to ", threshold::most_exponent, ").");
    return {halving, power, root};
}

}  // namespace deepen
