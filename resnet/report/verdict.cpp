// What have these runs shown?  See verdict.h.
#include "resnet/report/verdict.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>

#include "engine/error.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

const EpochRecord& record_of(const Run& run, Index epoch) { return run.history[static_cast<std::size_t>(epoch) - 1]; }

// Pictures that the epoch's training error was counted on: fewer than all where --max-iterations cut it short.
Index counted(const Run& run, Index epoch, const Counting& counting) {
    const Index steps = record_of(run, epoch).iteration - (epoch > 1 ? record_of(run, epoch - 1).iteration : 0);
    return std::min(counting.pictures, steps * counting.batch);
}

// What all comparisons of some runs have in common.
struct Setting {
    Index epoch = 0;
    Counting counting;
    double EpochRecord::*what = &EpochRecord::train_error;

    bool training() const { return what == &EpochRecord::train_error; }
    std::string error() const { return training() ? "training error" : "test error"; }
    // Of one run, of the error asked for.
    Index pictures(const Run& run) const { return training() ? counted(run, epoch, counting) : counting.test_pictures; }
};

// The rate was lowered before the epoch, and far enough that errors have settled.
bool settled(const Net& net, Index epoch) {
    double highest = 0;
    for (Index e = 1; e <= epoch; ++e) highest = std::max(highest, record_of(*net.runs.front(), e).lr);
    return record_of(*net.runs.front(), epoch).lr < 0.5 * highest;
}

// --- how large a difference is ------------------------------------------------------------------------

double from_log_odds(double x) { return 1 / (1 + std::exp(-x)); }

// Points between two runs of one net with an error about `percent`, as far as others' runs and counting explain.
double by_chance(const Net& net, double percent, const Setting& setting) {
    const double pictures = static_cast<double>(std::max<Index>(1, setting.pictures(*net.runs.front())));
    const double p = std::clamp(percent / 100, 0.5 / pictures, 1 - 0.5 / pictures);
    const double odds = !settled(net, setting.epoch) ? threshold::odds_at_full_rate
                        : setting.training()         ? threshold::training_odds
                                                     : threshold::test_odds;
    const double middle = std::log(p / (1 - p)), half = std::log(odds) / 2;
    const double published = from_log_odds(middle + half) - from_log_odds(middle - half);
    const double counting = 2 * std::sqrt(2 * p * (1 - p) / pictures);
    return 100 * std::max(published, counting);
}

struct Summand {
    double factor;
    const Net* net;
};

Difference measure(const std::string& name, const std::vector<Summand>& parts, const Setting& setting) {
    Difference d{.name = name};
    std::vector<Term> terms;
    double squares = 0;
    d.has_interval = true;
    for (const auto& [factor, net] : parts) {
        Term term{.factor = factor, .values = {}};
        for (const Run* run : net->runs) {
            const double error = record_of(*run, setting.epoch).*setting.what;
            if (std::isnan(error)) d.uncounted.push_back(text(net->name(), " from seed ", run->seed));
            else term.values.push_back(100 * error);
        }
        if (term.values.empty()) {
            d.untested = text("no run of ", net->name(), " gives a ", setting.error());
            return d;
        }
        d.errors.push_back(mean_of(term.values)), d.seeds.push_back(term.values.size());
        d.has_interval = d.has_interval && term.values.size() > 1;
        squares += std::pow(factor * by_chance(*net, d.errors.back(), setting), 2) / 2;
        terms.push_back(term);
    }
    d.welch = contrast(terms);
    d.points = d.welch.effect;
    // Equal errors of all seeds, as few pictures may give, do not mean that there is no chance.
    d.has_interval = d.has_interval && d.welch.standard_error > 0;
    d.by_chance = std::sqrt(squares);
    return d;
}

Difference untested(const std::string& why) { return {.untested = why}; }

// Nets that a comparison may draw on.
struct Nets {
    std::vector<Net> plain, residual;
    bool unfinished = false;  // there are others, which are not finished
};

Difference by_depth(const std::vector<Net>& nets, const std::string& kind, bool unfinished, const Setting& setting) {
    if (nets.size() < 2)
        return untested(text("this needs ", kind, " nets of two depths, and there ",
                             nets.empty() ? "are none" : "is only " + nets.front().name(),
                             unfinished ? " that is finished" : ""));
    const Net &deep = nets.back(), &shallow = nets.front();
    return measure(text(deep.name(), " minus ", shallow.name()), {{1, &deep}, {-1, &shallow}}, setting);
}

