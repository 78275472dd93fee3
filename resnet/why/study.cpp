// What comes out of an experiment on why depth hurts?  See study.h.
#include "resnet/why/study.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/statistics.h"

namespace deepen {
namespace {

std::string first_figure(const Study& study, FigureFormat format) {
    return study.surfaces.empty() ? drawn(study.plots, study.name, format)
                                  : drawn(study.surfaces, "loss", study.name, format);
}

std::string section(const Study& study) {
    std::string s = study.source;
    int number = 0;
    for (const Claim& claim : study.claims) s += html_claim(++number, claim);
    s += html_figure(first_figure(study, FigureFormat::svg), study.title, study.caption, false);
    if (!study.surfaces.empty())
        s += html_figure(drawn(study.plots, study.name + "_slice", FigureFormat::svg), "A slice", "", true);
    const auto part = [&](const char* name, const std::string& words) {
        if (!words.empty()) s += text("<h3>", name, "</h3>\n", words);
    };
    part("How it was measured", study.method);
    part("What this does not show", study.limits);
    part("Where to read on", study.further);
    return s + text("<p class=\"soft\">All numbers: <a href=\"", study.name, ".csv\">", study.name, ".csv</a></p>\n");
}

}  // namespace

std::string claims_text(const Study& study) {
    std::string all;
    int number = 0;
    for (const Claim& claim : study.claims)
        all += text(all.empty() ? "" : "\n", heading(++number, claim), "\n", answer(claim), "\n");
    return all;
}

std::string study_html(const std::vector<Study>& studies, const std::vector<Fact>& run) {
    const bool one = studies.size() == 1;
    std::string s = html_head(one ? studies.front().title : "Why does depth hurt, and why do shortcuts help?");
    for (const Study& study : studies) {
        if (!one) s += text("<h2 id=\"", study.name, "\">", escaped(study.title), "</h2>\n");
        s += section(study);
    }
    return s + "<h2>What was run</h2>\n" + html_list(run) + html_end;
}

void write_study(const std::filesystem::path& folder, const Study& study, const std::vector<Fact>& run,
                 const std::function<void(const std::string&)>& say) {
    write_file_atomically(folder / (study.name + ".csv"), study.csv);
    for (FigureFormat format : {FigureFormat::svg, FigureFormat::png})
        if (can_draw(format))
            write_file_atomically(folder / (study.name + "." + ending(format)), first_figure(study, format));
        else say(text("no ", ending(format), " figure: this gnuplot cannot draw it.  Debian's gnuplot-nox can."));
    if (can_draw(FigureFormat::svg)) write_file_atomically(folder / (study.name + ".html"), study_html({study}, run));
}

Outcome below(const std::vector<double>& values, double limit, double noise) {
    if (values.empty()) return Outcome::untested;
    const Contrast mean = contrast({{1, values}});
    const Interval interval =
        values.size() > 1 ? mean.interval : Interval{values.front() - noise, values.front() + noise};
    return interval.high < limit ? Outcome::holds : interval.low > limit ? Outcome::fails : Outcome::unclear;
}

Outcome opposite(Outcome o) { return o == Outcome::holds ? Outcome::fails : o == Outcome::fails ? Outcome::holds : o; }

Outcome between(const std::vector<double>& values, double low, double high) {
    const Outcome not_high = below(values, high, 0), too_low = below(values, low, 0);
    if (not_high == Outcome::untested) return not_high;
    if (not_high == Outcome::fails || too_low == Outcome::holds) return Outcome::fails;
    return not_high == Outcome::holds && too_low == Outcome::fails ? Outcome::holds : Outcome::unclear;
}

std::string listed(const std::vector<double>& values, const char* pattern) {
    std::string all;
    for (std::size_t i = 0; i < values.size(); ++i)
        all += text(i == 0 ? "" : i + 1 == values.size() ? " and " : ", ", format(pattern, values[i]));
    return all;
}

Outcome all_of(Outcome a, Outcome b) {
    if (a == Outcome::untested || b == Outcome::untested) return Outcome::untested;
    return a == b ? a : a == Outcome::fails || b == Outcome::fails ? Outcome::fails : Outcome::unclear;
}

std::string in_words(const std::vector<double>& values, const char* pattern) {
    const Contrast mean = contrast({{1, values}});
    std::string s = format(pattern, mean.effect);
    if (values.size() > 1)
        s += text(" (95 % interval ", format(pattern, mean.interval.low), " to ", format(pattern, mean.interval.high),
                  ")");
    return s;
}

}  // namespace deepen
