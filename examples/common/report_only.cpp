// How does degradation report on runs that are there already?  See report_only.h.
#include "examples/common/report_only.h"

#include <algorithm>
#include <iostream>
#include <set>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/printable.h"
#include "resnet/report/curves.h"
#include "resnet/report/curves_text.h"
#include "resnet/report/live_report.h"
#include "resnet/report/merge.h"
#include "resnet/report/results_page.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/watched.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

// Counting a net's parameters takes building it: a config.json may ask for any.
bool is_small(const FoundRun& found) { return found.run.depth * found.model.width * found.model.width < 1'000'000; }

ReportFacts facts_of(const MergedRuns& merged, const std::string& command, const std::vector<Run>& published) {
    const Counting& counting = merged.counting();
    ReportFacts facts{.command = command,
                      .data_set = text(counting.pictures, " training and ", counting.test_pictures, " test pictures"),
                      .date = local_time(),
                      .counting = counting,
                      .published = published};
    std::set<std::string> commits;
    for (const FoundRun& found : merged.found) {
        commits.insert(found.commit);
        facts.folders.push_back(text(printable_name(found.folder.string()), " (commit ",
                                     found.commit.empty() ? "not known" : printable_name(found.commit), ")"));
        const std::string net = Net{found.run.kind, found.run.depth, {}}.name();
        if (is_small(found) && !facts.parameters.contains(net))
            facts.parameters[net] = parameter_count(*make_model(found.model));
    }
    for (const std::string& commit : commits)
        facts.commit += (facts.commit.empty() ? "" : ", ") + printable_name(commit);
    return facts;
}

// "Not finished: resnet-56 from seed 1 (3 of 10 epochs)."
std::string remark_on(const std::vector<Run>& unfinished) {
    std::string list;
    for (const Run& run : unfinished)
        list += text(list.empty() ? "" : ", ", Net{run.kind, run.depth, {}}.name(), " from seed ", run.seed, " (",
                     run.history.size(), " of ", run.epochs, " epochs)");
    return list.empty()
               ? ""
               : text("Not finished: ", list,
                      ".  The figure shows such a net with a star at its name; claims and numbers leave it out.");
}

ReportPart part_of(const MergedRuns& merged, const std::string& command, const std::vector<Run>& published) {
    return {.title = merged.label.empty() ? "" : text("Recipe ", merged.label, ": ", printable_name(merged.settings)),
            .runs = merged.finished(),
            .unfinished = merged.unfinished(),
            .facts = facts_of(merged, command, published),
            .remark = remark_on(merged.unfinished()),
            .inside = watched_html(merged.found)};
}

void print(const ReportPart& part) {
    const Terminal terminal = terminal_at(1);
    const auto say = [&](const std::string& words) {
        std::cout << wrap(words, std::min(terminal.width(), 100)) << "\n";
    };
    std::cout << "\n";
    if (!part.title.empty()) say(part.title + "\n");
    if (!part.remark.empty()) say(part.remark + "\n");
    if (part.runs.empty()) return;
    std::cout << curves_text(part.runs, terminal) << "\n";
    say(claims_text(judge(part.all(), part.facts.counting)));
}

}  // namespace

void ReportOnlyFlags::add_to(CLI::App& app) {
    app_ = &app;
    app.add_option(
           "--report-only", folders,
           "train nothing: make one report of the runs in these folders, which are run folders (config.json and "
           "log.csv) or folders of such, from any machine")
        ->group("Output")
        ->type_name("DIR");
    app.add_flag("--allow-different", allow_different,
                 "with --report-only: runs that were trained with different settings stand side by side, instead of "
                 "being refused")
        ->group("Output");
    app.add_option(
           "--page", page,
           "with --report-only: also write the numbers and the verdict into this page in Markdown, and figure6.svg, "
           "curves.svg, curves.csv and runs.csv beside it; what is written in the page by hand stays")
        ->group("Output")
        ->type_name("FILE");
}

bool ReportOnlyFlags::given() const {
    if (folders.empty()) {
        if (allow_different)
            throw UsageError("--allow-different is for --report-only.  Leave it out, or name folders.");
        if (!page.empty()) throw UsageError("--page is for --report-only.  Leave it out, or name folders.");
        return false;
    }
    const std::set<std::string> apt = {"--report-only", "--allow-different", "--output-dir", "--published", "--page"};
    for (const CLI::Option* option : app_->get_options())
        if (option->count() > 0 && !apt.contains(option->get_name()))
            throw UsageError(text("--report-only trains nothing, so that ", option->get_name(),
                                  " has no effect.  Leave one of them out."));
    return true;
}

void ReportOnlyFlags::report(const fs::path& output, const std::string& command,
                             const std::vector<Run>& published) const {
    const auto say = [](const std::string& line) { std::cout << printable_message(line) << "\n"; };
    const std::vector<MergedRuns> merged = merge(find_runs({folders.begin(), folders.end()}, say), allow_different);
    require(page.empty() || merged.size() == 1, "--page shows runs of one recipe, and these have ", merged.size(),
            ".  Leave --page out, or the folders of all but one recipe.");
    if (!page.empty()) require_place_for_page(page, output);
    std::vector<ReportPart> parts;
    for (const MergedRuns& m : merged) parts.push_back(part_of(m, command, published));
    const std::string html = report_html(parts);
    make_output_folder(output);
    for (std::size_t i = 0; i < merged.size(); ++i)
        write_figures(output, merged[i].label.empty() ? "" : "-" + merged[i].label,
                      {parts[i].runs, parts[i].unfinished, parts[i].facts.published}, say);
    write_file_atomically(output / "runs.csv", runs_csv(merged));
    write_file_atomically(output / "report.html", html);
    if (!page.empty()) write_results_page(page, merged.front(), published);
    for (const ReportPart& part : parts) print(part);
    std::cout << "report: " << printable_name((output / "report.html").string()) << "\n";
    if (!page.empty())
        std::cout << "page: " << printable_name(page) << ", with its figures, curves.csv and runs.csv beside it\n";
}

}  // namespace deepen
