// Do deeper plain nets train worse, and do shortcuts help?  The experiment.
//
// Trains every depth, with and without shortcuts, from every seed; then draws the curves of He et
// al. 2015, Figure 6, and says whether the paper's two claims hold on them.  A plain net and its
// residual twin start from the same bits and see the same pictures in the same order.
//
//     DIR/plain20-seed1/ ...      one folder per run (run_folder.h); what is there is not trained again
//     DIR/report.html             verdict, table and curves of all runs in DIR that have these settings; written
//                                 again after every epoch
//     DIR/curves, figure6, same-depth     figures in our look and in the paper's, each as .svg, .pdf and .png
//     DIR/curves.csv, runs.csv            every epoch of every run; the last epoch of each, with its commit
#include <algorithm>
#include <atomic>
#include <iostream>
#include <iterator>
#include <mutex>
#include <regex>
#include <set>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/io/files.h"
#include "engine/io/folder_lock.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "examples/common/experiment_view.h"
#include "examples/common/model_flags.h"
#include "examples/common/program.h"
#include "examples/common/report_only.h"
#include "examples/common/share.h"
#include "examples/common/training_flags.h"
#include "examples/common/what_was_run.h"
#include "resnet/cifar.h"
#include "resnet/report/curves.h"
#include "resnet/report/curves_text.h"
#include "resnet/report/live_report.h"
#include "resnet/report/merge.h"
#include "resnet/report/plan.h"
#include "resnet/report/published.h"
#include "resnet/report/report.h"
#include "resnet/report/runs.h"
#include "resnet/training/run_folder.h"

using namespace deepen;
namespace fs = std::filesystem;

namespace {

struct Experiment {
    std::vector<int> depths{20, 56};
    std::vector<std::string> kinds{"plain", "residual"};
    std::vector<std::uint64_t> seeds{1};
    std::string output;
    std::string shortcut;                                // of residual nets; empty: the paper's
    int jobs = 1;                                        // nets at a time
    bool plan_only = false, commands = false;            // a command for each run
    Share share;
    std::vector<std::string> published;                  // files
    TrainingFlags flags;

    ModelOptions net(int depth, const std::string& kind) const {
        const bool plain = kind == "plain";
        ModelOptions o{.name = model_name({.depth = depth, .shortcut = plain ? Shortcut::none : Shortcut::A}),
                       .width = flags.width};
        if (!plain && !shortcut.empty()) o.shortcut = parse_shortcut(shortcut);
        return checked(o);
    }

    // Seed by seed, shallow before deep: the comparison gets finished early, and each seed sharpens it.
    std::vector<Recipe> recipes(const DataSplits& data) const {
        std::vector<Recipe> all;
        for (std::uint64_t seed : seeds)
            for (int depth : depths)
                for (const std::string& kind : kinds) all.push_back(flags.recipe(net(depth, kind), seed, data));
        return all;
    }
};

int depth_of(const Recipe& recipe) { return parse_cifar_model(recipe.model.name).depth; }

template <class T>
void refuse_twice(const char* flag, std::vector<T> values) {
    std::sort(values.begin(), values.end());
    const auto twice = std::adjacent_find(values.begin(), values.end());
    if (twice != values.end()) throw UsageError(text(flag, " names ", *twice, " twice."));
}

ReportFacts facts(const std::string& command, const Experiment& e, const DataSplits& data,
                  const std::vector<Recipe>& recipes) {
    ReportFacts f{.command = command,
                  .data_set = describe(e.flags.data_path, data),
                  .commit = build_info().commit,
                  .machine = text(processor(), ", ", threads(), " thread(s)"),
                  .date = local_time().substr(0, 10),
                  .counting = {.pictures = data.train.count(),
                               .batch = recipes.front().training.batch,
                               .guessing = guessing_error(data.train),
                               .test_pictures = data.test.count()}};
    for (const Recipe& r : recipes)
        f.parameters[net_name(r.kind(), depth_of(r))] = parameter_count(*make_model(r.model));
    return f;
}

void print_line(const std::string& line) { std::cout << printable_message(line) << "\n"; }

// Everything that follows from the runs, which are those of the recipes that are finished.
void write_results(const fs::path& folder, const std::vector<Recipe>& recipes, const std::vector<Run>& runs,
                   const ReportFacts& facts) {
    std::vector<fs::path> folders;
    for (const Recipe& recipe : recipes)
        if (std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
                return run.kind == recipe.kind() && run.depth == depth_of(recipe) && run.seed == recipe.training.seed;
            }))
            folders.push_back(folder / recipe.name());
    write_file_atomically(folder / "runs.csv", runs_csv({{.found = find_runs(folders, print_line)}}));
    write_figures(folder, "", {.runs = runs, .published = facts.published}, print_line);
    write_report(folder / "report.html", runs, facts);
}

