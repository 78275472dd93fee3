// How does degradation report on runs that are there already?
//
// `--report-only DIR...` reads run folders (resnet/report/merge.h), trains nothing and needs no pictures.  It writes
//
//     OUTPUT/report.html                            verdict, numbers and curves
//     OUTPUT/curves, figure6, same-depth            figures, each as .svg, .pdf and .png
//     OUTPUT/curves.csv                             every epoch of every run
//     OUTPUT/runs.csv                               a row for each run: its last epoch, its commit and its folder
//
// With `--page FILE` the numbers also go into a page in Markdown (resnet/report/results_page.h).
// With `--allow-different` each recipe has figures and rows of its own: curves-A.svg, curves-B.svg, ...
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "resnet/training/history.h"

namespace deepen {

struct ReportOnlyFlags {
    std::vector<std::string> folders;
    bool allow_different = false;
    std::string page;

    void add_to(CLI::App& app);
    bool given() const;  // refuses flags that have nothing to do then

    // Writes into `output` and prints what was found.  `command` is quoted in the report.
    void report(const std::filesystem::path& output, const std::string& command,
                const std::vector<Run>& published = {}) const;

private:
    const CLI::App* app_ = nullptr;
};

}  // namespace deepen
