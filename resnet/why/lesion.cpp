// Can a net do without one of its blocks?  See lesion.h.
#include "resnet/why/lesion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "engine/error.h"
#include "engine/random.h"
#include "resnet/report/statistics.h"
#include "resnet/training/evaluation.h"
#include "resnet/why/operated.h"

namespace deepen {
namespace {

constexpr std::array<Index, 8> how_many{2, 3, 5, 8, 12, 17, 23, 30};  // blocks taken out, or exchanges
constexpr int draws = 3;

std::vector<Index> removable(const OperatedNet& net) {
    std::vector<Index> places;
    for (Index i = 0; i < net.blocks(); ++i)
        if (net.keeps_shape(i)) places.push_back(i);
    return places;
}

std::vector<std::pair<Index, Index>> pairs_to_exchange(const OperatedNet& net) {
    std::vector<std::pair<Index, Index>> pairs;
    for (Index a = 0; a < net.blocks(); ++a)
        for (Index b = a + 1; b < net.blocks(); ++b)
            if (net.exchangeable(a, b)) pairs.emplace_back(a, b);
    return pairs;
}

Index rounds(const OperatedNet& net) {
    const Index most = static_cast<Index>(removable(net).size());
    return std::count_if(how_many.begin(), how_many.end(), [&](Index k) { return k <= most; });
}

}  // namespace

// --- measuring ------------------------------------------------------------------------------------------

double kendall_tau(const std::vector<Index>& order) {
    double agreeing = 0, pairs = 0;
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t j = i + 1; j < order.size(); ++j) agreeing += order[i] < order[j] ? 1 : -1, ++pairs;
    return pairs > 0 ? agreeing / pairs : 1;
}

Index lesions_passes(const TrainedNet& net) {
    const OperatedNet operated(*net.net);
    return 1 + operated.blocks() + rounds(operated) * draws * (pairs_to_exchange(operated).empty() ? 1 : 2);
}

