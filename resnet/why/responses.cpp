// How much do the layers of a net respond?  See responses.h.
#include "resnet/why/responses.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/autograd.h"
#include "engine/error.h"
#include "resnet/data/loader.h"
#include "resnet/report/statistics.h"
#include "resnet/why/moments.h"

namespace deepen {

// --- measuring ------------------------------------------------------------------------------------------

std::vector<Response> responses(Module& net, const PictureSet& pictures, const Preprocessing& preprocessing) {
    std::vector<Response> layers;
    std::map<std::string, RunningVariance> moments;
    bool after_3x3 = false;
    const ForwardWatch watch([&](Module& module, const Tensor&, const Tensor& y) {
        if (const auto* convolution = dynamic_cast<Conv2d*>(&module)) after_3x3 = convolution->options().kernel == 3;
        else if (!dynamic_cast<BatchNorm2d*>(&module)) after_3x3 = false;  // a block's end: the next norm is of its sum
        if (!dynamic_cast<BatchNorm2d*>(&module) || !after_3x3) return;
        if (moments.find(module.name()) == moments.end()) layers.push_back({module.name()});
        moments[module.name()].add(y.data());
    });
    const NoGrad no_grad;
    const EvaluationMode evaluation(net);
    Loader loader(pictures, preprocessing, {.batch = 100});
    loader.start(0);
    for (Batch batch; loader.next(batch);) net(batch.x);
    for (Response& layer : layers) layer.deviation = std::sqrt(moments[layer.layer].variance());
    return layers;
}

// --- comparing ------------------------------------------------------------------------------------------

double share_smaller(const std::vector<double>& a, const std::vector<double>& b) {
    double smaller = 0;
    for (const double x : a)
        for (const double y : b) smaller += x < y ? 1 : x == y ? 0.5 : 0;
    return smaller / static_cast<double>(a.size() * b.size());
}

namespace {

// By so much the share may differ from 1/2 by chance, at 95 %.
double by_chance(const std::vector<double>& a, const std::vector<double>& b) {
    const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
    return 1.96 * std::sqrt((n + m + 1) / (12 * n * m));
}

}  // namespace

Outcome generally_smaller(const std::vector<double>& a, const std::vector<double>& b) {
    if (a.empty() || b.empty()) return Outcome::untested;
    const double beyond = share_smaller(a, b) - 0.5, chance = by_chance(a, b);
    return beyond > chance ? Outcome::holds : beyond < -chance ? Outcome::fails : Outcome::unclear;
}

// --- the study ------------------------------------------------------------------------------------------

namespace {

// A kind and depth: its layers' responses, averaged over seeds.
struct Profile {
    std::string name, kind;
    int depth = 0;
    std::vector<double> deviations;
};

// "in 78 % of all pairs of a layer each, resnet-56's responds less than plain-56's (by chance 39 to 61 %) ..."
std::string comparison(const Profile& a, const Profile& b) {
    const double chance = 100 * by_chance(a.deviations, b.deviations);
    return text(format("in %.0f %% of all pairs of a layer each, ", 100 * share_smaller(a.deviations, b.deviations)),
                a.name, "'s responds less than ", b.name,
                format("'s (by chance %.0f to %.0f %%); medians %.2f and %.2f", 50 - chance, 50 + chance,
                       median(a.deviations), median(b.deviations)));
}

// Of several comparisons: one outcome if all agree.
Claim claim_of(const std::string& statement, const std::vector<std::pair<const Profile*, const Profile*>>& pairs,
               const std::string& untested) {
    Claim claim{statement, Outcome::untested, untested};
    if (pairs.empty()) return claim;
    claim.finding.clear();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Outcome outcome = generally_smaller(pairs[i].first->deviations, pairs[i].second->deviations);
        claim.outcome = i == 0 || claim.outcome == outcome ? outcome : Outcome::unclear;
        claim.finding += text(i == 0 ? "" : "; ", comparison(*pairs[i].first, *pairs[i].second));
    }
    claim.finding += ".";
    return claim;
}

Plot plot_of(const std::vector<Profile>& profiles, bool sorted) {
    Plot plot{.title = sorted ? "sorted by size" : "in the order of layers",
              .x = sorted ? "layers, the largest first" : "layer, from the input",
              .y = "standard deviation",
              .log_y = true,
              .series = {}};
    std::map<std::string, std::size_t> deeper;  // of each kind, how many are still to come
    for (const Profile& profile : profiles) ++deeper[profile.kind];
    for (const Profile& profile : profiles) {
        Series series{profile.name, colour_of(profile.kind, --deeper[profile.kind]), Series::Look::line_and_points, {}};
        std::vector<double> values = profile.deviations;
        if (sorted) std::sort(values.begin(), values.end(), std::greater());
        for (std::size_t i = 0; i < values.size(); ++i) series.points.emplace_back(i + 1, values[i]);
        plot.series.push_back(std::move(series));
    }
    return plot;
}

const Profile* find(const std::vector<Profile>& profiles, const std::string& kind, int depth) {
    for (const Profile& profile : profiles)
        if (profile.kind == kind && profile.depth == depth) return &profile;
    return nullptr;
}

constexpr const char* source =
    "<p><a href=\"https://arxiv.org/abs/1512.03385\">He et al. 2015</a>, section 4.2 and Figure 7: a residual block "
    "has only a small change to make to its input, so its layers should respond less than those of a plain net, and "
    "the "
    "less the more of them there are.</p>\n";

constexpr const char* limits =
    "<p>That layers respond less does not say that nets train better for it: the paper calls it support for its "
    "motivation.  The scale of batch norm is learned, and weight decay shrinks it everywhere; a small response may be "
    "a layer that is hardly used.  The share of pairs treats layers of one net as if they were independent.</p>\n";

constexpr const char* further =
    "<p>Veit et al. 2016 take blocks out (<a href=\"lesion.html\">lesion</a>).  Hardt and Ma 2017 (<a "
    "href=\"https://arxiv.org/abs/1611.04231\">arXiv:1611.04231</a>) show for linear residual nets that the solution "
    "nearest to zero has layers whose norm falls with depth as 1/L.</p>\n";

}  // namespace

