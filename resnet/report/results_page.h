// How does a page of results stay true while runs are added to it?
//
// A page in Markdown has parts that are written from the runs' logs, and text by hand around them:
//
//     <!-- errors: written by degradation --page -->
//     ...
//     <!-- end of errors -->
//
// The parts are
//
//     figure6, curves     pictures: figure6.svg and curves.svg beside the page
//     errors              a table of nets and seeds: training and test error at the last epoch
//     claims              the verdict (verdict.h), and which nets have too few seeds for an interval
//     runs                a table with the commit of each run, and its machine: the first line of a file machine.txt in
//                         the run's folder, which is written by hand
//
// A page may lack some of them.  Whatever is outside of them stays as it is.
#pragma once

#include <filesystem>
#include <string>

#include "resnet/report/merge.h"

namespace deepen {

// `page` with its parts written anew; a page with all parts if it is empty.  `path` is where it will be: links are
// relative to its folder.  Refuses a page that has no part at all, or a part without its end.
std::string results_page(const std::string& page, const std::filesystem::path& path, const MergedRuns& merged);

// The page, and beside it figure6.svg, curves.svg, curves.csv and runs.csv, each replaced atomically; published curves
// stand behind ours.
void write_results_page(const std::filesystem::path& path, const MergedRuns& merged,
                        const std::vector<Run>& published = {});

// To ask beforehand: refuses a page in a folder that is not there, and a new page where its figures and tables would
// replace those of others.  In `output`, the folder of the report, they replace those of a report.
void require_place_for_page(const std::filesystem::path& path, const std::filesystem::path& output);

}  // namespace deepen
