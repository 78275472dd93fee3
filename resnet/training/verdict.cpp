// What have these runs shown?  See verdict.h.
#include "resnet/training/verdict.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/error.h"
#include "resnet/training/terminal.h"

namespace deepen {
namespace {

const EpochRecord& record_of(const Run& run, Index epoch) { return run.history[static_cast<std::size_t>(epoch) - 1]; }
double error_of(const Run& run, Index epoch) { return record_of(run, epoch).train_error; }

// Pictures that the epoch's training error was counted on: fewer than all where --max-iterations cut it short.
Index counted(const Run& run, Index epoch, const Counting& counting) {
    const Index steps = record_of(run, epoch).iteration - (epoch > 1 ? record_of(run, epoch - 1).iteration : 0);
    return std::min(counting.pictures, steps * counting.batch);
}

const Run* with_seed(const Net& net, std::uint64_t seed) {
    for (const Run* run : net.runs)
        if (run->seed == seed) return run;
    return nullptr;
}

// Student's t: 95 % of all samples with so many degrees of freedom lie within this many standard errors.
double student(Index freedom) {
    constexpr double t[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23};
    return t[std::clamp<Index>(freedom, 1, std::size(t)) - 1];  // beyond the table a little too cautious: 1.96 at last
}

struct SeedSpread {
    double deviation = 0;  // of one training error about its net's mean
    Index freedom = 0;     // 0: no net has two seeds
};

SeedSpread seed_spread(const std::vector<Net>& nets, Index epoch) {
    SeedSpread s;
    double squares = 0;
    for (const Net& net : nets) {
        const double mean = at(net, epoch, &EpochRecord::train_error).mean;
        if (std::isnan(mean)) continue;
        for (const Run* run : net.runs) squares += std::pow(error_of(*run, epoch) - mean, 2);
        s.freedom += static_cast<Index>(net.runs.size()) - 1;
    }
    if (s.freedom > 0) s.deviation = std::sqrt(squares / static_cast<double>(s.freedom));
    return s;
}

// What all comparisons of some runs have in common.
struct Setting {
    Index epoch = 0;
    Counting counting;
    SeedSpread spread;
};

Comparison compare(const Net& first, const Net& second, const Setting& setting) {
    Comparison c{.first = first.name(), .second = second.name(), .pictures = setting.counting.pictures};
    const Index epoch = setting.epoch;
    for (const Run* a : first.runs) {
        const Run* b = with_seed(second, a->seed);
        const double difference = b ? 100 * (error_of(*a, epoch) - error_of(*b, epoch)) : NAN;
        if (std::isnan(difference)) {
            c.uncounted.push_back(a->seed);
            continue;
        }
        c.points.push_back(difference);
        c.first_error += error_of(*a, epoch), c.second_error += error_of(*b, epoch);
        c.pictures = std::min({c.pictures, counted(*a, epoch, setting.counting), counted(*b, epoch, setting.counting)});
    }
    for (const Run* b : second.runs)
        if (!with_seed(first, b->seed)) c.uncounted.push_back(b->seed);
    if (c.points.empty()) {
        c.untested = text("no seed gives a training error for both ", c.first, " and ", c.second);
        return c;
    }
    const double seeds = static_cast<double>(c.seeds());
    c.first_error /= seeds, c.second_error /= seeds;
    const double variance = c.first_error * (1 - c.first_error) + c.second_error * (1 - c.second_error);
    c.by_counting = 100 * 2 * std::sqrt(variance / (static_cast<double>(c.pictures) * seeds));
    if (setting.spread.freedom > 0)
        c.by_seeds = 100 * student(setting.spread.freedom) * setting.spread.deviation * std::sqrt(2 / seeds);
    return c;
}

std::vector<Net> of_kind(const std::vector<Net>& nets, const std::string& kind) {
    std::vector<Net> some;
    std::copy_if(nets.begin(), nets.end(), std::back_inserter(some), [&](const Net& n) { return n.kind == kind; });
    return some;
}

Comparison untested(const std::string& why) { return {.untested = why}; }

// The deepest of `nets` against the shallowest.
Comparison compare_depths(const std::vector<Net>& nets, const std::string& kind, const Setting& setting) {
    if (nets.size() < 2)
        return untested(text("this needs ", kind, " nets of two depths, and there ",
                             nets.empty() ? "are none" : "is only " + nets.front().name()));
    return compare(nets.back(), nets.front(), setting);
}

// --- claims in words ---------------------------------------------------------------------------------

std::string number(double points) { return format(points < 0.95 ? "%.2g" : "%.1f", points); }

// "12.3 points more training error than plain-20", "exactly as much training error as plain-20"
std::string amount(double points, const std::string& than) {
    if (points == 0) return "exactly as much training error as " + than;
    return text(number(std::abs(points)), points > 0 ? " points more" : " points less", " training error than ", than);
}

std::string on_average(Index seeds) {
    return seeds == 1 ? "On the one seed tried, " : text("On average over ", seeds, " seeds, ");
}

std::string by_chance(const Comparison& c) {
    const std::string source =
        c.by_seeds > c.by_counting ? "the choice of seed" : text("counting on ", c.pictures, " pictures");
    return text("; ", source, " alone makes a difference of up to ", number(c.by_chance()), " points");
}

std::string remark_on_uncounted(std::vector<std::uint64_t> seeds) {
    std::sort(seeds.begin(), seeds.end());
    seeds.erase(std::unique(seeds.begin(), seeds.end()), seeds.end());
    std::string list;
    for (std::uint64_t seed : seeds) list += (list.empty() ? "" : ", ") + std::to_string(seed);
    return list.empty() ? "" : text("  Not counted, because one of the nets has no number: seed ", list, ".");
}

bool nothing_learned(const Comparison& c, const Counting& counting) {
    return std::min(c.first_error, c.second_error) >= learned_below(counting, c.pictures * c.seeds());
}

Claim nothing_learned(Claim claim, const Comparison& c, const Counting& counting) {
    claim.outcome = Outcome::nothing_learned;
    claim.finding = format("%s has a training error of %.1f %%, %s of %.1f %%.  ", c.first.c_str(), 100 * c.first_error,
                           c.second.c_str(), 100 * c.second_error) +
                    format("A guess has %.1f %%; below %.1f %%, a net has learned something.  ",
                           100 * counting.guessing, 100 * learned_below(counting, c.pictures * c.seeds())) +
                    "Train for longer, or with another learning rate.";
    return claim;
}

Claim judge_degradation(const Comparison& c, const Counting& counting) {
    Claim claim{"A deeper plain net trains worse than a shallower one.", Outcome::untested, ""};
    if (!c.untested.empty()) {
        claim.finding = text("Not tested: ", c.untested, ".");
        return claim;
    }
    if (nothing_learned(c, counting)) return nothing_learned(claim, c, counting);
    claim.outcome = c.more() ? Outcome::holds : c.less() ? Outcome::fails : Outcome::unclear;
    claim.finding = text(on_average(c.seeds()), c.first, " has ", amount(c.mean(), c.second),
                         claim.outcome == Outcome::unclear ? by_chance(c) : "", ".", remark_on_uncounted(c.uncounted));
    return claim;
}

// `shortcut` is residual minus plain at one depth, `depth` the deeper minus the shallower residual net.
Claim judge_remedy(const Comparison& shortcut, const Comparison& depth, const Counting& counting) {
    Claim claim{"A residual net of the same depth does not train worse.", Outcome::untested, ""};
    if (!shortcut.untested.empty()) {
        claim.finding = text("Not tested: ", shortcut.untested, ".");
        return claim;
    }
    if (nothing_learned(shortcut, counting)) return nothing_learned(claim, shortcut, counting);

    std::vector<std::uint64_t> uncounted = shortcut.uncounted;
    uncounted.insert(uncounted.end(), depth.uncounted.begin(), depth.uncounted.end());
    claim.outcome = shortcut.less() ? Outcome::holds : shortcut.more() ? Outcome::fails : Outcome::unclear;
    claim.finding =
        text(on_average(shortcut.seeds()), shortcut.first, " has ", amount(shortcut.mean(), shortcut.second),
             claim.outcome == Outcome::unclear ? by_chance(shortcut) : "");
    if (!depth.untested.empty()) {
        if (claim.outcome == Outcome::holds) claim.outcome = Outcome::in_part;
        claim.finding += text(".  Whether depth costs a residual net anything is not tested: ", depth.untested);
    } else {
        const bool unclear = !depth.more() && !depth.less();
        if (claim.outcome == Outcome::holds && depth.mean() > 0) claim.outcome = Outcome::in_part;
        claim.finding += text(".  It has ", amount(depth.mean(), depth.second), unclear ? by_chance(depth) : "");
    }
    claim.finding += "." + remark_on_uncounted(uncounted);
    return claim;
}

// Both halves of claim 2, for the deepest depth that was trained both ways.
void compare_twins(const std::vector<Net>& plain, std::vector<Net> residual, const Setting& setting, Verdict& v) {
    const auto has_twin = [&](const Net& net) {
        return std::any_of(plain.begin(), plain.end(), [&](const Net& p) { return p.depth == net.depth; });
    };
    const auto twin = std::find_if(residual.rbegin(), residual.rend(), has_twin);
    if (twin == residual.rend()) {
        v.by_shortcut = untested("this needs a plain and a residual net of the same depth");
        v.residual_by_depth = compare_depths(residual, "residual", setting);
        return;
    }
    residual.erase(twin.base(), residual.end());         // deeper ones have no twin
    const Net& deepest = residual.back();
    for (const Net& net : plain)
        if (net.depth == deepest.depth) v.by_shortcut = compare(deepest, net, setting);
    v.residual_by_depth = compare_depths(residual, "residual", setting);
}

}  // namespace

double Comparison::mean() const { return spread(points).mean; }

Verdict judge(const std::vector<Run>& runs, const Counting& counting) {
    const std::vector<Net> nets = nets_of(runs);
    const std::vector<Net> plain = of_kind(nets, "plain"), residual = of_kind(nets, "residual");
    Verdict v;
    v.epoch = last_shared_epoch(nets);
    const Setting setting{v.epoch, counting, seed_spread(nets, v.epoch)};
    v.plain_by_depth = compare_depths(plain, "plain", setting);
    compare_twins(plain, residual, setting, v);
    v.degradation = judge_degradation(v.plain_by_depth, counting);
    v.remedy = judge_remedy(v.by_shortcut, v.residual_by_depth, counting);
    return v;
}

double learned_below(const Counting& counting, Index pictures) {
    const double p = counting.guessing, deviation = std::sqrt(p * (1 - p) / static_cast<double>(pictures));
    return p - std::max(3 * deviation, p / 20);
}

std::string words(Outcome outcome) {
    switch (outcome) {
        case Outcome::holds:
            return "holds";
        case Outcome::in_part:
            return "holds in part";
        case Outcome::fails:
            return "does not hold";
        case Outcome::unclear:
            return "cannot tell";
        case Outcome::nothing_learned:
            return "nothing was learned";
        case Outcome::untested:
            return "not tested";
    }
    throw InternalError("internal error, please report it: an unknown outcome");
}

}  // namespace deepen
