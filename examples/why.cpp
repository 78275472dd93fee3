// Why does depth hurt, and why do shortcuts help?  `build/why lesion`, `build/why all`.
//
// Each experiment looks into nets and tests claims of the literature: resnet/why/.  Without --run, small nets are
// trained for it on generated pictures (common/small_nets.h).  What is written is
// told in study.h.  After an interruption the same command goes on with the nets that are trained and with what was
// measured (why/notebook.h); responses, which takes seconds, begins anew.
#include <algorithm>
#include <iostream>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "examples/common/program.h"
#include "examples/common/small_nets.h"
#include "examples/common/training_flags.h"
#include "examples/common/what_was_run.h"
#include "resnet/data/data_path.h"
#include "resnet/report/live_report.h"
#include "resnet/report/progress.h"
#include "resnet/training/class_names.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/landscape.h"
#include "resnet/why/lesion.h"
#include "resnet/why/remedies.h"
#include "resnet/why/responses.h"
#include "resnet/why/shattered.h"
#include "resnet/why/signal.h"

using namespace deepen;
namespace fs = std::filesystem;

namespace {

enum class Needs { nothing, nets, remedies };            // trained ones

struct Experiment {
    const char *name, *shows;
    Needs needs = Needs::nets;
};
constexpr Experiment experiments[] = {
    {"signal", "what becomes of signals and gradients in untrained nets (Yang et al. 2019)", Needs::nothing},
    {"shattered", "whether gradients by different inputs agree, in untrained nets (Balduzzi et al. 2017)",
     Needs::nothing},
    {"responses", "how much the layers of plain and residual nets respond (He et al. 2015, Figure 7)"},
    {"lesion", "what is left of a net without one of its blocks (Veit et al. 2016)"},
    {"landscape", "what the loss looks like around trained weights (Li et al. 2018)"},
    {"remedies", "whether other beginnings mend plain nets as shortcuts do (five papers)", Needs::remedies},
};

struct Flags {
    std::string experiment;
    std::vector<std::string> runs;
    std::string data_path = "synthetic", output = "runs/why";
    DataOptions data;
    Index pictures = 0, points = 0;                      // 0: not given
    int threads = 0;