// Nets of depths that were trained both ways.
std::vector<Net> with_twin(const std::vector<Net>& nets, const std::vector<Net>& others) {
    std::vector<Net> some;
    std::copy_if(nets.begin(), nets.end(), std::back_inserter(some), [&](const Net& net) {
        return std::any_of(others.begin(), others.end(), [&](const Net& o) { return o.depth == net.depth; });
    });
    return some;
}

// By how much depth costs plain nets more than residual nets, of which `share` of the former counts.
Difference interaction(const Nets& twins, double share, const Setting& setting) {
    if (twins.plain.size() < 2) return untested("this needs plain and residual nets of the same two depths");
    const Net &plain_deep = twins.plain.back(), &plain_shallow = twins.plain.front();
    const Net &residual_deep = twins.residual.back(), &residual_shallow = twins.residual.front();
    return measure(text("(", plain_deep.name(), " minus ", plain_shallow.name(), ") minus (", residual_deep.name(),
                        " minus ", residual_shallow.name(), ")"),
                   {{share, &plain_deep}, {-share, &plain_shallow}, {-1, &residual_deep}, {1, &residual_shallow}},
                   setting);
}

Difference by_shortcut(const Nets& twins, const Setting& setting) {
    if (twins.plain.empty()) return untested("this needs a plain and a residual net of the same depth");
    const Net &plain = twins.plain.back(), &residual = twins.residual.back();
    return measure(text(residual.name(), " minus ", plain.name()), {{1, &residual}, {-1, &plain}}, setting);
}

// --- sentences -----------------------------------------------------------------------------------------

std::string capitalised(std::string words) {
    words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
    return words;
}

std::string number(double points) {
    const double size = std::abs(points);
    return format(size < 0.0095 ? "%.1g" : size < 0.095 ? "%.3f" : size < 0.95 ? "%.2f" : "%.1f", points);
}

std::string range(const Interval& i) { return number(i.low) + " to " + number(i.high); }

// "2 seeds", "3 and 2 seeds"
std::string seeds_of(const Difference& d) {
    std::string list;
    if (std::adjacent_find(d.seeds.begin(), d.seeds.end(), std::not_equal_to<>()) == d.seeds.end())
        return text(d.seeds.front() == 1 ? "one seed" : text(d.seeds.front(), " seeds"), " each");
    for (std::size_t i = 0; i < d.seeds.size(); ++i)
        list += text(i == 0 ? "" : i + 1 == d.seeds.size() ? " and " : ", ", d.seeds[i]);
    return list + " seeds";
}

// "; 95 % interval of the difference: 7.3 to 61.7; 2 seeds each", or what stands for it with one seed
std::string evidence(const Difference& d) {
    if (d.has_interval) return text("95 % interval ", range(d.welch.interval), "; ", seeds_of(d));
    return text(seeds_of(d), "; published runs of one net differ by up to ", number(d.by_chance),
                " points at such errors");
}

// "plain-56 has 12.3 points more training error than plain-20 (34.5 against 22.2 %; ...)"
std::string compared(const Net& first, const Net& second, const Difference& d, const Setting& setting) {
    const std::string amount = d.points == 0
                                   ? "exactly as much "
                                   : text(number(std::abs(d.points)), d.points > 0 ? " points more " : " points less ");
    return text(first.name(), " has ", amount, setting.error(), d.points == 0 ? " as " : " than ", second.name(), " (",
                number(d.errors[0]), " against ", number(d.errors[1]), " %; ", evidence(d), ")");
}

std::string why_unclear(const Difference& d) {
    return d.has_interval ? "The interval contains zero: train more seeds."
                          : "So few seeds cannot settle so small a difference: train more.";
}

std::string remark_on_uncounted(const Difference& d) {
    std::string list;
    for (const std::string& run : d.uncounted) list += (list.empty() ? "" : ", ") + run;
    return list.empty() ? "" : text("  Not counted, because its error is not a number: ", list, ".");
}

// "From 20 to 56 layers, the training error of plain nets changes by 34.5 points and that of residual nets by ..."
std::string about_interaction(const Difference& d, const Nets& twins) {
    if (!d.untested.empty()) return "";
    return text("  From ", twins.plain.front().depth, " to ", twins.plain.back().depth,
                " layers, the training error of plain nets changes by ", number(d.errors[0] - d.errors[1]),
                " points and that of residual nets by ", number(d.errors[2] - d.errors[3]), ": depth costs plain nets ",
                number(std::abs(d.points)), d.points < 0 ? " points less (" : " points more (", evidence(d), ").");
}

