// What is in the report of an experiment?  See report.h.
#include "resnet/report/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/curves.h"
#include "resnet/report/html.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

constexpr const char* title = "Does depth hurt, and do shortcuts help?";

std::string with_commas(Index count) {
    std::string digits = std::to_string(count);
    for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::string epochs_text(Index epochs) { return text(epochs, epochs == 1 ? " epoch" : " epochs"); }

// "12.3 %", and its range over several seeds below it.
std::string percent_cell(const Spread& s, bool several) {
    if (std::isnan(s.mean)) return "<td>&ndash;</td>";
    std::string range;
    if (several) range = format("<small>%.2f &ndash; %.2f</small>", 100 * s.low, 100 * s.high);
    return "<td>" + format("%.2f&nbsp;%%", 100 * s.mean) + range + "</td>";
}

double seconds_per_epoch(const Net& net, Index epochs) {
    double sum = 0;
    for (Index epoch = 1; epoch <= epochs; ++epoch) sum += at(net, epoch, &EpochRecord::seconds).mean;
    return sum / static_cast<double>(epochs);
}

std::string dashes(std::size_t count) {
    std::string cells;
    for (std::size_t i = 0; i < count; ++i) cells += "<td>&ndash;</td>";
    return cells;
}

std::string claims_of(const Verdict& verdict) {
    std::string cards;
    int number = 0;
    for (const Claim* claim : verdict.claims()) cards += html_claim(++number, *claim);
    std::string items;
    for (const std::string& sentence : verdict.other_depths) items += "<li>" + escaped(sentence) + "</li>\n";
    return items.empty() ? cards : cards + "<div class=\"soft\">Other depths:\n<ul>\n" + items + "</ul></div>\n";
}

// All comparisons, of training and of test error.
std::string differences_table(const Verdict& verdict) {
    std::string rows;
    for (std::size_t i = 0; i < verdict.training.size(); ++i) {
        const Difference &training = verdict.training[i], &test = verdict.test[i];
        if (training.name.empty() && test.name.empty()) continue;
        rows += text("<tr><th scope=\"row\">", escaped(training.name.empty() ? test.name : training.name), "</th>");
        for (const Difference* d : {&training, &test}) {
            if (d->untested.empty())
                rows += text("<td>", format("%+.2f", d->points), "<small>",
                             d->has_interval ? format("%+.2f to %+.2f, df %.1f", d->welch.interval.low,
                                                      d->welch.interval.high, d->welch.freedom)
                                             : format("published runs: %.2f", d->by_chance),
                             "</small></td>");
            else rows += "<td>&ndash;</td>";
        }
        rows += "</tr>\n";
    }
    if (rows.empty()) return "";
    return text(
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">difference, points</th>"
        "<th scope=\"col\">training error</th><th scope=\"col\">test error</th></tr></thead>\n<tbody>\n",
        rows, "</tbody>\n</table></div>\n<p class=\"soft\">At the last epoch.  Below each difference is its 95&nbsp;% ",
        "interval (Welch), with the degrees of freedom; where a net has one seed, how far published runs of one ",
        "net are apart at such errors.  The last row is the interaction of depth and shortcut.  There is no ",
        "correction for making several comparisons.</p>\n");
}

std::string table(const std::vector<Net>& nets, const ReportFacts& facts, Index epochs) {
    std::string s =
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">net</th><th scope=\"col\">parameters</th>"
        "<th scope=\"col\">training error</th><th scope=\"col\">test error</th>"
        "<th scope=\"col\">seconds<br>per epoch</th><th scope=\"col\">seeds</th></tr></thead>\n<tbody>\n";
    for (const Net& net : nets) {
        const auto parameters = facts.parameters.find(net.name());
        const bool several = net.runs.size() > 1;
        s += text("<tr><th scope=\"row\">", net.name(), "</th><td>",
                  parameters == facts.parameters.end() ? "&ndash;" : with_commas(parameters->second), "</td>",
                  percent_cell(at(net, epochs, &EpochRecord::train_error), several),
                  percent_cell(at(net, epochs, &EpochRecord::test_error), several), "<td>",
                  format("%.1f", seconds_per_epoch(net, epochs)), "</td><td>", net.runs.size(), "</td></tr>\n");
    }
    // Below the box that scrolls, so that a narrow window shows all of it.
    const bool several = std::any_of(nets.begin(), nets.end(), [](const Net& net) { return net.runs.size() > 1; });
    s += text("</tbody>\n</table></div>\n<p class=\"soft\">After ", epochs_text(epochs),
              several ? ": means over seeds, with their ranges below.  " : ".  ",
              "Training error is the average over that epoch, on augmented pictures and with changing weights.  No ",
              "epoch was chosen by its test error.  ",
              "Seconds are wall-clock time, tests included, and depend on what else the machine was doing.</p>\n");
    return s;
}

// What the schedule the paper trains by would have added.
std::string limits(const ReportPart& part) {
    const std::vector<Net> nets = nets_of(part.runs);
    if (nets.empty()) return "";
    const Index epochs = last_shared_epoch(nets);
    constexpr Index full_schedule = 64000;  // iterations, with drops at 32,000 and 48,000
    bool lowered = false, complete = true;
    for (const Net& net : nets)
        for (const Run* run : net.runs) {
            const EpochRecord& last = run->history[static_cast<std::size_t>(epochs) - 1];
            lowered = lowered || last.lr < 0.5 * run->history.front().lr;
            complete = complete && last.iteration >= full_schedule;
        }
    if (complete) return "";
    if (lowered)
        return "<p>What these runs cannot show: the paper trains for 64,000 iterations and lowers the learning\n"
               "rate twice; before the end of that schedule nets may still change places.  Its Figure 6 shows the\n"
               "whole course.</p>\n";
    return text(
        "<p>What these runs cannot show: their learning rate was not lowered within ", epochs_text(epochs),
        ".\nThat deeper residual nets are better than shallower ones appears in published runs only after its\n"
        "first drop; before it, a deeper residual net may still be worse than a shallower one.  Figure 6 of the\n"
        "paper shows the whole course.</p>\n");
}

constexpr const char* why = R"(<h2>Why?</h2>
<p>The deeper plain net can do all that the shallower one does: let its extra layers pass their input on unchanged.
So a deeper net that <em>trains</em> worse neither lacks capacity nor overfits; it is harder to
optimise.  Vanishing gradients are an unlikely reason: with batch normalisation the signals keep their variance, and
the gradients were found healthy in training (<a href="https://arxiv.org/abs/1512.03385">He et al. 2015</a>, section
4.1).  At the start they explode, and batch normalisation is what makes them (<a
href="https://arxiv.org/abs/1902.08129">Yang et al. 2019</a>): <code>build/why signal</code> measures it.</p>
<p>A residual block computes x + F(x) where a plain one computes F(x).  Passing the input on then takes no more than
F = 0, and what has to be learnt is a small change to it.  The paper's Figure 7 fits this idea: the layers of residual
nets respond less than those of plain nets, and less still in deeper ones.  That is support for a hypothesis, not a
proof of it.  <code>build/why responses</code>, <code>lesion</code> and <code>landscape</code> look into the nets of
runs like these, <code>shattered</code> into untrained ones, and <code>remedies</code> tries other beginnings.</p>
)";

