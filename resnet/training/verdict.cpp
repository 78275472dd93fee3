// What have these runs shown?  See verdict.h.
#include "resnet/training/verdict.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/error.h"

namespace deepen {
namespace {

double error_of(const Run& run, Index epoch) { return run.history[static_cast<std::size_t>(epoch) - 1].train_error; }

const Run* with_seed(const Net& net, std::uint64_t seed) {
    for (const Run* run : net.runs)
        if (run->seed == seed) return run;
    return nullptr;
}

Comparison compare(const Net& first, const Net& second, Index epoch) {
    Comparison c{first.name(), second.name(), {}, {}, {}};
    for (const Run* a : first.runs) {
        const Run* b = with_seed(second, a->seed);
        const double difference = b ? 100 * (error_of(*a, epoch) - error_of(*b, epoch)) : NAN;
        if (std::isnan(difference)) c.uncounted.push_back(a->seed);
        else c.points.push_back(difference);
    }
    for (const Run* b : second.runs)
        if (!with_seed(first, b->seed)) c.uncounted.push_back(b->seed);
    if (c.points.empty()) c.untested = text("no seed gives a training error for both ", c.first, " and ", c.second);
    return c;
}

std::vector<Net> of_kind(const std::vector<Net>& nets, const std::string& kind) {
    std::vector<Net> some;
    std::copy_if(nets.begin(), nets.end(), std::back_inserter(some), [&](const Net& n) { return n.kind == kind; });
    return some;
}

Comparison untested(const std::string& why) { return {.untested = why}; }

// The deepest of `nets` against the shallowest.
Comparison compare_depths(const std::vector<Net>& nets, const std::string& kind, Index epoch) {
    if (nets.size() < 2)
        return untested(text("it takes ", kind, " nets of two depths, and the runs have ",
                             nets.empty() ? "none" : "only " + nets.front().name()));
    return compare(nets.back(), nets.front(), epoch);
}

// "12.3 points more", "0.04 points less", "no more and no less": of training error.
std::string amount(double points) {
    if (points == 0) return "no more and no less";
    char number[32];
    const double size = std::abs(points);
    std::snprintf(number, sizeof number, size < 0.95 ? "%.2g" : "%.1f", size);
    return text(number, " points ", points > 0 ? "more" : "less");
}

// "Holds on 2 of 3 seeds", "Does not hold on the one seed tried": how a finding begins.
std::string lead(Index agreeing, Index all) {
    if (all == 1) return agreeing ? "Holds on the one seed tried" : "Does not hold on the one seed tried";
    return agreeing ? text("Holds on ", agreeing, " of ", all, " seeds")
                    : text("Does not hold on any of ", all, " seeds");
}

std::string on_average(const Comparison& c) { return c.seeds() > 1 ? " on average" : ""; }

std::string remark_on_uncounted(std::vector<std::uint64_t> seeds) {
    std::sort(seeds.begin(), seeds.end());
    seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
    std::string list;
    for (std::uint64_t seed : seeds) list += (list.empty() ? "" : ", ") + std::to_string(seed);
    return list.empty() ? "" : text(" (not counted, for want of numbers from both nets: seed ", list, ")");
}

// What `agreeing` of `all` seeds make of a claim.
Outcome outcome_of(Index agreeing, Index all) {
    return agreeing == all ? Outcome::holds : agreeing == 0 ? Outcome::fails : Outcome::in_part;
}

Claim judge_degradation(const Comparison& c) {
    Claim claim{"A deeper plain net trains worse than a shallower one.", Outcome::untested,
                text("Not tested: ", c.untested, ".")};
    if (!c.untested.empty()) return claim;
    claim.outcome = outcome_of(c.above(), c.seeds());
    claim.finding = text(lead(c.above(), c.seeds()), ": ", c.first, " has", on_average(c), " ", amount(c.mean()),
                         " training error than ", c.second, remark_on_uncounted(c.uncounted), ".");
    return claim;
}

// `shortcut` is residual minus plain at one depth, `depth` the deeper minus the shallower residual net.
Claim judge_remedy(const Comparison& shortcut, const Comparison& depth) {
    Claim claim{"A residual net of the same depth does not.", Outcome::untested,
                text("Not tested: ", shortcut.untested, ".")};
    if (!shortcut.untested.empty()) return claim;

    const Index seeds = shortcut.seeds();
    const std::string against_plain = text(shortcut.first, " has", on_average(shortcut), " ", amount(shortcut.mean()),
                                           " training error than ", shortcut.second);
    claim.outcome = outcome_of(shortcut.below(), seeds);
    if (!depth.untested.empty()) {
        if (claim.outcome == Outcome::holds) claim.outcome = Outcome::in_part;
        claim.finding = text(lead(shortcut.below(), seeds), " as far as tested: ", against_plain,
                             remark_on_uncounted(shortcut.uncounted), "; for the rest, ", depth.untested, ".");
        return claim;
    }

    if (claim.outcome == Outcome::holds && depth.above() > 0) claim.outcome = Outcome::in_part;
    std::vector<std::uint64_t> uncounted = shortcut.uncounted;
    uncounted.insert(uncounted.end(), depth.uncounted.begin(), depth.uncounted.end());
    const std::string against_shallow = text(amount(depth.mean()), " than ", depth.second);
    if (claim.outcome == Outcome::in_part)
        claim.finding = text("Holds in part: ", against_plain, " (less on ", shortcut.below(), " of ", seeds,
                             seeds == 1 ? " seed), and " : " seeds), and ", against_shallow, " (more on ",
                             depth.above(), " of ", depth.seeds(), ")");
    else
        claim.finding = text(lead(shortcut.below(), seeds), ": ", against_plain, ", and ", against_shallow);
    claim.finding += remark_on_uncounted(uncounted) + ".";
    return claim;
}

// Both halves of claim 2, for the deepest depth that was trained both ways.
void compare_twins(const std::vector<Net>& plain, std::vector<Net> residual, Verdict& v) {
    const auto has_twin = [&](const Net& net) {
        return std::any_of(plain.begin(), plain.end(), [&](const Net& p) { return p.depth == net.depth; });
    };
    const auto twin = std::find_if(residual.rbegin(), residual.rend(), has_twin);
    if (twin == residual.rend()) {
        v.by_shortcut = untested("it takes a plain and a residual net of the same depth");
        v.residual_by_depth = compare_depths(residual, "residual", v.epoch);
        return;
    }
    residual.erase(twin.base(), residual.end());         // deeper ones have no twin
    const Net& deepest = residual.back();
    for (const Net& net : plain)
        if (net.depth == deepest.depth) v.by_shortcut = compare(deepest, net, v.epoch);
    v.residual_by_depth = compare_depths(residual, "residual", v.epoch);
}

}  // namespace

double Comparison::mean() const { return spread(points).mean; }
Index Comparison::above() const { return std::count_if(points.begin(), points.end(), [](double p) { return p > 0; }); }
Index Comparison::below() const { return std::count_if(points.begin(), points.end(), [](double p) { return p < 0; }); }

Verdict judge(const std::vector<Run>& runs) {
    const std::vector<Net> nets = nets_of(runs);
    const std::vector<Net> plain = of_kind(nets, "plain"), residual = of_kind(nets, "residual");
    Verdict v;
    v.epoch = last_shared_epoch(nets);
    v.plain_by_depth = compare_depths(plain, "plain", v.epoch);
    compare_twins(plain, residual, v);
    v.degradation = judge_degradation(v.plain_by_depth);
    v.remedy = judge_remedy(v.by_shortcut, v.residual_by_depth);
    return v;
}

std::string words(Outcome outcome) {
    switch (outcome) {
        case Outcome::holds: return "holds";
        case Outcome::in_part: return "holds in part";
        case Outcome::fails: return "does not hold";
        case Outcome::untested: return "not tested";
    }
    throw InternalError("internal error, please report it: an unknown outcome");
}

}  // namespace deepen
