// What becomes of a signal in an untrained net, and of its gradient on the way back?  See signal.h.
#include "resnet/why/signal.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

#include "engine/autograd.h"
#include "engine/error.h"
#include "layers/sgd.h"
#include "resnet/cifar.h"
#include "resnet/data/loader.h"
#include "resnet/report/progress.h"
#include "resnet/report/statistics.h"

namespace deepen {

// --- measuring ------------------------------------------------------------------------------------------

namespace {

std::unique_ptr<CifarNet> net_of(const SignalOptions& options, const std::string& kind, int depth, std::uint64_t seed) {
    auto net = cifar_resnet(
        {.depth = depth, .shortcut = kind == "plain" ? Shortcut::none : Shortcut::A, .width = options.width});
    initialise(*net, seed);
    return net;
}

Tensor loss_of(CifarNet& net, const Batch& batch) { return cross_entropy(net(batch.x), batch.labels); }

// The gradients of all convolutions, then the variances of all blocks.
std::vector<double> signals_in(CifarNet& net, const Batch& batch) {
    const SignalWatch watch;
    loss_of(net, batch).backward();
    std::vector<double> all;
    for (const LayerSignal& layer : watch.layers()) all.push_back(layer.gradient);
    for (const BlockSignal& block : watch.blocks()) all.push_back(block.variance);
    return all;
}

// One step of SGD on each batch, with the paper's rate, momentum and decay.
class Steps {
public:
    Steps(CifarNet& net, const PictureSet& pictures, const Preprocessing& preprocessing, Index batch,
          std::uint64_t seed)
        : net_(net),
          sgd_(named_parameters(net), {}),
          loader_(pictures, preprocessing, {.batch = batch, .shuffle = true, .drop_last = true, .seed = seed}) {
        loader_.start(1);
    }
    void take() {
        Batch batch;
        while (!loader_.next(batch)) loader_.start(++epoch_);
        sgd_.zero_grad();
        loss_of(net_, batch).backward();
        sgd_.step();
        sgd_.zero_grad();
    }

private:
    CifarNet& net_;
    Sgd sgd_;
    Loader loader_;
    Index epoch_ = 1;
};

constexpr const char* kinds[] = {"plain", "residual"};

// What is looked at before training.
struct Untrained {
    const char* kind;
    bool norm, explodes;
};
constexpr Untrained untrained[] = {{"residual", true, false}, {"plain", true, true}, {"residual", false, true}};

}  // namespace

Index signal_measurements(const SignalOptions& options) {
    const auto exploding = std::count_if(options.depths.begin(), options.depths.end(),
                                         [&](int depth) { return depth <= options.deepest_that_explodes; });
    return std::ssize(options.seeds) * (std::ssize(options.depths) + 2 * exploding + 2 * std::ssize(options.steps));
}

// Layers cost alike in all nets, forward and backward, before training and in a step of it.
double signal_seconds(const SignalOptions& options) {
    double layers = 0;
    for (int depth : options.depths)
        for (const Untrained& u : untrained)
            if (!u.explodes || depth <= options.deepest_that_explodes) layers += depth;
    layers += 2.0 * options.trained_depth * static_cast<double>(options.steps.back() + std::ssize(options.steps));
    constexpr int timed = 20;
    const auto net = net_of(options, "residual", timed, 1);
    const Batch batch{.x = Tensor::zeros({options.batch, 32, 32, 3}), .labels = std::vector<int>(options.batch, 0)};
    signals_in(*net, batch);                             // not counted
    const double began = steady_seconds();
    signals_in(*net, batch);
    return (steady_seconds() - began) / timed * layers * static_cast<double>(options.seeds.size());
}

std::vector<Passage> measure_signals(const SignalOptions& options, const PictureSet& pictures, Notebook& notebook,
                                     const std::function<void()>& measured) {
    const Preprocessing preprocessing = Preprocessing::per_channel(pictures);
    Loader loader(pictures, preprocessing, {.batch = options.batch});
    loader.start(0);
    Batch batch;  // that everything is measured on
    require(loader.next(batch) && std::ssize(batch.labels) == options.batch, "signals need ", options.batch,
            " pictures, and there are ", pictures.count(), ".");
    std::vector<Passage> all;
    const std::string same = text("batch ", options.batch, " width ", options.width, ": ");
    const auto note = [&](Passage p, const std::function<CifarNet&()>& net) {
        const std::vector<double> found = notebook.numbers(same + p.what(), [&] { return signals_in(net(), batch); });
        const auto variances = found.begin() + (p.depth - 1);  // one layer of 6n+2 is linear, all others convolve
        p.gradients = {found.begin(), variances}, p.variances = {variances, found.end()};
        all.push_back(std::move(p));
        measured();
    };
    for (std::uint64_t seed : options.seeds) {
        for (int depth : options.depths)
            for (const Untrained& u : untrained) {
                if (u.explodes && depth > options.deepest_that_explodes) continue;
                std::unique_ptr<CifarNet> net;
                note({.kind = u.kind, .depth = depth, .seed = seed, .norm = u.norm}, [&]() -> CifarNet& {
                    net = net_of(options, u.kind, depth, seed);
                    net->train(u.norm);
                    return *net;
                });
            }
        for (const char* kind : kinds) {
            std::unique_ptr<CifarNet> net;
            std::optional<Steps> steps;
            Index taken = 0;
            for (Index goal : options.steps)
                note({.kind = kind, .depth = options.trained_depth, .seed = seed, .steps = goal}, [&]() -> CifarNet& {
                    if (!net) {
                        net = net_of(options, kind, options.trained_depth, seed);
                        steps.emplace(*net, pictures, preprocessing, options.batch, seed);
                    }
                    for (; taken < goal; ++taken) steps->take();
                    return *net;
                });
        }
    }
    return all;
}

// --- judging --------------------------------------------------------------------------------------------

double slope_of_logarithm(const std::vector<double>& y) {
    const double n = static_cast<double>(y.size()), middle = (n - 1) / 2;
    double above = 0, below = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double x = static_cast<double>(i) - middle;
        above += x * std::log10(y[i]), below += x * x;
    }
    return above / below;
}

