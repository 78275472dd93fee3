// How is an experiment watched in a browser?  See live_report.h.
#include "resnet/report/live_report.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/io/files.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

using State = RunStatus::State;

constexpr int reload_seconds = 10;

std::string cell(double error) {
    return std::isnan(error) ? "<td>&ndash;</td>" : format("<td>%.2f&nbsp;%%</td>", 100 * error);
}

std::string row(const RunStatus& run, Phase phase) {
    const bool runs = run.state == State::running && phase == Phase::running;
    const std::string state = runs                            ? "running"
                              : run.state == State::elsewhere ? "left to another process"
                              : phase == Phase::running       ? "waiting"
                                                              : "not finished";
    const bool known = !std::isnan(run.seconds_remaining) && run.state != State::elsewhere;
    return text("<tr><th scope=\"row\">", run.name, "</th><td>", state, "</td><td>",
                run.epoch > 0 ? text(run.epoch, " of ", run.epochs) : "&ndash;", "</td>", cell(run.train_error),
                cell(run.test_error), "<td>",
                known ? duration(run.seconds_remaining) : "&ndash;", "</td></tr>\n");
}

std::string what_happens(const Standing& standing, Phase phase, const std::string& time) {
    switch (phase) {
        case Phase::running:
            return text("About ", duration(standing.seconds_remaining), " remaining, as of ", time,
                        ".  This page is written again after every epoch and loads itself again every ",
                        reload_seconds, " seconds.  If the time above no longer changes, the experiment was killed.");
        case Phase::interrupted:
            return text("It was interrupted at ", time, ".  The same command goes on where it stopped.");
        case Phase::failed:
            return text("It stopped with an error at ", time, ".  The terminal that it ran in says why.");
        case Phase::over:
            break;
    }
    return "";
}

std::string standing_html(const Standing& standing, Phase phase, const std::string& time) {
    std::string s = text("<section class=\"claim\" style=\"--mark: var(--", phase == Phase::failed ? "fails" : "part",
                         ")\">\n<h3>This experiment is ", phase == Phase::running ? "running" : "not finished",
                         ": <span class=\"outcome\">", standing.finished(), " of ", standing.runs.size(),
                         " runs finished</span></h3>\n<p>", what_happens(standing, phase, time),
                         "</p>\n<p>Claims and numbers below are of finished runs alone.  In the figure, curves of the "
                         "others end in a ring, and their names have a star.</p>\n<div class=\"scroll\"><table>\n"
                         "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">state</th>"
                         "<th scope=\"col\">epoch</th><th scope=\"col\">training error</th>"
                         "<th scope=\"col\">test error</th>"
                         "<th scope=\"col\">remaining</th></tr></thead>\n<tbody>\n");
    for (const RunStatus& run : standing.runs)
        if (run.state != State::finished) s += row(run, phase);
    return s + "</tbody>\n</table></div>\n</section>\n";
}

void insert_after(std::string& page, const std::string& place, const std::string& what) {
    const std::size_t at = page.find(place);
    ensure(at != page.npos, "the report has no ", place);
    page.insert(at + place.size(), what);
}

}  // namespace

std::string local_time() {
    const std::time_t now = std::time(nullptr);
    char words[32];
    std::strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S", std::localtime(&now));
    return words;
}

std::string with_standing(std::string page, const Standing& standing, Phase phase, const std::string& time) {
    if (phase == Phase::over) return page;
    insert_after(page, "</h1>\n", standing_html(standing, phase, time));
    if (phase == Phase::running)
        insert_after(page, "<head>\n", text("<meta http-equiv=\"refresh\" content=\"", reload_seconds, "\">\n"));
    return page;
}

LiveReport::LiveReport(std::filesystem::path path, ReportFacts facts, std::function<void(const std::string&)> say)
    : path_(std::move(path)), facts_(std::move(facts)), say_(std::move(say)) {}

void LiveReport::draw(const std::vector<Run>& runs, const std::vector<Run>& unfinished, const Standing& standing,
                      Phase phase) {
    const auto has_epochs = [](const Run& run) { return !run.history.empty(); };
    if (!std::any_of(runs.begin(), runs.end(), has_epochs) &&
        !std::any_of(unfinished.begin(), unfinished.end(), has_epochs))
        return show(standing, phase);
    attempt([&] {
        page_ = report_html(runs, facts_, unfinished);
        write(standing, phase);
    });
}

void LiveReport::show(const Standing& standing, Phase phase) {
    if (!page_.empty()) attempt([&] { write(standing, phase); });
}

void LiveReport::write(const Standing& standing, Phase phase) const {
    write_file_atomically(path_, with_standing(page_, standing, phase, local_time()));
}

// An interruption ends gnuplot, too: that is no news.
void LiveReport::attempt(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& e) {
        if (!told_ && !interrupted())
            say_(text(path_.string(), " is not up to date; the training goes on.  ", e.what()));
        told_ = true;
    }
}

}  // namespace deepen