constexpr const char* how_to_read_curves = R"(
Error against iterations, the deeper the darker, with the same error axis left and right: training error solid, test
error dashed.  Look at the solid lines first: where the deeper plain net lies <em>above</em> the shallower one, training
itself fails; overfitting would show as a low solid line under a high dashed one.  Test error can be below training
error early on, because it is measured at the end of an epoch and on undistorted pictures.  Thin lines are seeds, and
thick ones their means; the first epochs may be cut off at the top.
)";

constexpr const char* how_to_read_figure6 = R"(
The same as the paper draws it in its Figure 6: training error dashed, test error bold, and only the lowest errors, 0 to
20&nbsp;% where the nets get there.  A net that ends above that is named at the top.
)";

constexpr const char* how_to_read_twins = R"(
The same depth and the same pictures in the same order: only the shortcut differs.  With option A (the identity,
padded with zeros where a stage widens) it has no weights of its own.
)";

// "plain-20, plain-56 and resnet-20"
std::string names(const std::vector<Net>& nets) {
    std::string list;
    for (const Net& net : nets) list += text(list.empty() ? "" : &net == &nets.back() ? " and " : ", ", net.name());
    return list;
}

std::string seeds_text(const std::vector<Run>& runs) {
    std::set<std::uint64_t> seeds;
    for (const Run& run : runs) seeds.insert(run.seed);
    std::string list;
    for (std::uint64_t seed : seeds) list += (list.empty() ? "" : ", ") + std::to_string(seed);
    return list;
}

std::string what_was_run(const ReportPart& part) {
    const ReportFacts& facts = part.facts;
    std::vector<Fact> rows{{"command", facts.command, true},
                           {"data set", facts.data_set},
                           {"seeds", seeds_text(part.runs.empty() ? part.unfinished : part.runs)},
                           {"commit", facts.commit, true},
                           {"machine", facts.machine},
                           {"date", facts.date}};
    for (const std::string& folder : facts.folders) rows.push_back({"run", folder, true});
    return text("<h2>What was run", part.title.empty() ? "" : ": ", escaped(part.title), "</h2>\n", html_list(rows));
}

