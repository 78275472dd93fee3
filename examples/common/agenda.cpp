// How long will several experiments take together, and how much of it is left?  See agenda.h.
#include "examples/common/agenda.h"

#include <algorithm>

#include "engine/error.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

// A Forecast plans runs.  Each part is one, of a single step.
std::vector<PlannedRun> as_runs(const std::vector<Agenda::Part>& parts) {
    std::vector<PlannedRun> runs;
    for (const Agenda::Part& part : parts)
        runs.push_back({.name = part.name,
                        .iterations = 1,
                        .iterations_left = 1,
                        .pictures_left = 1,
                        .cost = {.train = part.seconds}});
    return runs;
}

}  // namespace

Agenda::Agenda(std::vector<Part> parts) : parts_(std::move(parts)), forecast_(as_runs(parts_)) {}

std::string Agenda::plan(int threads) const {
    if (parts_.size() < 2) return "";
    std::size_t widest = 0;
    double total = 0;
    for (const Part& part : parts_) widest = std::max(widest, part.name.size()), total += part.seconds;
    const auto row = [&](const Part& part) {
        return text("  ", format("%-*s", static_cast<int>(widest), part.name.c_str()),
                    format("%9s", duration(part.seconds).c_str()), part.note.empty() ? "" : "  ", part.note, "\n");
    };
    std::string s = text("plan, timed just now on ", threads, threads == 1 ? " thread" : " threads",
                         "; what an earlier command has measured is not measured again:\n");
    for (const Part& part : parts_) s += row(part);
    return s + row({"total", total});
}

std::size_t Agenda::place(const std::string& part) const {
    const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.name == part; });
    ensure(found != parts_.end(), "the agenda has no ", part);
    return static_cast<std::size_t>(found - parts_.begin());
}

void Agenda::advance(const std::string& part, double planned, double took) {
    forecast_.advance(place(part), planned, took);
}

void Agenda::finish(const std::string& part) { forecast_.finish(place(part)); }

std::string Agenda::remaining() const {
    return parts_.size() < 2 ? "" : text("in all: ", duration(seconds_remaining()), " remaining");
}

}  // namespace deepen
