// How does a page of results stay true while runs are added to it?  See results_page.h.
#include "resnet/report/results_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/printable.h"
#include "resnet/report/curves.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_page = 1 << 20, longest_note = 4096;
constexpr int columns_of_prose = 100;
constexpr const char* written_beside[] = {"curves.csv", "runs.csv", "figure6.svg", "curves.svg"};

// --- the parts -----------------------------------------------------------------------------------------

std::string picture(const std::string& file, const std::string& words) { return text("![", words, "](", file, ")\n"); }

// Plain nets first, by depth and seed.
std::vector<const FoundRun*> in_order(const MergedRuns& merged) {
    std::vector<const FoundRun*> all;
    for (const FoundRun& found : merged.found) all.push_back(&found);
    const auto place = [](const FoundRun* f) { return std::tuple(f->run.kind, f->run.depth, f->run.seed); };
    std::sort(all.begin(), all.end(), [&](const FoundRun* a, const FoundRun* b) { return place(a) < place(b); });
    return all;
}

std::string name_of(const FoundRun& found) { return Net{found.run.kind, found.run.depth, {}}.name(); }

std::string errors_of(double training, double test) { return format("%.2f / %.2f", 100 * training, 100 * test); }

std::string cell_of(const Run& run) {
    if (!run.finished()) return text(run.history.size(), " of ", run.epochs, " epochs");
    return errors_of(run.history.back().train_error, run.history.back().test_error);
}

// A row per net, a column per seed, and the mean where there are several.
std::string errors_table(const MergedRuns& merged) {
    std::set<std::uint64_t> seeds;
    for (const FoundRun& found : merged.found) seeds.insert(found.run.seed);
    const bool several = seeds.size() > 1;
    std::string head = "| training / test error, % |", rule = "|---|", rows;
    for (std::uint64_t seed : seeds) head += text(" seed ", seed, " |"), rule += "---|";
    if (several) head += " mean |", rule += "---|";

    std::vector<std::string> nets;
    std::map<std::string, std::map<std::uint64_t, const Run*>> by_net;
    for (const FoundRun* found : in_order(merged)) {
        if (nets.empty() || nets.back() != name_of(*found)) nets.push_back(name_of(*found));
        by_net[nets.back()][found->run.seed] = &found->run;
    }
    for (const std::string& net : nets) {
        rows += text("| ", net, " |");
        std::vector<double> training, test;
        for (std::uint64_t seed : seeds) {
            const auto run = by_net[net].find(seed);
            rows += run == by_net[net].end() ? " – |" : text(" ", cell_of(*run->second), " |");
            if (run == by_net[net].end() || !run->second->finished()) continue;
            training.push_back(run->second->history.back().train_error);
            test.push_back(run->second->history.back().test_error);
        }
        if (several)
            rows += training.size() < 2 ? " – |" : text(" ", errors_of(mean_of(training), mean_of(test)), " |");
        rows += "\n";
    }
    return text(head, "\n", rule, "\n", rows);
}

// "Nets of one seed, where a 95 % interval needs two: plain-20, plain-56."
std::string lone_seeds(const std::vector<Run>& finished) {
    std::string list;
    for (const Net& net : nets_of(finished))
        if (net.runs.size() == 1) list += text(list.empty() ? "" : ", ", net.name());
    return list.empty() ? "" : text("Nets of one seed, where a 95 % interval needs two: ", list, ".\n");
}

std::string claims_part(const MergedRuns& merged) {
    std::vector<Run> all = merged.finished();
    const std::vector<Run> finished = all, unfinished = merged.unfinished();
    if (finished.empty()) return "No run is finished yet.\n";
    all.insert(all.end(), unfinished.begin(), unfinished.end());
    const Verdict verdict = judge(all, merged.counting());
    std::string words;
    int number = 0;
    for (const Claim* claim : verdict.claims())
        words += wrap(text(words.empty() ? "" : "\n", heading(++number, *claim), " ", answer(*claim), "\n"),
                      columns_of_prose);
    if (!verdict.other_depths.empty()) words += "\n" + wrap(about_other_depths(verdict) + "\n", columns_of_prose);
    const std::string lone = lone_seeds(finished);
    return lone.empty() ? words : words + "\n" + wrap(lone, columns_of_prose);
}

// For a cell of a table.
std::string in_a_cell(const std::string& words) {
    std::string safe;
    for (char c : printable_name(words)) safe += c == '|' ? "\\|" : c == '<' ? "&lt;" : std::string(1, c);
    return safe.empty() ? "–" : safe;
}

std::string machine_of(const FoundRun& found) {
    const fs::path note = found.folder / "machine.txt";
    if (!fs::exists(note)) return "";
    const std::string words = read_text_file(note, longest_note);
    return words.substr(0, words.find('\n'));
}

