// How is an experiment watched in a browser?
//
// report.html (report.h) is replaced as a whole after every epoch of every net and, while the experiment runs, asks the
// browser to load it again every ten seconds: a plain file, no server, no script.  It begins with where each run is.
// When the experiment is over the page stays as it is; when it was interrupted or has failed, the page says so.
//
// gnuplot draws nothing any more once a signal has come (engine/interruption.h).  So the page is kept without its
// beginning, and what it says last needs no drawing.
#pragma once

#include <functional>

#include "resnet/report/report.h"
#include "resnet/report/standing.h"

namespace deepen {

enum class Phase { running, interrupted, failed, over };

// A page of report_html() that begins with where the experiment stands at `time`, for example "2026-11-27 14:32:05".
// `over` adds nothing.
std::string with_standing(std::string page, const Standing& standing, Phase phase, const std::string& time);

std::string local_time();                                // now, like that

class LiveReport {
public:
    // `say` is told, once, if a page cannot be drawn or written: that must not end the training.
    LiveReport(std::filesystem::path path, ReportFacts facts, std::function<void(const std::string&)> say);

    // Draws the curves of what is there by now.  Without a single epoch: as show().
    void draw(const std::vector<Run>& runs, const std::vector<Run>& unfinished, const Standing& standing, Phase phase);

    // The same curves, and where the experiment stands by now.  Nothing where nothing has been drawn.
    void show(const Standing& standing, Phase phase);

    const std::filesystem::path& path() const { return path_; }

private:
    void write(const Standing& standing, Phase phase) const;
    void attempt(const std::function<void()>& work);

    const std::filesystem::path path_;
    const ReportFacts facts_;
    const std::function<void(const std::string&)> say_;
    std::string page_;                                   // without where it stands
    bool told_ = false;
};

}  // namespace deepen