void print_results(const fs::path& folder, const std::vector<Run>& runs, const Counting& counting) {
    const Terminal terminal = terminal_at(1);
    std::cout << "\n" << curves_text(runs, terminal) << "\n";
    std::cout << wrap(claims_text(judge(runs, counting)), std::min(terminal.width(), 100)) << "\n";
    std::cout << "report: " << printable_name((folder / "report.html").string()) << "\n";
}

// What is there, and how long the rest will take.  Sets `jobs` to what they can be.
std::vector<PlannedRun> plan(Experiment& e, const DataSplits& data, const std::vector<Recipe>& recipes) {
    require_can_be_made(e.output);
    std::vector<PlannedRun> runs = runs_in(e.output, recipes, data);
    for (std::size_t i = 0; i < runs.size(); ++i) runs[i].elsewhere = !runs[i].finished && !e.share.has(i);
    const auto unfinished = std::count_if(runs.begin(), runs.end(), [](const PlannedRun& run) {
        return !run.finished && !run.elsewhere;
    });
    std::ostream& out = e.commands ? std::cerr : std::cout;
    if (unfinished > 0) out << "timing a few steps of each net ..." << std::endl;
    e.jobs = static_cast<int>(std::clamp<Index>(unfinished, 1, e.jobs));         // no threads wait for runs of others
    time_nets(runs, recipes, data, e.jobs);
    out << plan_text(runs, threads(), e.jobs);
    const int other = e.jobs > 1 ? 1 : static_cast<int>(std::min<Index>(threads(), unfinished));
    if (unfinished > 0 && other != e.jobs) {             // is it faster so?
        std::vector<PlannedRun> others = runs;
        time_nets(others, recipes, data, other);
        out << jobs_text(runs, e.jobs, others, other);
    }
    out << std::endl;
    return runs;
}

// Trains what is not there yet and no other process trains; returns the names of runs that were left to others.  An
// interruption waits until the report says so.  Where one of several nets fails, the others stop at a checkpoint.
std::string train_all(const Experiment& e, const DataSplits& data, const std::vector<Recipe>& recipes,
               const std::vector<PlannedRun>& planned, ExperimentView& view) {
    const DelayedInterruption until_reported("stopping as soon as the report says so.");
    std::atomic<bool> failed = false;
    const auto stop = [&] { return failed || interrupted(); };
    // False where it is left to another process.
    const auto train = [&](std::size_t i) {
        const fs::path folder = fs::path(e.output) / recipes[i].name();
        std::optional<History> history = planned[i].history;
        if (!planned[i].finished) history = finished_run(folder, recipes[i], data);     // by another process meanwhile
        if (!history && planned[i].elsewhere) return false;
        try {
            // Throws FolderInUse if another process trains this run, before we announce it.
            if (!history && fs::is_directory(folder)) const FolderLock free(folder);
            if (!history && !stop())
                history = train_into(folder, recipes[i], data, view.begin(i, stop), e.flags.checkpoints);
        } catch (const FolderInUse&) {
            view.leave(i);
            return false;
        }
        if (!stop()) view.end(i, *history, weights_hash(folder));
        return true;
    };
    std::set<std::size_t> left;
    for (std::size_t i = 0; i < recipes.size(); ++i) left.insert(i);
    try {
        // Tries the remaining runs again as long as each round finishes some: another process may have ended without
        // finishing its run.
        for (std::size_t before = left.size() + 1; left.size() < before && !stop();) {
            before = left.size();
            const std::vector<std::size_t> open(left.begin(), left.end());
            std::mutex mutex;
            side_by_side(e.jobs, std::ssize(open), [&](Index i) {
                try {
                    if (!train(open[static_cast<std::size_t>(i)])) return;
                } catch (...) {
                    failed = true;
                    throw;
                }
                const std::lock_guard lock(mutex);
                left.erase(open[static_cast<std::size_t>(i)]);
            });
        }
    } catch (const Diverged& e) {
        view.stop(Phase::failed);
        if (left.size() == 1) throw;
        throw Diverged(text(e.what(), "  ", recipes.size() - left.size(), " of ", recipes.size(),
                            " runs are finished; to train the others, leave out what failed, by --depths, --kinds or "
                            "--seeds."));
    } catch (...) {
        view.stop(Phase::failed);
        throw;
    }
    if (interrupted()) view.stop(Phase::interrupted);
    std::string names;
    for (std::size_t i : left) names += (names.empty() ? "" : ", ") + recipes[i].name();
    return names;
}

