// What comes out of an experiment on why depth hurts?
//
// Each of build/why's experiments measures something in nets and hands back a Study: whose claim it tests and how,
// what was measured as plots and as rows, what became of the claim, and what it does *not* show.  From this follow the
// files
//
//     OUTPUT/NAME.html      a page
//     OUTPUT/NAME.svg, .png the plots; of surfaces, the surfaces
//     OUTPUT/NAME.csv       the numbers
//
// and what is printed.  A claim's outcome is judged against thresholds in the source of its experiment.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "resnet/report/html.h"
#include "resnet/report/plot.h"
#include "resnet/report/verdict.h"
#include "resnet/why/surface.h"

namespace deepen {

struct Study {
    std::string name, title;                             // "lesion", "Can a net do without one of its blocks?"
    // As HTML paragraphs.
    std::string source;                                  // who claims what, and where
    std::string method;                                  // how it was measured here
    std::string caption;                                 // of the figure
    std::string limits;                                  // what this does not show
    std::string further;                                 // where to read on

    std::vector<Claim> claims;
    std::vector<Surface> surfaces;                       // drawn first, where there are any
    std::vector<Plot> plots;
    std::string csv;
};

// The claims and what became of them, for a terminal.
std::string claims_text(const Study& study);

// One study's page, or that of several one after the other, with what was run.  Needs gnuplot.
std::string study_html(const std::vector<Study>& studies, const std::vector<Fact>& run);

// The files of one study.  `say` is told what this gnuplot cannot draw.
void write_study(const std::filesystem::path& folder, const Study& study, const std::vector<Fact>& run,
                 const std::function<void(const std::string&)>& say);

// --- judging --------------------------------------------------------------------------------------------

// Whether what was measured from several seeds lies below `limit`.  With two values or more by their mean's 95 %
// interval (statistics.h): holds below, fails above, unclear where the limit lies within.  A single value is unclear
// within `noise` of the limit.
Outcome below(const std::vector<double>& values, double limit, double noise);

// Holds where that fails, and the other way round; other outcomes as they are.
Outcome opposite(Outcome outcome);

// Whether it lies between two limits, likewise; a single value by itself.
Outcome between(const std::vector<double>& values, double low, double high);

// One outcome if both agree; fails if one does; untested if one is.
Outcome all_of(Outcome a, Outcome b);

// A number of each element, by a function of it or a member.
template <class Elements, class Number>
std::vector<double> each(const Elements& elements, Number number) {
    std::vector<double> all;
    for (const auto& element : elements) all.push_back(std::invoke(number, element));
    return all;
}

// "1.2, 3.4 and 5.6".
std::string listed(const std::vector<double>& values, const char* pattern);
// Their mean and its interval: "1.178 (95 % interval 1.176 to 1.180)".
std::string in_words(const std::vector<double>& values, const char* pattern);

}  // namespace deepen