    bool asked(const Experiment& e) const { return experiment == "all" || experiment == e.name; }
    bool needs(Needs what) const {
        return std::any_of(std::begin(experiments), std::end(experiments),
                           [&](const Experiment& e) { return asked(e) && e.needs == what; });
    }
    void add_to(CLI::App& app);
};

void Flags::add_to(CLI::App& app) {
    std::vector<std::string> names{"all"};
    for (const Experiment& e : experiments) names.push_back(e.name);
    app.add_option("experiment", experiment,
                   "which one: signal and shattered, which need no trained nets; responses, lesion, landscape, "
                   "remedies; or all")
        ->required()
        ->transform(one_of(names))
        ->type_name("NAME");
    app.add_option("--run", runs,
                   "folders of finished runs, or folders of such folders, to look into.  If not given, small nets are "
                   "trained on generated pictures")
        ->type_name("DIR");
    add_data_flags(app, data_path, data);
    app.add_option("--pictures", pictures,
                   "how many pictures of the test set to look at; landscape: of the training set.  By default 1000; "
                   "landscape of small nets: 200")
        ->check(within(1, 1e6))
        ->type_name("N");
    app.add_option("--points", points,
                   "landscape: points of the grid on a side, an odd number.  By default 25, of small nets 13")
        ->check(within(3, 1001))
        ->type_name("N");
    app.add_option("--output-dir", output, "folder for pages, figures and numbers")
        ->capture_default_str()
        ->type_name("DIR");
    app.add_option("--threads", threads, "number of threads; 0 for all processors")
        ->check(within(0, 1024))
        ->capture_default_str()
        ->type_name("N");
}

// --- measuring --------------------------------------------------------------------------------------------

// Says how long `what` takes and shows how far it has come.
class Passes {
public:
    Passes(const std::string& what, double seconds, Index passes, const char* unit = "passes")
        : progress_({.name = what, .rounds = 1, .items = passes, .unit = unit}, std::cerr, terminal_at(2)) {
        std::cout << what << " takes about " << duration(seconds) << " here, and less after an interruption."
                  << std::endl;
        progress_.start(1);
    }
    std::function<void()> counter() {
        return [this] { progress_.advance(1); };
    }

private:
    Progress progress_;
};

// Of one pass of these pictures through each net.
double seconds_of(const std::vector<TrainedNet>& nets, const PictureSet& pictures,
                  const std::function<Index(const TrainedNet&)>& passes) {
    double seconds = 0;
    for (const TrainedNet& net : nets) seconds += seconds_a_pass(net, pictures) * static_cast<double>(passes(net));
    return seconds;
}

Study made(const std::string& name, const std::vector<FoundRun>& runs, const std::vector<TrainedNet>& nets,
           const DataSplits& data, const Flags& flags) {
    if (name == "remedies") return remedies_study(runs);
    const PictureSet pictures = first_of(data.test, flags.pictures ? flags.pictures : 1000);
    Notebook notebook(fs::path(flags.output) / (name + "-measured.csv"),
                      text(build_info().commit, "; pictures ", checksum(data), "; "));
    if (name == "signal") {
        const SignalOptions options;
        Passes passes(name, signal_seconds(options), signal_measurements(options), "measurements");
        return signal_study(options, data.train, notebook, passes.counter());
    }
    if (name == "shattered") {
        const ShatteredOptions options;
        Passes passes(name, shattered_seconds(options), shattered_measurements(options), "chains");
        return shattered_study(options, data.train, notebook, passes.counter());
    }
    if (name == "responses") {
        const double seconds = seconds_of(nets, pictures, [](const TrainedNet&) { return 1; });
        Passes passes(name, seconds, std::ssize(nets));
        return responses_study(nets, pictures, passes.counter());
    }
    if (name == "landscape") {
        const bool small = flags.runs.empty();           // 12 nets, in half a minute
        const LandscapeOptions options{.points = flags.points ? flags.points : small ? 13 : 25};
        const Index points = options.points * options.points;
        const PictureSet some = first_of(data.train, flags.pictures ? flags.pictures : small ? 200 : 1000);
        const double seconds = seconds_of(nets, some, [&](const TrainedNet&) { return points; });
        Passes passes(name, seconds, std::ssize(nets) * points, "points");
        return landscape_study(nets, some, options, notebook, passes.counter());
    }
    const double seconds = seconds_of(nets, pictures, lesions_passes);
    Index count = 0;
    for (const TrainedNet& net : nets) count += lesions_passes(net);
    Passes passes(name, seconds, count);
    return lesion_study(nets, pictures, notebook, passes.counter());
}

// Of other pictures, a net knows nothing.
void require_its_classes(const TrainedNet& net, const PictureSet& pictures, const std::string& path) {
    const std::string advice = "  Give the pictures it was trained on with --data-path.";
    require(net.net->options().classes == std::ssize(pictures.classes), net.folder, " tells ",
            net.net->options().classes, " classes apart, and ", path, " has ", pictures.classes.size(), ".", advice);
    require(net.classes.empty() || net.classes == pictures.classes, net.folder, " was trained on other classes (",
            some_names(net.classes), ") than ", path, " has (", some_names(pictures.classes), ").", advice);
}

std::vector<Fact> facts(const std::string& command, const Flags& flags, const DataSplits& data,
                        const std::vector<TrainedNet>& nets) {
    std::vector<Fact> all{{"command", command, true},
                          {"data set", describe(flags.data_path, data)},
                          {"commit", build_info().commit, true},
                          {"machine", text(processor(), ", ", threads(), " thread(s)")},
                          {"date", local_time().substr(0, 10)}};
    for (const TrainedNet& net : nets)
        all.push_back({"net", text(net.folder, " (commit ", net.commit, ", weights ", net.hash, ")"), true});
    return all;
}

void print_study(const Study& study, const fs::path& page) {
    const Terminal terminal = terminal_at(1);
    std::cout << "\n"
              << study.title << "\n\n"
              << drawn_as_text(study.plots, terminal) << "\n"
              << wrap(claims_text(study), std::min(terminal.width(), 100))
              << "\npage: " << printable_name(page.string()) << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    Program program("why", "Tests on trained nets what the literature says about why depth hurts and shortcuts help.");
    Flags flags;
    CLI::App& app = program.app;
    flags.add_to(app);
    app.footer(
        "Examples:\n"
        "  build/why all\n"
        "  build/why lesion --run docs/results/figure6 --data-path cifar10");

    return program.run(argc, argv, [&] {
        if (flags.threads) set_threads(flags.threads);
        if (!flags.runs.empty() && app.count("--data-path") == 0)
            throw UsageError("which pictures were these runs trained on?  Give them with --data-path.");
        if (app.count("--points") && flags.points % 2 == 0)
            throw UsageError("--points: one point of the grid is the net itself, so their number on a side is odd.");
        if (flags.runs.empty() && app.count("--data-path"))
            throw UsageError("--data-path is for runs that are there already: give them with --run DIR.");
        const fs::path output = flags.output;
        for (const Experiment& e : experiments)
            if (flags.asked(e)) std::cout << e.name << ": " << e.shows << "\n";
        std::cout << std::endl;
        const DataSplits data =
            flags.runs.empty() ? load_data("synthetic", small_set) : load_data(flags.data_path, flags.data);
        make_output_folder(output);
        const auto say = [](const std::string& line) { std::cout << printable_message(line) << std::endl; };
        const std::string command = command_line("build/why", argc, argv);
        std::vector<Study> studies;
        const auto make_those = [&](bool without_nets, const std::vector<FoundRun>& runs,
                                    const std::vector<TrainedNet>& nets) {
            for (const Experiment& e : experiments) {
                if (!flags.asked(e) || (e.needs == Needs::nothing) != without_nets) continue;
                studies.push_back(made(e.name, runs, nets, data, flags));
                write_study(output, studies.back(), facts(command, flags, data, nets), say);
                print_study(studies.back(), output / (std::string(e.name) + ".html"));
            }
        };
        make_those(true, {}, {});                            // before nets are trained for the others
        // Of the other experiments, and of remedies.
        std::vector<fs::path> twins(flags.runs.begin(), flags.runs.end()), remedied = twins;
        if (flags.runs.empty()) {
            const SmallNets small = small_twins(output), others = small_remedies(output);
            if ((flags.needs(Needs::nets) && !train_small_nets(small, data)) ||
                (flags.needs(Needs::remedies) && !train_small_nets(others, load_data("synthetic", remedies_set)))) {
                std::cerr << program.app.get_name() << ": give the same command again to go on.\n";
                return 0;
            }
            twins = small.folders, remedied = others.folders;
        }
        const auto runs_in = [&](Needs what, const std::vector<fs::path>& folders) {
            return flags.needs(what) ? find_runs(folders, say) : std::vector<FoundRun>();
        };
        const std::vector<TrainedNet> nets = read_nets(without_remedies(runs_in(Needs::nets, twins)), say);
        const std::vector<FoundRun> runs = runs_in(Needs::remedies, remedied);
        for (const TrainedNet& net : nets) require_its_classes(net, data.test, flags.data_path);

        make_those(false, runs, nets);
        if (studies.size() > 1 && can_draw(FigureFormat::svg)) {
            write_file_atomically(output / "why.html", study_html(studies, facts(command, flags, data, nets)));
            std::cout << "all on one page: " << printable_name((output / "why.html").string()) << std::endl;
        }
        return 0;
    });
}
