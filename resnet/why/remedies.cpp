// Is the shortcut the only remedy?  See remedies.h.
#include "resnet/why/remedies.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/error.h"
#include "resnet/cifar.h"
#include "resnet/report/statistics.h"

namespace deepen {

// --- recipes --------------------------------------------------------------------------------------------

Recipe with_remedy(Recipe plain, const Remedy& remedy, Index warmup) {
    CifarOptions net = parse_cifar_model(plain.model.name);
    ensure(net.shortcut == Shortcut::none, "a remedy is for a plain net: ", plain.model.name);
    if (remedy.kind == std::string("residual")) net.shortcut = Shortcut::A, plain.model.shortcut.reset();
    plain.model.name = model_name(net);
    plain.model.batch_norm = remedy.batch_norm;
    if (remedy.gated) plain.model.residual_gate = 0;
    plain.initialiser = remedy.initialiser;
    if (remedy.warms_up) plain.training.schedule.warmup = warmup;
    return plain;
}

int remedy_of(const FoundRun& found) {
    for (std::size_t i = 0; i < std::size(remedies); ++i) {
        const Remedy& r = remedies[i];
        if (found.run.kind == r.kind && found.initialiser == r.initialiser && (found.warmup > 0) == r.warms_up &&
            found.model.batch_norm == r.batch_norm && found.model.residual_gate.has_value() == r.gated &&
            found.model.residual_gate.value_or(0) == 0)
            return static_cast<int>(i);
    }
    return -1;
}

std::vector<FoundRun> without_remedies(std::vector<FoundRun> runs) {
    std::erase_if(runs, [](const FoundRun& run) {
        const int place = remedy_of(run);
        return place >= 0 && place != no_remedy && place != shortcut_remedy;
    });
    return runs;
}

// --- judging --------------------------------------------------------------------------------------------

Remedied by_remedy(const std::vector<FoundRun>& found) {
    std::set<int> plain, others;
    for (const FoundRun& f : found)
        if (f.run.finished() && remedy_of(f) >= 0) (remedy_of(f) == no_remedy ? plain : others).insert(f.run.depth);
    Remedied result{.depth = 0, .counting = {}, .runs = std::vector<std::vector<const Run*>>(std::size(remedies))};
    for (int depth : plain)
        if (others.count(depth)) result.depth = depth;
    for (const FoundRun& f : found)
        if (f.run.finished() && remedy_of(f) >= 0 && f.run.depth == result.depth) {
            result.runs[static_cast<std::size_t>(remedy_of(f))].push_back(&f.run);
            result.counting = f.counting;
        }
    return result;
}

std::vector<double> Remedied::errors(std::size_t remedy) const {
    std::vector<double> all;
    for (const Run* run : runs[remedy]) all.push_back(run->history.back().train_error);
    return all;
}

namespace {

std::string percent(const std::vector<double>& errors) { return format("%.1f %%", 100 * mean_of(errors)); }

// Above 0, below 0, or neither.
Outcome above_zero(const Contrast& c) {
    return c.interval.low > 0 ? Outcome::holds : c.interval.high < 0 ? Outcome::fails : Outcome::unclear;
}

std::string interval(const Contrast& c) {
    return std::isfinite(c.interval.low)
               ? format(" (95 %% interval %.1f to %.1f points)", 100 * c.interval.low, 100 * c.interval.high)
               : " (one seed: no interval)";
}

// Whether residual nets end better than plain ones: the gap that a remedy has to close.
Claim gap(const Remedied& found) {
    Claim claim{"a plain net ends with more training error than a residual one, so there is something to mend",
                Outcome::untested, "this needs plain and residual nets of one depth."};
    const std::vector<double> plain = found.errors(no_remedy), residual = found.errors(shortcut_remedy);
    if (plain.empty() || residual.empty()) return claim;
    const Contrast c = contrast({{1, plain}, {-1, residual}});
    const bool guesses = mean_of(residual) >= learned_below(found.counting, found.counting.pictures);
    claim.outcome = guesses ? Outcome::nothing_learned : above_zero(c);
    claim.finding = text("plain-", found.depth, " ends at ", percent(plain), ", resnet-", found.depth, " at ",
                         percent(residual), interval(c), ".");
    return claim;
}

Claim mends(const Remedied& found, std::size_t place, Outcome gap) {
    const Remedy& remedy = remedies[place];
    Claim claim{remedy.gated
                    ? "a gate that begins at zero stands in for batch norm"
                    : text(remedy.name, remedy.warms_up ? " mends a plain net" : ", as a start, mends a plain net"),
                Outcome::untested, "no such net was trained."};
    const std::vector<double> errors = found.errors(place), plain = found.errors(no_remedy),
                              residual = found.errors(shortcut_remedy);
    if (errors.empty() || plain.empty() || residual.empty()) return claim;
    const Contrast closed = contrast({{0.5, plain}, {0.5, residual}, {-1, errors}});
    claim.outcome = gap == Outcome::holds             ? above_zero(closed)
                    : gap == Outcome::nothing_learned ? gap
                                                      : Outcome::unclear;
    const double share = (mean_of(plain) - mean_of(errors)) / (mean_of(plain) - mean_of(residual));
    claim.finding = text("it ends at ", percent(errors));
    claim.finding += gap == Outcome::holds
                         ? text(format(", which closes %.0f %% of the gap; half of it is closed with ", 100 * share),
                                format("%+.1f points to spare", 100 * closed.effect), interval(closed), ".")
                         : ".  As long as no gap is certain, no remedy can be judged.";
    return claim;
}

}  // namespace

std::vector<Claim> judge_remedies(const Remedied& found) {
    std::vector<Claim> claims{gap(found)};
    for (std::size_t i = 0; i < std::size(remedies); ++i)
        if (i != no_remedy && i != shortcut_remedy) claims.push_back(mends(found, i, claims.front().outcome));
    return claims;
}

// --- the study ------------------------------------------------------------------------------------------

namespace {

constexpr const char* source =
    "<p>If a deep plain net ends worse because of how it begins, another beginning should mend it.  Proposed were a "
    "warm-up, the identity (<a href=\"https://arxiv.org/abs/1706.00388\">Zagoruyko and Komodakis 2017</a>), matrices "
    "that keep lengths (<a href=\"https://arxiv.org/abs/1806.05393\">Xiao et al. 2018</a>) and weights with which relu "
    "bends nothing (<a href=\"https://arxiv.org/abs/1702.08591\">Balduzzi et al. 2017</a>); and, in place of batch "
    "norm, "
    "a gate on each residual branch that begins at zero (<a href=\"https://arxiv.org/abs/2002.10444\">De and Smith "
    "2020</a>).</p>\n";

constexpr const char* limits =
    "<p>All were trained as the plain net was.  A remedy that would do better with a higher rate, or longer, does not "
    "get "
    "it, and a short run shows how a net begins to learn more than where it ends.  DiracNets keep their identity "
    "through "
    "all of training by another parametrisation; here it is a start.  Delta-orthogonal starts were proposed for nets "
    "with tanh and without batch norm.</p>\n";

constexpr const char* further =
    "<p>Each remedy is a flag of <code>build/train</code>: <code>--init</code>, <code>--lr-warmup-epochs</code>, "
    "<code>--no-batch-norm</code>, <code>--residual-gate</code>; so they can be tried on other nets and data, and "
    "<code>build/why remedies --run</code> compares what was trained.  Bachlechner et al. 2020 (<a "
    "href=\"https://arxiv.org/abs/2003.04887\">arXiv:2003.04887</a>) put the gate beside batch norm, too.</p>\n";

std::string colour(std::size_t remedy) {
    return remedy == no_remedy                                ? colour_of("plain", 0)
           : remedies[remedy].kind == std::string("residual") ? colour_of("residual", remedy == shortcut_remedy ? 0 : 2)
                                                              : colour_of("preactivation", remedy - 1);
}

Plot ends(const Remedied& found) {
    Plot plot{.title = text("at the end, depth ", found.depth), .x = "", .y = "training error (%)", .series = {}};
    const double count = static_cast<double>(std::size(remedies));
    for (const std::size_t level : {no_remedy, shortcut_remedy})
        if (const auto errors = found.errors(level); !errors.empty())
            plot.series.push_back({"",
                                   colour(level),
                                   Series::Look::dashed,
                                   {{0.5, 100 * mean_of(errors)}, {count + 0.5, 100 * mean_of(errors)}}});
    for (std::size_t i = 0; i < std::size(remedies); ++i) {
        plot.places.push_back(remedies[i].name);
        Series seeds{"", colour(i), Series::Look::points, {}}, mean{"", colour(i), Series::Look::rings, {}};
        for (double e : found.errors(i)) seeds.points.emplace_back(i + 1, 100 * e);
        if (!seeds.points.empty()) mean.points.emplace_back(i + 1, 100 * mean_of(found.errors(i)));
        plot.series.insert(plot.series.end(), {seeds, mean});
    }
    return plot;
}

Plot courses(const Remedied& found) {
    Plot plot{.title = "on the way", .x = "epoch", .y = "training error (%)", .series = {}};
    for (std::size_t i = 0; i < std::size(remedies); ++i) {
        if (found.runs[i].empty()) continue;
        Series series{remedies[i].name, colour(i), Series::Look::line_and_points, {}};
        for (std::size_t epoch = 0; epoch < found.runs[i].front()->history.size(); ++epoch) {
            std::vector<double> errors;
            for (const Run* run : found.runs[i])
                if (epoch < run->history.size()) errors.push_back(run->history[epoch].train_error);
            series.points.emplace_back(epoch + 1, 100 * mean_of(errors));
        }
        plot.series.push_back(std::move(series));
    }
    return plot;
}

}  // namespace

Study remedies_study(const std::vector<FoundRun>& runs) {
    const Remedied found = by_remedy(runs);
    require(found.depth > 0,
            "remedies compares plain nets with others of the same depth: there is no such pair among "
            "these runs.  Train one with --init dirac, for example.");
    Study study{
        .name = "remedies",
        .title = "Is the shortcut the only remedy?",
        .source = source,
        .method = text("<p>Training errors at the last epoch of nets of ", found.depth, " layers that differ in ",
                       "the remedy alone.  One mends if it closes more than half of the gap between plain and ",
                       "residual nets, by Welch's 95 % interval of (plain + residual) / 2 &minus; remedy over ",
                       "seeds.</p>\n"),
        .caption =
            "Left, the training error that each ends with: points are seeds, rings their means; dashed are "
            "the plain net and the shortcut, between which a remedy is to be judged.  Right, on the way.",
        .limits = limits,
        .further = further,
        .claims = judge_remedies(found),
        .plots = {ends(found), courses(found)},
        .csv = "remedy,depth,seed,epoch,train_error,test_error\n"};
    for (std::size_t i = 0; i < std::size(remedies); ++i)
        for (const Run* run : found.runs[i])
            for (const EpochRecord& e : run->history)
                study.csv += text(remedies[i].name, ",", run->depth, ",", run->seed, ",", e.epoch, ",",
                                  format("%.5f,%.5f\n", e.train_error, e.test_error));
    return study;
}

}  // namespace deepen