// --- what can be said before any difference is looked at ----------------------------------------------

bool near_guessing(const Net& net, const Setting& setting) {
    double sum = 0;
    Index pictures = 0, runs = 0;
    for (const Run* run : net.runs) {
        const double error = record_of(*run, setting.epoch).train_error;
        if (std::isnan(error)) continue;
        sum += error, ++runs;
        pictures += counted(*run, setting.epoch, setting.counting);
    }
    return runs > 0 && sum / static_cast<double>(runs) >= learned_below(setting.counting, std::max<Index>(1, pictures));
}

std::string training_error_of(const Net& net, const Setting& setting) {
    return format("%.1f %%", 100 * at(net, setting.epoch, &EpochRecord::train_error).mean);
}

bool still_near_guessing(const Net& net, const Setting& setting) {
    return near_guessing(net, setting) && !settled(net, setting.epoch);
}

// Whether some of the nets have learned so little that the claim cannot be judged by them.
bool too_early(Claim& claim, const std::vector<const Net*>& nets, const Setting& setting) {
    const auto guesses = [&](const Net* net) { return near_guessing(*net, setting); };
    const std::string guess = format("that of a guess %.1f %%.  ", 100 * setting.counting.guessing);
    if (std::all_of(nets.begin(), nets.end(), guesses)) {
        claim.outcome = Outcome::nothing_learned;
        for (const Net* net : nets)
            claim.finding += text(claim.finding.empty() ? "the training error of " : "that of ", net->name(),
                                  claim.finding.empty() ? " is " : " ", training_error_of(*net, setting), ", ");
        claim.finding += guess + "Train for longer, or with another learning rate.";
        return true;
    }
    for (const Net* net : nets)
        if (still_near_guessing(*net, setting)) {
            claim.outcome = Outcome::unclear;
            claim.finding =
                text(net->name(), " is still near guessing: its training error is ", training_error_of(*net, setting),
                     ", ", guess, "Only a lower learning rate will show whether it is stuck or slow.");
            return true;
        }
    return false;
}

Claim stated(const std::string& statement, const Difference& d) {
    Claim claim{.statement = statement, .outcome = Outcome::untested, .finding = {}};
    if (!d.untested.empty()) claim.finding = d.untested + ".";
    return claim;
}

// --- the claims ----------------------------------------------------------------------------------------

// Those with two seeds or more, which an interval needs, if they are of two depths; else all.
std::vector<Net> to_be_judged(const std::vector<Net>& nets) {
    std::vector<Net> some;
    std::copy_if(nets.begin(), nets.end(), std::back_inserter(some), [](const Net& n) { return n.runs.size() > 1; });
    return some.size() > 1 ? some : nets;
}

// Each net that is neither the deepest nor the shallowest of those judged, compared with the latter.
void add_others(std::vector<std::string>& sentences, const std::vector<Net>& nets, const std::vector<Net>& judged,
                const Setting& setting) {
    if (judged.size() < 2) return;
    const Net& shallow = judged.front();
    for (const Net& net : nets) {
        if (net.depth == shallow.depth || net.depth == judged.back().depth) continue;
        const Difference d = measure("", {{1, &net}, {-1, &shallow}}, setting);
        sentences.push_back(d.untested.empty() ? compared(net, shallow, d, setting) + "." + remark_on_uncounted(d)
                                               : capitalised(d.untested) + ".");
    }
}

// A claim that the deepest of `nets` has more error than the shallowest (sign 1), or less (-1).
Claim judge_depth(const std::string& statement, int sign, const std::vector<Net>& nets, const Difference& d,
                  const Setting& setting) {
    Claim claim = stated(statement, d);
    if (!d.untested.empty() || too_early(claim, {&nets.back(), &nets.front()}, setting)) return claim;
    const bool clear = d.more() || d.less();
    claim.outcome = !clear ? Outcome::unclear : d.more() == (sign > 0) ? Outcome::holds : Outcome::fails;
    claim.finding = text(compared(nets.back(), nets.front(), d, setting), ".", clear ? "" : "  " + why_unclear(d),
                         remark_on_uncounted(d));
    return claim;
}