// Runs that earlier commands have finished in the same folder, with other depths, kinds or seeds and the same settings:
// without them, a smaller command would replace a bigger report.  Adds to both lists.
void add_earlier_runs(const Experiment& e, const DataSplits& data, std::vector<Recipe>& recipes,
                      std::vector<Run>& runs) {
    static const std::regex name("(plain|resnet)([0-9]{1,5})-seed([0-9]{1,18})");
    std::set<std::string> known, earlier;
    for (const Recipe& recipe : recipes) known.insert(recipe.name());
    if (!fs::is_directory(e.output)) return;
    for (const auto& entry : fs::directory_iterator(e.output))
        if (const std::string n = entry.path().filename().string(); !known.count(n)) earlier.insert(n);
    for (const std::string& folder : earlier) {
        std::smatch part;
        if (!std::regex_match(folder, part, name)) continue;
        try {
            const ModelOptions net = e.net(std::stoi(part[2]), part[1] == "plain" ? "plain" : "residual");
            const Recipe recipe = e.flags.recipe(net, std::stoull(part[3]), data);
            const auto history = finished_run(fs::path(e.output) / folder, recipe, data);
            if (!history) continue;
            recipes.push_back(recipe);
            runs.push_back(run_of(recipe, *history));
            std::cout << "also in the report: " << folder << ", which was finished before\n";
        } catch (const Error& error) {
            std::cout << "not in the report: " << printable_message(error.what()) << "\n";
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    Program program("degradation",
                    "Trains plain and residual nets of several depths and compares their training errors.");
    Experiment e;
    CLI::App& app = program.app;
    app.add_option("--depths", e.depths, "depths of the nets, each of the form 6n+2")
        ->check(whole(8, 10000))
        ->delimiter(',')
        ->group("Experiment")
        ->capture_default_str()
        ->type_name("N,N");
    app.add_option("--kinds", e.kinds, "kinds of nets to train")
        ->delimiter(',')
        ->group("Experiment")
        ->capture_default_str()
        ->transform(one_of({"plain", "residual"}))
        ->type_name("plain,residual");
    app.add_option("--seeds", e.seeds, "random seeds; every net is trained once with each")
        ->check(whole(0, 1e18))
        ->delimiter(',')
        ->group("Experiment")
        ->capture_default_str()
        ->type_name("S,S");
    add_shortcut_flag(app, e.shortcut);
    e.flags.add_to(app);
    app.add_option("--jobs", e.jobs,
                   "nets to train at a time; they share the threads, and each has the bits that it has alone")
        ->check(whole(1, 1024))
        ->group("Experiment")
        ->capture_default_str()
        ->type_name("N");
    CLI::Option* plan_flag =
        app.add_flag("--plan", e.plan_only, "say how long each run will take, and train nothing")->group("Experiment");
    app.add_flag("--commands", e.commands, "with --plan: print a command for each run that is not finished; the plan "
                                           "itself goes to stderr")
        ->needs(plan_flag)
        ->group("Experiment");
    std::string only;
    app.add_option("--only", only, "train only a share of the runs, number K, K + N, K + 2N, ... of those that --plan "
                                   "lists; the others are left to other processes")
        ->group("Experiment")
        ->type_name("K/N");
    app.add_option("--output-dir", e.output,
                   "folder for the runs and the report; finished runs in it are not trained again.  If not given, "
                   "runs/degradation-DATA, with --report-only runs/report")
        ->group("Output")
        ->type_name("DIR");
    app.add_option("--published", e.published,
                   "CSV files with published curves, drawn thin and grey behind ours: columns epoch or iteration, "
                   "train_error, test_error, as fractions; plain20.csv is a curve of plain-20")
        ->group("Output")
        ->type_name("FILE");
    ReportOnlyFlags report_only;
    report_only.add_to(app);
    app.footer(
        "Examples:\n"
        "  # one epoch: plain nets already degrade\n"
        "  build/degradation --depths 20,56 --data-path cifar10 --epochs 1\n\n"
        "  # the paper's Figure 6: days of computing; with --plan, how many\n"
        "  build/degradation --depths 20,32,44,56,110 --data-path cifar10 \\\n"
        "      --schedule paper --iterations 64000\n\n"
        "  # one report of runs from two machines, without training\n"
        "  build/degradation --report-only runs/here runs/there --output-dir runs/both");

    return program.run(argc, argv, [&] {
        const std::string command = command_line("build/degradation", argc, argv);
        std::vector<Run> published;
        for (const std::string& file : e.published)
            for (auto& curve : read_published(file)) published.push_back(std::move(curve));
        if (report_only.given()) {
            report_only.report(e.output.empty() ? "runs/report" : e.output, command, published);
            return 0;
        }
        e.flags.use_threads();
        if (e.jobs > threads())
            throw UsageError(text("--jobs ", e.jobs, " needs as many threads, for the nets to share, and there ",
                                  threads() == 1 ? "is 1" : text("are ", threads()),
                                  ".  Give fewer jobs, or more --threads."));
        if (!only.empty()) e.share = parse_share(only);
        refuse_twice("--depths", e.depths);
        refuse_twice("--kinds", e.kinds);
        refuse_twice("--seeds", e.seeds);
        if (e.kinds == std::vector<std::string>{"plain"} && !e.shortcut.empty())
            throw UsageError("--shortcut is for residual nets; --kinds asks for plain ones alone.  Leave it out.");
        for (int depth : e.depths) e.net(depth, "plain");
        if (e.output.empty()) e.output = "runs/degradation-" + e.flags.data_name();
        const DataSplits data = e.flags.load();
        std::vector<Recipe> recipes = e.recipes(data);
        (e.commands ? std::cerr : std::cout) << describe(e.flags.data_path, data) << std::endl;

        const std::vector<PlannedRun> planned = plan(e, data, recipes);
        for (std::size_t i = 0; i < planned.size() && e.commands; ++i)
            if (!planned[i].finished && !planned[i].elsewhere)
                std::cout << command_for({i + 1, planned.size()}, argv[0], argc, argv) << "\n";
        if (e.plan_only) return 0;
        std::vector<Recipe> all = recipes;
        std::vector<Run> earlier;
        add_earlier_runs(e, data, all, earlier);
        ReportFacts f = facts(command, e, data, all);
        f.published = published;
        ExperimentView view(recipes, data, planned, e.jobs, earlier, fs::path(e.output) / "report.html", f);
        const std::string left = train_all(e, data, recipes, planned, view);
        const std::vector<Run> runs = view.finished();
        if (interrupted()) {
            std::cerr << program.app.get_name() << ": " << runs.size() - earlier.size() << " of " << recipes.size()
                      << " runs are finished; give the same command again to resume.\n";
            return 0;
        }
        if (!runs.empty()) {
            write_results(e.output, all, runs, f);
            print_results(e.output, runs, f.counting);
        }
        if (!left.empty())
            std::cout << "Left to other processes: " << left
                      << ".\nOnce these are finished, the same command makes the report of all, without training.\n";
        return 0;
    });
}
