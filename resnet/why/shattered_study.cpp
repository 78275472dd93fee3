// What does the page about gradients at different inputs say?  See shattered.h.
#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "resnet/report/statistics.h"
#include "resnet/why/shattered.h"

namespace deepen {
namespace {

constexpr const char* source =
    "<p><a href=\"https://arxiv.org/abs/1702.08591\">Balduzzi et al. 2017</a>: in a deep plain net with batch norm the "
    "gradients at two inputs have nothing in common, even if the inputs are close to each other: they are "
    "<em>shattered</em>, like white noise.  What they have in common halves with each layer, 2<sup>&minus;L</sup>.  In "
    "residual nets with batch norm it falls as L<sup>&minus;1/2</sup> only.</p>\n";

constexpr const char* limits =
    "<p>These nets are untrained, and the first steps change gradients more than depth does (<code>signal</code>).  "
    "That "
    "shattered gradients are why deep plain nets end worse is the authors' reading; a correlation at the start does "
    "not "
    "show it.  The theorem is about dense layers; here are convolutions, a pooling and one output.  Its residual "
    "blocks "
    "have no relu after the addition, as those with pre-activation; each such relu costs what it masks.</p>\n";

constexpr const char* further =
    "<p>The remedy that the authors propose is a start at which the plain net is linear (\"looks linear\").  He et al. "
    "2016 (<a href=\"https://arxiv.org/abs/1603.05027\">arXiv:1603.05027</a>) clear the shortcut of its relu: "
    "<code>resnet/preactivation.h</code>.</p>\n";

std::string name_of(const std::string& kind, int layers) { return text(kind, ", ", layers); }

double place_on(std::size_t point, std::size_t points) {
    return static_cast<double>(point) / static_cast<double>(points - 1);
}

// Those of one kind and depth.
std::vector<const Shattering*> of(const std::vector<Shattering>& all, const std::string& kind, int layers) {
    std::vector<const Shattering*> found;
    for (const Shattering& s : all)
        if (s.kind == kind && s.layers == layers) found.push_back(&s);
    return found;
}

// Scaled to a largest value of 1, and one above the other.
Plot components(const std::vector<Shattering>& all, const ShatteredOptions& options) {
    Plot plot{.title = "gradient with respect to one pixel",
              .x = "from one picture to the other",
              .y = "each scaled to its largest",
              .bottom = -1.1,
              .top = 5.4,
              .series = {}};
    const int deep = 1 + 2 * options.along.back();
    double height = 4;
    for (const char* kind : {"plain", "preactivation", "residual"}) {
        const Shattering& s = *of(all, kind, deep).front();
        double largest = 0;
        for (double c : s.component) largest = std::max(largest, std::abs(c));
        Series series{name_of(kind, deep), colour_of(kind, 0), Series::Look::line, {}};
        for (std::size_t i = 0; i < s.component.size(); ++i)
            series.points.emplace_back(place_on(i, s.component.size()), height + s.component[i] / largest);
        plot.series.push_back(std::move(series));
        height -= 2;
    }
    return plot;
}

Plot along_line(const std::vector<Shattering>& all, const ShatteredOptions& options) {
    Plot plot{.title = "along the line",
              .x = "distance of two inputs",
              .y = "correlation",
              .bottom = -0.1,
              .top = 1,
              .series = {}};
    for (const char* kind : {"plain", "residual"})
        for (std::size_t k = 0; k < options.along.size(); ++k) {
            const int layers = 1 + 2 * options.along[k];
            const auto found = of(all, kind, layers);
            Series series{name_of(kind, layers), colour_of(kind, options.along.size() - 1 - k), Series::Look::line, {}};
            for (std::size_t lag = 0; lag < found.front()->along.size(); ++lag) {
                double sum = 0;
                for (const Shattering* s : found) sum += s->along.empty() ? 0 : s->along[lag];
                series.points.emplace_back(place_on(lag, static_cast<std::size_t>(options.line)),
                                           sum / static_cast<double>(options.along_seeds));
            }
            plot.series.push_back(std::move(series));
        }
    return plot;
}

Plot by_depth(const std::vector<Shattering>& all, const ShatteredOptions& options) {
    Plot plot{.title = "of different pictures",
              .x = "layers",
              .y = "correlation",
              .log_y = true,
              .bottom = threshold::noise_floor / 5,
              .top = 1,
              .series = {}};
    Series halves{"2^{-L}", "#444444", Series::Look::dashed, {}}, root{"L^{-1/2}", "#999999", Series::Look::dashed, {}};
    Series zero{"noise floor", "#bbbbbb", Series::Look::line, {}};
    for (int blocks : options.blocks) {
        const int layers = 1 + 2 * blocks;
        halves.points.emplace_back(layers, std::pow(2, -layers));
        root.points.emplace_back(layers, std::pow(layers, -0.5));
        zero.points.emplace_back(layers, threshold::noise_floor);
    }
    std::erase_if(halves.points, [&](const auto& p) { return p.second < plot.bottom; });
    plot.series = {halves, root, zero};
    for (const char* kind : shattered_kinds) {
        Series series{kind, colour_of(kind, 0), Series::Look::line_and_points, {}};
        for (int blocks : options.blocks) {
            double sum = 0;
            const auto found = of(all, kind, 1 + 2 * blocks);
            for (const Shattering* s : found) sum += s->correlation / static_cast<double>(found.size());
            if (sum > plot.bottom) series.points.emplace_back(1 + 2 * blocks, sum);
        }
        plot.series.push_back(std::move(series));
    }
    return plot;
}

std::string rows_of(const Shattering& s, Index line) {
    const std::string net = text(s.kind, ",", s.layers, ",", s.seed, ",");
    std::string rows = text(net, "of_different_pictures,,", format("%.6g\n", s.correlation));
    for (std::size_t lag = 0; lag < s.along.size(); ++lag)
        rows += text(net, "at_a_distance,",
                     format("%.4f,%.6g\n", place_on(lag, static_cast<std::size_t>(line)), s.along[lag]));
    return rows;
}

}  // namespace

Study shattered_study(const ShatteredOptions& options, const PictureSet& pictures, Notebook& notebook,
                      const std::function<void()>& measured) {
    const std::vector<Shattering> all = measure_shattering(options, pictures, notebook, measured);
    Study study{
        .name = "shattered",
        .title = "Do gradients at different inputs agree?",
        .source = source,
        .method = text(
            "<p>Chains of 3x3 convolutions of ", options.width, " channels, untrained, ", options.seeds.size(),
            " seeds: plain, residual, and residual with pre-activation.  The gradient of the output by the ",
            "input, at ", options.pictures, " pictures and at ", options.line, " points on the line between ",
            "two of them.  Batch norm is fixed to what it does to these pictures, so that no input has a ",
            "part in another's gradient.  The correlation of two gradients is the cosine of the angle between ",
            "them; its fall with depth is fitted in the logarithm as far as it is above ", threshold::noise_floor,
            ", below which ", options.pictures, " pictures do not tell it from ", "zero.</p>\n"),
        .caption =
            "Left, the gradient with respect to one pixel on the way from one picture to another, of three nets of the "
            "same depth, one above the other.  Middle, the correlation of gradients by the distance of their inputs; "
            "the two pictures are at distance 1.  Right, that of different pictures, by depth.  Means over seeds; "
            "dashed is theory.",
        .limits = limits,
        .further = further,
        .claims = judge_shattering(all),
        .plots = {components(all, options), along_line(all, options), by_depth(all, options)},
        .csv = "kind,layers,seed,what,distance,correlation\n"};
    for (const Shattering& s : all) study.csv += rows_of(s, options.line);
    return study;
}

}  // namespace deepen