Lesions lesions(const TrainedNet& net, const PictureSet& pictures, Notebook& notebook,
                const std::function<void()>& measured) {
    OperatedNet operated(*net.net);
    const auto error = [&](const std::string& what) {
        const double found = notebook.number(text(net.hash, " ", pictures.count(), " pictures: ", what), [&] {
            return evaluate(operated, pictures, net.preprocessing, 100).error();
        });
        operated.restore();
        measured();
        return found;
    };
    Lesions result{.net = &net, .whole = error("whole")};
    for (Index i = 0; i < operated.blocks(); ++i) {
        operated.take_out(i);
        result.without.push_back(error(text("without block ", i)));
        result.keeps_shape.push_back(operated.keeps_shape(i));
    }
    const std::vector<Index> places = removable(operated);
    const std::vector<std::pair<Index, Index>> pairs = pairs_to_exchange(operated);
    for (Index round = 0; round < rounds(operated); ++round)
        for (int draw = 0; draw < draws; ++draw) {
            const Index k = how_many[static_cast<std::size_t>(round)];
            Random random(1, stream_of(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(draw)));
            const std::vector<Index> order = random.permutation(std::ssize(places));
            for (Index i = 0; i < k; ++i)
                operated.take_out(places[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
            result.several.emplace_back(k, error(text("without ", k, " blocks (draw ", draw, ")")));
            if (pairs.empty()) continue;
            for (Index i = 0; i < k; ++i) {
                const auto [a, b] = pairs[static_cast<std::size_t>(random.below(std::ssize(pairs)))];
                operated.exchange(a, b);
            }
            const double tau = kendall_tau(operated.order());
            result.exchanged.emplace_back(tau, error(text(k, " exchanges (draw ", draw, ")")));
        }
    return result;
}

// --- judging --------------------------------------------------------------------------------------------

double Lesions::median_without() const {
    std::vector<double> errors;
    for (std::size_t i = 0; i < without.size(); ++i)
        if (keeps_shape[i]) errors.push_back(without[i]);
    return median(errors);
}

double Lesions::median_rise() const { return 100 * (median_without() - whole); }

namespace {

// The deepest net of a kind, from each seed.
std::vector<const Lesions*> deepest(const std::vector<Lesions>& found, const std::string& kind) {
    int depth = 0;
    for (const Lesions& l : found)
        if (l.net->kind == kind) depth = std::max(depth, l.net->depth);
    std::vector<const Lesions*> nets;
    for (const Lesions& l : found)
        if (l.net->kind == kind && l.net->depth == depth) nets.push_back(&l);
    return nets;
}

// "0.4, 0.6 and 1.1"
// Twice the standard deviation that counting so many pictures gives an error, in points.
double counting_noise(double error, Index pictures) {
    return 200 * std::sqrt(error * (1 - error) / static_cast<double>(pictures));
}

bool learned(const std::vector<const Lesions*>& nets, Index pictures, double guessing) {
    return std::all_of(nets.begin(), nets.end(),
                       [&](const Lesions* l) { return l->whole < learned_below({.guessing = guessing}, pictures); });
}

}  // namespace

std::vector<Claim> judge_lesions(const std::vector<Lesions>& found, Index pictures, double guessing) {
    Claim residual{"a residual net hardly misses any one of its blocks", Outcome::untested, "no net is residual."};
    Claim plain{"a plain net without one of its blocks guesses", Outcome::untested, "no net is plain."};
    if (const auto nets = deepest(found, "residual"); !nets.empty()) {
        std::vector<double> rises, whole;
        for (const Lesions* l : nets) rises.push_back(l->median_rise()), whole.push_back(100 * l->whole);
        residual.outcome = learned(nets, pictures, guessing)
                               ? below(rises, threshold::one_block, counting_noise(nets.front()->whole, pictures))
                               : Outcome::nothing_learned;
        residual.finding =
            text("the whole ", nets.front()->net->name(), " has an error of ", listed(whole, "%.1f"),
                 " %; without the block in the middle of all that keep the shape, ordered by damage, it changes by ",
                 listed(rises, "%+.1f"), " points (threshold: ", format("%g", threshold::one_block), ").");
    }
    if (const auto nets = deepest(found, "plain"); !nets.empty()) {
        std::vector<double> without, whole;
        for (const Lesions* l : nets) without.push_back(100 * l->median_without()), whole.push_back(100 * l->whole);
        const double limit = 100 * threshold::near_guessing * guessing;
        const double noise = counting_noise(nets.front()->median_without(), pictures);
        plain.outcome = learned(nets, pictures, guessing) ? opposite(below(without, limit, noise))
                                                          : Outcome::nothing_learned;
        plain.finding = text("the whole ", nets.front()->net->name(), " has an error of ", listed(whole, "%.1f"),
                             " %, without such a block ", listed(without, "%.1f"),
                             format(" %%; a guess has %.1f %% (threshold: %.1f %%).", 100 * guessing, limit));
    }
    return {residual, plain};
}

// --- the study ------------------------------------------------------------------------------------------

namespace {

constexpr const char* source =
    "<p><a href=\"https://arxiv.org/abs/1605.06431\">Veit, Wilber and Belongie 2016</a>: take a block out of a trained "
    "residual net, and it hardly notices; take a layer out of a plain net, and it guesses.  Their reading: n blocks "
    "are 2<sup>n</sup> paths through the net, of which half are left when a block is gone.  A plain net has one "
    "path.</p>\n";

constexpr const char* limits =
    "<p>That a trained net survives without a block does not say why it could be trained.  The paths share their "
    "weights and were trained together, so they are no ensemble of nets that vote; reviewers of the paper, and later "
    "work, object to the word.  A plain net's block was never asked to leave its input as it is, so the comparison is "
    "between nets as they are, not between equals.</p>\n";

constexpr const char* further =
    "<p>Greff, Srivastava and Schmidhuber 2017 (<a href=\"https://arxiv.org/abs/1612.07771\">arXiv:1612.07771</a>) "
    "read the same facts differently: blocks refine one estimate step by step.  Huang et al. 2016 (<a "
    "href=\"https://arxiv.org/abs/1603.09382\">arXiv:1603.09382</a>) leave out blocks at random during "
    "training.</p>\n";

std::vector<Plot> plots_of(const std::vector<Lesions>& found, double guessing) {
    const double top = 100 * std::min(1.0, guessing * 1.1);
    Plot one{.title = "one block taken out",
             .x = "block, from the input",
             .y = "test error (%)",
             .bottom = 0,
             .top = top,
             .series = {}};
    Plot several{.title = "several taken out",
                 .x = "blocks taken out",
                 .y = "test error (%)",
                 .bottom = 0,
                 .top = top,
                 .series = {}};
    Plot exchanged{.title = "blocks exchanged",
                   .x = "order kept (Kendall's tau)",
                   .y = "test error (%)",
                   .bottom = 0,
                   .top = top,
                   .series = {}};
    std::map<std::string, std::set<int>> deeper;  // of each kind, which depths are still to come
    for (const Lesions& l : found) deeper[l.net->kind].insert(l.net->depth);
    std::map<std::string, std::string> colours;
    for (const Lesions& l : found) {
        const std::string name = l.net->name();
        const bool first = !colours.count(name);  // of several seeds, one is named
        if (first) {
            deeper[l.net->kind].erase(l.net->depth);
            colours[name] = colour_of(l.net->kind, deeper[l.net->kind].size());
        }
        const std::string colour = colours[name], shown = first ? name : "";
        Series series{shown, colour, Series::Look::line_and_points, {}}, whole{"", colour, Series::Look::dashed, {}};
        Series changes{"", colour, Series::Look::rings, {}};
        for (std::size_t i = 0; i < l.without.size(); ++i) {
            series.points.emplace_back(i + 1, 100 * l.without[i]);
            whole.points.emplace_back(i + 1, 100 * l.whole);
            if (!l.keeps_shape[i]) changes.points.push_back(series.points.back());
        }
        one.series.insert(one.series.end(), {whole, series, changes});
        Series more{shown, colour, Series::Look::points, {{0, 100 * l.whole}}};
        for (const auto& [k, error] : l.several) more.points.emplace_back(k, 100 * error);
        several.series.push_back(more);
        Series moved{shown, colour, Series::Look::points, {{1, 100 * l.whole}}};
        for (const auto& [tau, error] : l.exchanged) moved.points.emplace_back(tau, 100 * error);
        if (!l.exchanged.empty()) exchanged.series.push_back(moved);
    }
    std::vector<Plot> plots{one, several};
    if (!exchanged.series.empty()) plots.push_back(exchanged);
    return plots;
}

std::string rows_of(const Lesions& l) {
    const std::string net = text(l.net->kind, ",", l.net->depth, ",", l.net->seed, ",");
    std::string rows = text(net, "whole,0,", l.whole, "\n");
    for (std::size_t i = 0; i < l.without.size(); ++i)
        rows += text(net, l.keeps_shape[i] ? "without_block," : "without_block_that_changes_the_shape,", i + 1, ",",
                     l.without[i], "\n");
    for (const auto& [k, error] : l.several) rows += text(net, "without_several,", k, ",", error, "\n");
    for (const auto& [tau, error] : l.exchanged) rows += text(net, "exchanged,", tau, ",", error, "\n");
    return rows;
}

}  // namespace

Study lesion_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures, Notebook& notebook,
                   const std::function<void()>& measured) {
    std::vector<Lesions> found;
    for (const TrainedNet& net : nets) found.push_back(lesions(net, pictures, notebook, measured));
    const double guessing = guessing_error(pictures);
    Study study{
        .name = "lesion",
        .title = "Can a net do without one of its blocks?",
        .source = source,
        .method = text("<p>Test error on ", pictures.count(), " pictures in evaluation mode, without training ",
                       "again.  A block that is taken out leaves its shortcut; in a plain net, which has ",
                       "none, that of option A takes its place.  Several blocks and exchanges are drawn at random, ",
                       draws, " times each; blocks that change the shape stay where they are.</p>\n"),
        .caption =
            "Left: without each block; dashed, the whole net; with a ring, blocks that change the "
            "shape.  Middle: without several, each point one draw.  Right: with blocks exchanged; at 1 the "
            "order is the trained one.",
        .limits = limits,
        .further = further,
        .claims = judge_lesions(found, pictures.count(), guessing),
        .plots = plots_of(found, guessing),
        .csv = "kind,depth,seed,what,how_many,error\n"};
    for (const Lesions& l : found) study.csv += rows_of(l);
    return study;
}

}  // namespace deepen
