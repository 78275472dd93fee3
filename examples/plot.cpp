// What has a run learned so far?  `build/plot runs/cifar10`, or of several runs at once, in one figure.
//
// Errors and losses by epoch, from the logs that runs leave behind while they train: in the terminal, or as SVG, PDF or
// PNG.  Training is dashed and test is bold, as in the paper.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/printable.h"
#include "examples/common/program.h"
#include "resnet/report/plot.h"
#include "resnet/training/history.h"

using namespace deepen;
namespace fs = std::filesystem;

namespace {

struct Logged {
    std::string name;
    History history;
};

// Okabe and Ito's colours (2008), which most readers can tell apart; more runs than colours begin anew.
const char* const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

// A run's folder, or a log.
History read_run(const fs::path& path) {
    if (!fs::is_directory(path)) return read_history(path);
    if (fs::exists(path / "log.csv")) return read_history(path / "log.csv");
    std::error_code unknown;
    std::set<fs::path> found;
    for (const auto& entry : fs::directory_iterator(path, unknown))
        if (fs::exists(entry.path() / "log.csv", unknown)) found.insert(entry.path());
    std::string runs;
    for (const fs::path& run : found) runs += " " + run.string();
    throw Error(runs.empty() ? text(path.string(), " holds no log.csv: no epoch of a run is over there.")
                             : text(path.string(), " is not the folder of a run, but holds some: name them,", runs));
}

// The folder's name; with the folder above it where two runs would be called alike.
std::vector<Logged> read_runs(const std::vector<std::string>& paths) {
    std::vector<Logged> runs;
    std::set<fs::path> known;
    for (const std::string& given : paths) {
        std::error_code unknown;
        fs::path place = fs::canonical(given, unknown);
        if (place.filename() == "log.csv") place = place.parent_path();
        if (!unknown && !known.insert(place).second)
            throw UsageError(given + " is a run that is named already.  Leave one out.");
        const fs::path whole = fs::absolute(given).lexically_normal();
        const fs::path path = whole.has_filename() ? whole : whole.parent_path();
        const auto called = [&](const std::string& name) {
            return std::any_of(runs.begin(), runs.end(), [&](const Logged& run) { return run.name == name; });
        };
        std::string name = path.filename().string();
        if (name == "log.csv" || called(name)) name = (path.parent_path().filename() / path.filename()).string();
        if (called(name)) name = path.string();
        runs.push_back({printable_name(name), read_run(given)});
        require(!runs.back().history.empty(), given, ": no epoch of this run is over yet.");
    }
    return runs;
}

double along(const EpochRecord& record, const std::string& axis) {
    return axis == "iterations" ? static_cast<double>(record.iteration) : static_cast<double>(record.epoch);
}

Plot plot(const std::vector<Logged>& runs, const std::string& axis, const std::string& title, double scale,
          double EpochRecord::* training, double EpochRecord::* test) {
    Plot plot{.title = title, .x = axis, .y = title, .bottom = 0};
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::string colour = colours[i % std::size(colours)];
        Series dashed{.colour = colour, .look = Series::Look::dashed};
        Series bold{.colour = colour, .look = Series::Look::line};
        for (const EpochRecord& record : runs[i].history) {
            dashed.points.emplace_back(along(record, axis), scale * record.*training);
            if (std::isfinite(record.*test)) bold.points.emplace_back(along(record, axis), scale * record.*test);
        }
        (bold.points.empty() ? dashed : bold).name = runs[i].name;
        plot.series.push_back(std::move(dashed));
        if (!bold.points.empty()) plot.series.push_back(std::move(bold));
    }
    return plot;
}

FigureFormat format_of(const fs::path& file) {
    for (const FigureFormat format : {FigureFormat::svg, FigureFormat::pdf, FigureFormat::png})
        if (file.extension() == "." + ending(format)) return format;
    throw UsageError(text("--output: a figure's name ends in .svg, .pdf or .png, and ", file.string(),
                          " does not."));
}

}  // namespace

int main(int argc, char** argv) {
    Program program("plot", "Draws errors and losses of runs in one figure: test bold, training dashed; in the "
                            "terminal, training is dotted.");
    std::vector<std::string> paths;
    std::string output, axis = "epochs";
    CLI::App& app = program.app;
    app.add_option("RUN", paths, "folders of runs, which may be training still, or their log.csv")
        ->required()
        ->expected(1, -1)
        ->type_name("");
    app.add_option("--output", output, "write a figure, .svg, .pdf or .png, instead of drawing in the terminal")
        ->type_name("FILE");
    app.add_option("--x", axis, "what goes to the right: epochs or iterations")
        ->capture_default_str()
        ->transform(one_of({"epochs", "iterations"}))
        ->type_name("AXIS");
    app.footer(
        "Examples:\n"
        "  build/plot runs/cifar10\n"
        "  build/plot runs/plain56 runs/resnet56 --output both.svg");

    return program.run(argc, argv, [&] {
        if (!output.empty()) format_of(output);
        const std::vector<Logged> runs = read_runs(paths);
        const std::vector<Plot> plots = {
            plot(runs, axis, "error (%)", 100, &EpochRecord::train_error, &EpochRecord::test_error),
            plot(runs, axis, "loss", 1, &EpochRecord::train_loss, &EpochRecord::test_loss)};
        if (output.empty()) std::cout << drawn_as_text(plots, terminal_at(1)) << std::flush;
        else write_file_atomically(output, drawn(plots, "runs", format_of(output)));
        return 0;
    });
}