Study responses_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures,
                      const std::function<void()>& measured) {
    Study study{.name = "responses",
                .title = "Do residual nets respond less?",
                .source = source,
                .method = "",
                .caption =
                    "The standard deviation of each 3x3 layer's output after batch norm, before relu and "
                    "addition: left from the input to the output, right sorted, as in the paper's Figure 7.  "
                    "Means over seeds.",
                .limits = limits,
                .further = further,
                .claims = {},
                .plots = {},
                .csv = "kind,depth,seed,layer,name,standard_deviation\n"};
    std::vector<Profile> profiles;
    for (const TrainedNet& net : nets) {
        const std::vector<Response> layers = responses(*net.net, pictures, net.preprocessing);
        if (profiles.empty() || profiles.back().name != net.name())
            profiles.push_back({net.name(), net.kind, net.depth, std::vector<double>(layers.size(), 0)});
        const auto seeds = static_cast<double>(nets_of(nets, net.kind, net.depth).size());
        for (std::size_t i = 0; i < layers.size(); ++i) {
            profiles.back().deviations[i] += layers[i].deviation / seeds;
            study.csv += text(net.kind, ",", net.depth, ",", net.seed, ",", i + 1, ",", layers[i].layer, ",",
                              format("%.6g", layers[i].deviation), "\n");
        }
        measured();
    }
    std::vector<std::pair<const Profile*, const Profile*>> twins, deeper;
    for (int depth : twin_depths(nets))
        twins.emplace_back(find(profiles, "residual", depth), find(profiles, "plain", depth));
    const std::vector<int> depths = depths_of(nets, "residual");
    for (std::size_t i = 1; i < depths.size(); ++i)
        deeper.emplace_back(find(profiles, "residual", depths[i]), find(profiles, "residual", depths[i - 1]));
    study.claims = {claim_of("residual nets have generally smaller responses than their plain counterparts", twins,
                             "this needs a plain and a residual net of one depth."),
                    claim_of("the deeper the residual net, the smaller the responses of its layers", deeper,
                             "this needs residual nets of two depths.")};
    study.plots = {plot_of(profiles, false), plot_of(profiles, true)};
    study.method = text("<p>Evaluation mode, ", pictures.count(), " pictures of the test set, the deviation over ",
                        "pictures, places and channels.  Nets of different depths have no layers in common, so all ",
                        "pairs of a layer each are compared (Mann and Whitney 1947); a claim holds where the share of ",
                        "pairs differs from one half by more than 1.96 of its standard deviations by chance, for ",
                        "every comparison.</p>\n");
    return study;
}

}  // namespace deepen
