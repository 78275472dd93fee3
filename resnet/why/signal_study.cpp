// What does the page about signals say?  See signal.h.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"
#include "resnet/report/runs.h"
#include "resnet/why/signal.h"

namespace deepen {
namespace {

constexpr const char* source =
    "<p><a href=\"https://arxiv.org/abs/1902.08129\">Yang et al. 2019</a>: batch norm makes the gradient of a deep "
    "plain net explode at the start, by &radic;(&pi;/(&pi;&minus;1)) = 1.211 a layer where relu follows.  In a "
    "residual net "
    "it grows as a power of depth.  <a href=\"https://arxiv.org/abs/1512.03385\">He et al. 2015</a>, section 4.1, "
    "found the gradients of their plain nets healthy, in training.</p>\n";

constexpr const char* limits =
    "<p>That an exploding gradient at the start is why deep plain nets train badly: the explosion is gone after a few "
    "steps, and the nets still end worse.  Nor that it is not: the first steps may leave a net where it learns slowly "
    "ever after.  A fixed batch of pictures and the first hundred steps are all that was looked at.</p>\n";

constexpr const char* further =
    "<p>Balduzzi et al. 2017 (<a href=\"https://arxiv.org/abs/1702.08591\">arXiv:1702.08591</a>) look at what "
    "gradients are like instead of how large they are.  De and Smith 2020 (<a "
    "href=\"https://arxiv.org/abs/2002.10444\">arXiv:2002.10444</a>) show that batch norm makes residual branches "
    "small at the start.  Lesson 4 (<code>build/lesson4_residual_block</code>) measures the gradient in a chain of "
    "blocks.</p>\n";

// Several seeds' passages, as lines: means of the logarithms.
std::vector<double> mean_curve(const std::vector<const Passage*>& passages, std::vector<double> Passage::*what) {
    std::vector<double> curve((passages.front()->*what).size(), 0);
    for (const Passage* p : passages)
        for (std::size_t i = 0; i < curve.size(); ++i)
            curve[i] += std::log10((p->*what)[i]) / static_cast<double>(passages.size());
    return curve;
}

// In a residual net the two layers of a block differ by a factor, which would be a zigzag: every second one is enough.
std::vector<std::pair<double, double>> points(const std::vector<double>& curve, std::size_t step = 1) {
    std::vector<std::pair<double, double>> all;
    for (std::size_t i = 0; i < curve.size(); i += step) all.emplace_back(i + 1, curve[i]);
    return all;
}

std::size_t step_of(const std::string& kind) { return kind == "plain" ? 1 : 2; }

Plot gradients(const std::vector<Passage>& all, const SignalOptions& options, const std::string& kind) {
    Plot plot{.title = text(kind, ", at the start"),
              .x = "layer, from the input",
              .y = "log10 of the gradient's norm",
              .series = {}};
    const double theory = -0.5 * std::log10(std::numbers::pi / (std::numbers::pi - 1));
    std::vector<int> depths;
    for (int depth : options.depths)
        if (!passages_of(all, kind, depth, true, 0).empty()) depths.push_back(depth);
    for (std::size_t i = 0; i < depths.size(); ++i) {
        const std::vector<double> curve = mean_curve(passages_of(all, kind, depths[i], true, 0), &Passage::gradients);
        plot.series.push_back({net_name(kind, depths[i]), colour_of(kind, depths.size() - 1 - i), Series::Look::line,
                               points(curve, step_of(kind))});
        if (kind != "plain" || i + 1 < depths.size()) continue;
        const double last = static_cast<double>(curve.size()), grown = curve.back() - theory * (last - 1);
        plot.series.push_back(
            {"theory: 1.211 a layer", "#444444", Series::Look::dashed, {{1, grown}, {last, curve.back()}}});
    }
    return plot;
}

Plot variances(const std::vector<Passage>& all, const SignalOptions& options) {
    Plot plot{.title = "forward, residual", .x = "block, from the input", .y = "log10 of the variance", .series = {}};
    const int depth = *std::find_if(options.depths.begin(), options.depths.end(),
                                    [&](int d) { return d >= 110 || d == options.depths.back(); });
    for (bool norm : {false, true}) {
        const std::vector<double> curve = mean_curve(passages_of(all, "residual", depth, norm, 0), &Passage::variances);
        plot.series.push_back({text(net_name("residual", depth), norm ? "" : ", no batch norm"),
                               colour_of("residual", norm ? 0 : 2), Series::Look::line, points(curve)});
        if (norm) continue;
        const double last = static_cast<double>(curve.size()), grown = curve.front() + std::log10(2) * (last - 1);
        plot.series.push_back(
            {"theory: doubles", "#444444", Series::Look::dashed, {{1, curve.front()}, {last, grown}}});
    }
    return plot;
}

Plot trained(const std::vector<Passage>& all, const SignalOptions& options) {
    const int depth = options.trained_depth;
    Plot plot{.title = text("after some steps, depth ", depth),
              .x = "layer, from the input",
              .y = "log10 of the gradient's norm",
              .series = {}};
    for (const char* kind : {"plain", "residual"}) {
        std::size_t place = options.steps.size();
        for (Index steps : options.steps) {
            const auto found = passages_of(all, kind, depth, true, steps);
            if (!found.empty())
                plot.series.push_back({text(net_name(kind, depth), ", ", steps), colour_of(kind, --place),
                                       Series::Look::line,
                                       points(mean_curve(found, &Passage::gradients), step_of(kind))});
        }
    }
    return plot;
}

std::string rows_of(const Passage& p) {
    std::string rows;
    const std::string net = text(p.kind, ",", p.depth, ",", p.seed, ",", p.norm ? "yes" : "no", ",", p.steps, ",");
    for (std::size_t i = 0; i < p.gradients.size(); ++i)
        rows += text(net, "gradient_norm_of_layer,", i + 1, ",", format("%.6g", p.gradients[i]), "\n");
    for (std::size_t i = 0; i < p.variances.size(); ++i)
        rows += text(net, "variance_of_block,", i + 1, ",", format("%.6g", p.variances[i]), "\n");
    return rows;
}

}  // namespace

Study signal_study(const SignalOptions& options, const PictureSet& pictures, Notebook& notebook,
                   const std::function<void()>& measured) {
    const std::vector<Passage> all = measure_signals(options, pictures, notebook, measured);
    const std::string steps = listed({options.steps.begin(), options.steps.end()}, "%.0f");
    Study study{
        .name = "signal",
        .title = "What becomes of signals and gradients?",
        .source = source,
        .method = text("<p>Nets of He et al.'s family with He's first weights, ", options.seeds.size(),
                       " seeds, one batch of ", options.batch, " pictures, the gradient of the loss at the ",
                       "output of each convolution.  Its growth a layer is fitted by least squares over all ",
                       "layers.  Without batch norm means in evaluation mode, where at the start batch norm ",
                       "changes nothing.  Then ", steps, " steps of training with the paper's ",
                       "rate of 0.1, and the same batch again.</p>\n"),
        .caption =
            "The norm of the gradient at each convolution's output (residual nets: at every second), at the start; "
            "the variance of each block's output; the gradient after some steps of training.  Means of "
            "the logarithms over seeds; dashed is theory.",
        .limits = limits,
        .further = further,
        .claims = judge_signals(all),
        .plots = {gradients(all, options, "plain"), gradients(all, options, "residual"), variances(all, options),
                  trained(all, options)},
        .csv = "kind,depth,seed,batch_norm,steps,what,place,number\n"};
    for (const Passage& p : all) study.csv += rows_of(p);
    return study;
}

}  // namespace deepen
