// What is in the report of an experiment?
//
// report.html: the question, the verdict with its numbers, a table, the curves and how to read
// them, what the paper says of the reason, and what was run.  One file without scripts, with its
// figures inside it, that opens anywhere and follows the reader's light or dark setting.  (While the experiment runs:
// live_report.h.)
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "resnet/report/verdict.h"

namespace deepen {

// What the runs themselves do not say.  What is left empty is left out.
struct ReportFacts {
    std::string command;                                 // that made the runs, as it was typed
    std::string data_set;                                // "CIFAR-10, 50,000 pictures for training, 10,000 for testing"
    std::string commit, machine, date;
    Counting counting;                        // what the errors were counted on
    std::map<std::string, Index> parameters;             // by name of the net: {"plain-20", 269722}
    std::vector<std::string> folders;                    // of runs from several places, with their commits
    std::vector<Run> published;                          // by others, drawn behind ours
};

// Runs of one recipe.
struct ReportPart {
    std::string title;  // "Recipe A: training.batch 128"; empty if it is the only one
    std::vector<Run> runs, unfinished;
    ReportFacts facts;
    std::string remark;  // below the claims
    std::string inside;  // HTML behind the curves: what happened inside the nets (why/watched.h)

    std::vector<Run> all() const;  // the finished ones first
};

// Verdict and table are of `runs`, which are finished.  Those that are `unfinished` are in the figure, marked.
// Refuses runs without a single epoch.  Needs gnuplot.
std::string report_html(const std::vector<Run>& runs, const ReportFacts& facts,
                        const std::vector<Run>& unfinished = {});

// Several recipes one below the other, each judged by itself, behind a table of all.
std::string report_html(const std::vector<ReportPart>& parts);

// The first as a file, replaced atomically.
void write_report(const std::filesystem::path& path, const std::vector<Run>& runs, const ReportFacts& facts);

}  // namespace deepen