Claim judge_remedy(const std::vector<Net>& residual, const Nets& twins, const Difference& depth,
                   const Setting& setting) {
    Claim claim = stated("residual nets of the same depth do not degrade", depth);
    if (!depth.untested.empty() || too_early(claim, {&residual.back(), &residual.front()}, setting)) return claim;
    const Difference whole = interaction(twins, 1, setting), part = interaction(twins, threshold::margin, setting);
    const bool plain_learn = std::none_of(twins.plain.begin(), twins.plain.end(),
                                          [&](const Net& net) { return still_near_guessing(net, setting); });
    claim.finding = compared(residual.back(), residual.front(), depth, setting) + ".";
    if (depth.less()) claim.outcome = Outcome::holds;
    else if (depth.more()) claim.outcome = Outcome::fails;
    else if (part.more() && plain_learn) {
        claim.outcome = Outcome::holds;
        claim.finding +=
            "  That may be chance, and depth clearly costs residual nets less than half of what it costs "
            "plain ones.";
    } else {
        claim.outcome = Outcome::unclear;
        claim.finding += "  " + why_unclear(depth);
    }
    claim.finding += about_interaction(whole, twins) + remark_on_uncounted(whole.untested.empty() ? whole : depth);
    return claim;
}

std::vector<Difference> differences(const Nets& nets, const Nets& twins, const std::vector<Net>& residual,
                                    const Setting& setting) {
    return {by_depth(nets.plain, "plain", nets.unfinished, setting),
            by_depth(residual, "residual", nets.unfinished, setting), by_shortcut(twins, setting),
            interaction(twins, 1, setting)};
}

}  // namespace

Verdict judge(const std::vector<Run>& runs, const Counting& counting) {
    std::vector<Run> finished;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(finished), [](const Run& r) { return r.finished(); });
    const std::vector<Net> all = nets_of(finished);
    Nets trained, nets{.unfinished = finished.size() < runs.size()}, twins;
    for (const Net& net : all) (net.kind == "plain" ? trained.plain : trained.residual).push_back(net);
    nets.plain = to_be_judged(trained.plain), nets.residual = to_be_judged(trained.residual);
    twins.plain = with_twin(nets.plain, nets.residual), twins.residual = with_twin(nets.residual, nets.plain);
    // Of the same depth, where there are such: the deeper ones have nothing to be compared with.
    const std::vector<Net>& residual = twins.residual.size() > 1 ? twins.residual : nets.residual;

    Verdict v;
    v.epoch = last_shared_epoch(all);
    Setting setting{.epoch = v.epoch, .counting = counting};
    v.training = differences(nets, twins, residual, setting);
    v.degradation = judge_depth("deep plain nets exhibit higher training error when going deeper", 1, nets.plain,
                                v.training[0], setting);
    add_others(v.other_depths, trained.plain, nets.plain, setting);
    add_others(v.other_depths, trained.residual, residual, setting);
    v.remedy = judge_remedy(residual, twins, v.training[1], setting);
    setting.what = &EpochRecord::test_error;
    v.test = differences(nets, twins, nets.residual, setting);
    v.gain = judge_depth("residual nets demonstrate accuracy gains when the depth increases", -1, nets.residual,
                         v.test[1], setting);
    add_others(v.other_depths, trained.residual, nets.residual, setting);
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
        case Outcome::fails:
            return "does not hold";
        case Outcome::unclear:
            return "cannot tell";
        case Outcome::nothing_learned:
            return "nothing was learned here";
        case Outcome::untested:
            return "not tested";
    }
    throw InternalError("internal error, please report it: an unknown outcome");
}

std::string heading(int number, const Claim& claim) { return text("Claim ", number, ": ", claim.statement, "."); }

std::string answer(const Claim& claim) {
    return text(capitalised(words(claim.outcome)), ": ", claim.finding);
}

std::string about_other_depths(const Verdict& verdict) {
    std::string items;
    for (const std::string& sentence : verdict.other_depths) items += "\n- " + sentence;
    return items.empty() ? "" : "Other depths:" + items;
}

std::string claims_text(const Verdict& verdict) {
    std::string all;
    int number = 0;
    for (const Claim* claim : verdict.claims()) all += text(heading(++number, *claim), "\n", answer(*claim), "\n\n");
    if (verdict.other_depths.empty()) all.pop_back();
    else all += about_other_depths(verdict) + "\n";
    return all;
}

std::string in_words(const Difference& d) {
    return d.untested.empty() ? text(number(d.points), " (", evidence(d), ")") : text("not tested: ", d.untested);
}

}  // namespace deepen