// A path in Markdown's parentheses, in a cell of a table.
std::string link_to(const fs::path& path) {
    std::string link;
    for (char c : path.generic_string())
        link += std::string_view(" ()<>|%#?").find(c) == std::string_view::npos ? std::string(1, c)
                                                                              : format("%%%02X", static_cast<int>(c));
    return link;
}

std::string runs_table(const MergedRuns& merged, const fs::path& page) {
    std::string rows =
        "| run | iterations | training error | test error | commit | machine |\n|---|---|---|---|---|---|\n";
    const fs::path beside = page.has_parent_path() ? page.parent_path() : ".";
    for (const FoundRun* found : in_order(merged)) {
        const EpochRecord& last = found->run.history.back();
        const fs::path log = fs::proximate(found->folder, beside) / "log.csv";
        rows += text("| [", name_of(*found), ", seed ", found->run.seed, "](", link_to(log), ") | ",
                     last.iteration, found->run.finished() ? "" : " so far", " | ",
                     format("%.2f %% | %.2f %% | ", 100 * last.train_error, 100 * last.test_error),
                     in_a_cell(found->commit.substr(0, 7)), " | ", in_a_cell(machine_of(*found)), " |\n");
    }
    return rows;
}

// --- the page ------------------------------------------------------------------------------------------

std::string beginning_of(const std::string& part) { return text("<!-- ", part, ":"); }
std::string ending_of(const std::string& part) { return text("<!-- end of ", part, " -->"); }

// Whether the page has that part, which then holds `content`.
bool replace(std::string& page, const std::string& part, const std::string& content, const fs::path& path) {
    const std::size_t begin = page.find(beginning_of(part));
    if (begin == page.npos) return false;
    const std::size_t end_of_line = page.find('\n', begin), end = page.find(ending_of(part), begin);
    require(end != page.npos && end_of_line < end, path.string(), " has a line ", beginning_of(part),
            " ... --> and below it no line ", ending_of(part), ".  Put it where that part ends.");
    page.replace(end_of_line + 1, end - end_of_line - 1, "\n" + content + "\n");
    return true;
}

std::string empty_page(const std::vector<std::pair<std::string, std::string>>& parts) {
    std::string page = "# Results\n";
    for (const auto& [part, content] : parts)
        page += text("\n", beginning_of(part), " written by degradation --page -->\n", ending_of(part), "\n");
    return page;
}

}  // namespace

std::string results_page(const std::string& page, const fs::path& path, const MergedRuns& merged) {
    const std::string alt = "error against iterations, plain nets left, residual nets right";
    const std::vector<std::pair<std::string, std::string>> parts{
        {"figure6", picture("figure6.svg", alt + ", as in the paper's Figure 6")},
        {"errors", errors_table(merged)},
        {"claims", claims_part(merged)},
        {"curves", picture("curves.svg", alt)},
        {"runs", runs_table(merged, path)}};
    std::string written = page.empty() ? empty_page(parts) : page;
    bool any = false;
    for (const auto& [part, content] : parts) any = replace(written, part, content, path) || any;
    require(any, path.string(), " has no part for results, such as\n    ", beginning_of("errors"), " -->\n    ",
            ending_of("errors"), "\nAdd these lines, or name a page that does not exist yet.");
    return written;
}

void require_place_for_page(const fs::path& path, const fs::path& output) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (fs::absolute(folder).lexically_normal() == fs::absolute(output / "").lexically_normal().parent_path()) return;
    require(fs::is_directory(folder), path.string(), ": there is no folder ", folder.string(),
            " for this page.  Make it, or choose another.");
    if (fs::exists(path)) return;
    for (const char* name : written_beside)
        require(!fs::exists(folder / name), path.string(), " is a new page, and would replace ",
                (folder / name).string(), ", which is there already.  Choose another folder, or move it away.");
}

void write_results_page(const fs::path& path, const MergedRuns& merged, const std::vector<Run>& published) {
    const fs::path folder = path.parent_path();
    const std::string before = fs::exists(path) ? read_text_file(path, longest_page) : "";
    const std::string page = results_page(before, path, merged);
    const Curves curves{merged.finished(), merged.unfinished(), published};
    const std::string papers = curves_figure(curves, Look::paper), ours = curves_figure(curves, Look::ours);
    write_file_atomically(path, page);                   // first: what lies beside a page is the page's
    write_file_atomically(folder / "curves.csv", curves_csv(curves.ours()));
    write_file_atomically(folder / "runs.csv", runs_csv({merged}));
    write_file_atomically(folder / "figure6.svg", papers);
    write_file_atomically(folder / "curves.svg", ours);
}

}  // namespace deepen