std::string Passage::what() const {
    return text(kind, "-", depth, norm ? "" : " without batch norm", "; seed ", seed, "; after ", steps, " steps");
}

double Passage::growth() const { return std::pow(10, -slope_of_logarithm(gradients)); }

double Passage::orders() const {
    const auto [low, high] = std::minmax_element(gradients.begin(), gradients.end());
    return std::log10(*high / *low);
}

std::vector<const Passage*> passages_of(const std::vector<Passage>& all, const std::string& kind, int depth, bool norm,
                                        Index steps) {
    std::vector<const Passage*> found;
    for (const Passage& p : all)
        if (p.kind == kind && p.depth == depth && p.norm == norm && p.steps == steps) found.push_back(&p);
    return found;
}

namespace {

// The deepest or the shallowest net of a kind, before training.
int depth_of(const std::vector<Passage>& all, const std::string& kind, bool deepest, bool norm = true) {
    int depth = 0;
    for (const Passage& p : all)
        if (p.steps == 0 && p.kind == kind && p.norm == norm)
            depth = depth == 0 ? p.depth : deepest ? std::max(depth, p.depth) : std::min(depth, p.depth);
    return depth;
}

Claim explosion(const std::vector<Passage>& all) {
    const int depth = depth_of(all, "plain", true);
    const std::vector<double> growth = each(passages_of(all, "plain", depth), &Passage::growth);
    return {"at the start, the gradient of a plain net with batch norm explodes towards the input as theory says",
            between(growth, threshold::least_growth, threshold::most_growth),
            text("in plain-", depth, " its norm grows by a factor of ", in_words(growth, "%.3f"), " a layer; theory: ",
                 format("%.3f in wide layers, %.2f to 1.20 in narrow ones.",
                        std::sqrt(std::numbers::pi / (std::numbers::pi - 1)), 1.17))};
}

Claim no_exponential(const std::vector<Passage>& all) {
    Claim claim{"that of a residual net grows as a power of depth only", Outcome::untested,
                "this needs nets of two depths."};
    // The logarithm of the growth through a whole net, and how it grows with depth: to the power of 1, an exponential.
    struct Course {
        int shallow, deep;
        double first, last, exponent;
    };
    const auto course = [&](const char* kind) {
        const auto orders = [&](int depth) {
            return mean_of(each(passages_of(all, kind, depth), [](const Passage* p) {
                return std::log10(p->growth()) * static_cast<double>(p->depth);
            }));
        };
        Course c{depth_of(all, kind, false), depth_of(all, kind, true), 0, 0, 0};
        if (c.shallow == c.deep) return c;
        c.first = orders(c.shallow), c.last = orders(c.deep);
        // A gradient that does not grow at all grows by no exponential.
        if (c.first > 0 && c.last > 0)
            c.exponent = std::log(c.last / c.first) / std::log(static_cast<double>(c.deep) / c.shallow);
        return c;
    };
    const Course residual = course("residual"), plain = course("plain");
    if (residual.shallow == residual.deep) return claim;
    claim.outcome = residual.exponent < threshold::power_of_depth ? Outcome::holds
                    : residual.exponent > threshold::proportional ? Outcome::fails
                                                                  : Outcome::unclear;
    const auto told = [](const char* kind, const Course& c) {
        return text("from ", kind, "-", c.shallow, " to ", kind, "-", c.deep,
                    format(" from a factor of %.3g to %.3g", std::pow(10, c.first), std::pow(10, c.last)));
    };
    claim.finding = text("the gradient's growth through the whole net goes ", told("resnet", residual), ", ",
                         told("plain", plain), ".  Its logarithm grows as depth to the power of ",
                         format("%.2f, in plain nets %.2f (an exponential: 1; threshold: %g).", residual.exponent,
                                plain.exponent, threshold::power_of_depth));
    return claim;
}

// The factor from block to block, over the deeper half of a net's blocks.
double factor_a_block(const Passage* p) {
    return std::pow(10, slope_of_logarithm({p->variances.begin() + std::ssize(p->variances) / 2, p->variances.end()}));
}

Claim doubling(const std::vector<Passage>& all) {
    const int depth = depth_of(all, "residual", true, false);
    const std::vector<double> without = each(passages_of(all, "residual", depth, false), factor_a_block);
    const std::vector<double> with = each(passages_of(all, "residual", depth), factor_a_block);
    Claim claim{"the variance of a residual net doubles from block to block without batch norm, and does not with it",
                Outcome::untested, "there is no residual net."};
    if (with.empty() || without.empty()) return claim;
    const Outcome doubles = between(without, threshold::doubling - threshold::doubling_within,
                                    threshold::doubling + threshold::doubling_within);
    const Outcome tame = below(with, threshold::no_factor, 0);
    claim.outcome = all_of(doubles, tame);
    claim.finding = text("in resnet-", depth, " it grows by a factor of ", in_words(without, "%.3f"),
                         " a block without batch norm, and of ", in_words(with, "%.3f"), " with it.");
    return claim;
}

Claim healthy(const std::vector<Passage>& all) {
    Claim claim{"in training, the gradients of a plain net are healthy: their range at the start is gone",
                Outcome::untested, "no net was trained."};
    std::vector<const Passage*> trained;
    for (const Passage& p : all)
        if (p.kind == "plain" && p.steps > 0) trained.push_back(&p);
    if (trained.empty()) return claim;
    const int depth = trained.front()->depth;
    const std::vector<const Passage*> starts = passages_of(all, "plain", depth);
    // By steps: orders of magnitude, as shares of those at the start; growth a layer.
    std::map<Index, std::vector<double>> left, growth;
    for (const Passage* p : trained)
        for (const Passage* start : starts)
            if (start->seed == p->seed) {
                left[p->steps].push_back(p->orders() / start->orders());
                growth[p->steps].push_back(p->growth());
            }
    if (left.empty()) return claim;
    std::string course;
    for (const auto& [steps, shares] : left)
        course += text(course.empty() ? "" : ", ", format("%.0f %% after ", 100 * mean_of(shares)), steps,
                       steps == 1 ? " step" : " steps");
    claim.outcome = below(left.rbegin()->second, threshold::range_left, 0);
    claim.finding = text("at the start, plain-", depth, "'s largest gradient is ",
                         format("%.1f orders of magnitude above its smallest; left of these are ",
                                mean_of(each(starts, &Passage::orders))),
                         course, format(" (threshold: %.0f %%).  ", 100 * threshold::range_left),
                         format("The growth towards the input, %.3f a layer at the start, is then ",
                                mean_of(each(starts, &Passage::growth))),
                         format("%.3f: above 1 it explodes, below it vanishes.", mean_of(growth.rbegin()->second)));
    return claim;
}

}  // namespace

std::vector<Claim> judge_signals(const std::vector<Passage>& passages) {
    return {explosion(passages), no_exponential(passages), doubling(passages), healthy(passages)};
}

}  // namespace deepen