// Claims, numbers and curves of runs that have one recipe.
std::string findings(const ReportPart& part) {
    const std::vector<Net> nets = nets_of(part.runs);
    require(!nets.empty() || !part.unfinished.empty(), "nothing to report: none of the ", part.runs.size(),
            " runs has finished an epoch.");
    const Curves drawn{part.runs, part.unfinished, part.facts.published};
    const std::string curves = text(
        "<h2>The curves</h2>\n",
        html_figure(curves_figure(drawn, Look::ours), "Error against iterations, plain nets and residual nets",
                    how_to_read_curves, false),
        html_figure(curves_figure(drawn, Look::paper), "The same in the look of the paper's Figure 6",
                    how_to_read_figure6, false));
    std::string s = part.title.empty() ? "" : text("<h2>", escaped(part.title), "</h2>\n");
    const std::string remark = part.remark.empty() ? "" : text("<p class=\"soft\">", escaped(part.remark), "</p>\n");
    if (nets.empty()) return s + remark + curves;
    const Verdict verdict = judge(part.all(), part.facts.counting);      // it says where some are not finished
    s += text("<p class=\"soft\">The degradation experiment of He et al. 2015, section 4.2, with ", names(nets),
              ", compared after ", epochs_text(verdict.epoch), ".</p>\n");
    s += claims_of(verdict) + remark;
    s += "<h2>The numbers</h2>\n" + table(nets, part.facts, verdict.epoch) + differences_table(verdict);
    return s + curves +
           html_figure(same_depth_figure(part.runs),
                  "Error against iterations at the same depth, with and without shortcuts", how_to_read_twins, true) +
           part.inside;
}

// Each net's errors with each recipe, where there are several.
std::string side_by_side(const std::vector<ReportPart>& parts) {
    std::map<std::pair<std::string, int>, std::string> rows;
    std::string heads;
    for (std::size_t column = 0; column < parts.size(); ++column) {
        const std::vector<Net> nets = nets_of(parts[column].runs);
        heads += text("<th scope=\"col\">", escaped(parts[column].title), "</th>");
        for (const Net& net : nets) {
            const Index last = last_shared_epoch(nets);
            std::string& row = rows[{net.kind, net.depth}];
            if (row.empty()) row = text("<th scope=\"row\">", net.name(), "</th>", dashes(column));
            const Spread training = at(net, last, &EpochRecord::train_error);
            const Spread test = at(net, last, &EpochRecord::test_error);
            row += text("<td>", format("%.2f / %.2f&nbsp;%%", 100 * training.mean, 100 * test.mean), "</td>");
        }
        for (auto& [key, row] : rows) {
            const auto has_key = [&key = key](const Net& net) { return std::pair(net.kind, net.depth) == key; };
            if (std::none_of(nets.begin(), nets.end(), has_key)) row += dashes(1);
        }
    }
    std::string s =
        text("<h2>Side by side</h2>\n<p>These runs were trained with different settings.  Nets are compared ",
             "within one recipe only; between recipes there is no claim, and a difference may have any of ",
             "the reasons that the headings name.</p>\n<div class=\"scroll\"><table>\n<thead><tr>",
             "<th scope=\"col\">training / test error</th>", heads, "</tr></thead>\n<tbody>\n");
    for (const auto& [net, row] : rows) s += text("<tr>", row, "</tr>\n");
    return s + "</tbody>\n</table></div>\n";
}

}  // namespace

std::vector<Run> ReportPart::all() const { return Curves{runs, unfinished, {}}.ours(); }

std::string report_html(const std::vector<ReportPart>& parts) {
    std::string s = html_head(title);
    if (parts.size() > 1) s += side_by_side(parts);
    for (const ReportPart& part : parts) s += findings(part);
    s += why;
    for (const ReportPart& part : parts)
        if (const std::string limit = limits(part); !limit.empty()) {
            s += limit;
            break;  // said once
        }
    for (const ReportPart& part : parts) s += what_was_run(part);
    return s + html_end;
}

std::string report_html(const std::vector<Run>& runs, const ReportFacts& facts, const std::vector<Run>& unfinished) {
    return report_html({{.title = "", .runs = runs, .unfinished = unfinished, .facts = facts}});
}

void write_report(const std::filesystem::path& path, const std::vector<Run>& runs, const ReportFacts& facts) {
    write_file_atomically(path, report_html(runs, facts));
}

}  // namespace deepen
