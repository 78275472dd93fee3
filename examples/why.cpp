// Why does depth hurt, and why do shortcuts help?  `build/why lesion`, `build/why all`.
//
// Each experiment looks into nets and tests claims of the literature: resnet/why/.  Without --run, small nets are
// trained for it on generated pictures (common/small_nets.h).  What is written is
// told in study.h.  What all will take is said before the first part (common/agenda.h).  After an interruption the same
// command goes on with the nets that are trained and with what was measured (why/notebook.h); responses, which takes
// seconds, begins anew.  A folder is written by one process at a time.
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <utility>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/folder_lock.h"
#include "engine/parallel.h"
#include "engine/printable.h"
#include "examples/common/agenda.h"
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

// What an experiment measures, and about how long that takes here.
struct Task {
    double seconds = 0;
    Index count = 0;
    const char* unit = "passes";
};

// Says how long it takes and shows how far it has come.
class Passes {
public:
    Passes(const std::string& what, const Task& task)
        : progress_({.name = what, .rounds = 1, .items = task.count, .unit = task.unit}, std::cerr, terminal_at(2)) {
        std::cout << what << " takes about " << duration(task.seconds) << " here, and less after an interruption."
                  << std::endl;
        progress_.start(1);
    }
    std::function<void()> counter() {
        return [this] { progress_.advance(1); };
    }

private:
    Progress progress_;
};

// Of the test set; landscape's are of the training set.
PictureSet pictures_for(const Experiment& e, const DataSplits& data, const Flags& flags) {
    const bool landscape = e.name == std::string("landscape"), small = flags.runs.empty();
    const Index by_default = landscape && small ? 200 : 1000;
    return first_of(landscape ? data.train : data.test, flags.pictures ? flags.pictures : by_default);
}

LandscapeOptions landscape_options(const Flags& flags) {
    return {.points = flags.points ? flags.points : flags.runs.empty() ? 13 : 25};  // 12 small nets in half a minute
}

Task task_of(const Experiment& e, const std::vector<TrainedNet>& nets, const DataSplits& data, const Flags& flags) {
    const std::string name = e.name;
    if (name == "signal") return {signal_seconds({}), signal_measurements({}), "measurements"};
    if (name == "shattered") return {shattered_seconds({}), shattered_measurements({}), "chains"};
    if (e.needs == Needs::remedies) return {};           // it compares what was logged
    const Index points = landscape_options(flags).points;
    const PictureSet pictures = pictures_for(e, data, flags);
    Task task{.unit = name == "landscape" ? "points" : "passes"};
    for (const TrainedNet& net : nets) {
        const Index passes = name == "landscape" ? points * points : name == "lesion" ? lesions_passes(net) : 1;
        task.seconds += seconds_a_pass(net, pictures) * static_cast<double>(passes);
        task.count += passes;
    }
    return task;
}

Study made(const Experiment& e, const Task& task, const std::vector<TrainedNet>& nets, const DataSplits& data,
           const Flags& flags, Notebook& notebook) {
    const std::string name = e.name;
    Passes passes(name, task);
    if (name == "signal") return signal_study({}, data.train, notebook, passes.counter());
    if (name == "shattered") return shattered_study({}, data.train, notebook, passes.counter());
    const PictureSet pictures = pictures_for(e, data, flags);
    if (name == "responses") return responses_study(nets, pictures, passes.counter());
    if (name == "landscape")
        return landscape_study(nets, pictures, landscape_options(flags), notebook, passes.counter());
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

void say(const std::string& line) { std::cout << printable_message(line) << std::endl; }

// --- all that was asked for ---------------------------------------------------------------------------------

class Inquiry {
public:
    Inquiry(const Flags& flags, std::string command);

    void plan();                                         // says what will take how long
    void make(bool without_nets);                        // the experiments that need no trained nets, or the others
    bool train();                                        // small nets, if none are given; false if interrupted
    void write_page();                                   // of several experiments

private:
    // Small nets that some experiments need, and what is left to train of them.
    struct Training {
        Needs of;
        std::string part;                                // of the agenda
        SmallNets nets;
        DataSplits data;
        LeftToTrain left = {};
    };

    void read_nets_in(const std::vector<fs::path>& twins, const std::vector<fs::path>& remedied);
    std::vector<Agenda::Part> tasks(bool without_nets);
    std::vector<Agenda::Part> trainings();
    Study study(const Experiment& e);

    const Flags flags_;
    const std::string command_;
    const fs::path output_ = flags_.output;
    const bool small_ = flags_.runs.empty();
    const DataSplits data_ = small_ ? load_data("synthetic", small_set) : load_data(flags_.data_path, flags_.data);
    std::optional<FolderLock> lock_;
    std::vector<TrainedNet> nets_;
    std::vector<FoundRun> runs_;                         // for remedies
    std::vector<Training> trainings_;
    std::map<std::string, Task> tasks_;
    Agenda agenda_{{}};
    std::vector<Study> studies_;
};

// Nets that are given are read before anything is measured.
Inquiry::Inquiry(const Flags& flags, std::string command) : flags_(flags), command_(std::move(command)) {
    make_output_folder(output_);
    lock_.emplace(output_);
    const std::vector<fs::path> given(flags_.runs.begin(), flags_.runs.end());
    if (!small_) read_nets_in(given, given);
    if (small_ && flags_.needs(Needs::nets))
        trainings_.push_back({Needs::nets, " plain and residual nets", small_twins(output_), data_});
    if (small_ && flags_.needs(Needs::remedies))
        trainings_.push_back({Needs::remedies, " nets with remedies", small_remedies(output_),
                              load_data("synthetic", remedies_set)});
}

void Inquiry::read_nets_in(const std::vector<fs::path>& twins, const std::vector<fs::path>& remedied) {
    if (flags_.needs(Needs::nets)) nets_ = read_nets(without_remedies(find_runs(twins, say)), say);
    if (flags_.needs(Needs::remedies)) runs_ = find_runs(remedied, say);
    for (const TrainedNet& net : nets_) require_its_classes(net, data_.test, flags_.data_path);
}

std::vector<Agenda::Part> Inquiry::tasks(bool without_nets) {
    std::vector<Agenda::Part> parts;
    std::vector<TrainedNet> stand_ins;
    if (small_ && !without_nets && flags_.needs(Needs::nets)) stand_ins = untrained(trainings_.front().nets);
    for (const Experiment& e : experiments) {
        if (!flags_.asked(e) || (e.needs == Needs::nothing) != without_nets) continue;
        tasks_[e.name] = task_of(e, small_ ? stand_ins : nets_, data_, flags_);
        parts.push_back({e.name, tasks_[e.name].seconds});
    }
    return parts;
}

std::vector<Agenda::Part> Inquiry::trainings() {
    std::vector<Agenda::Part> parts;
    for (Training& t : trainings_) {
        t.left = left_to_train(t.nets, t.data);
        if (t.left.runs.empty()) continue;
        std::string needed_by;
        for (const Experiment& e : experiments)
            if (flags_.asked(e) && e.needs == t.of) needed_by += (needed_by.empty() ? "" : ", ") + std::string(e.name);
        t.part = text(t.left.runs.size(), t.part);
        parts.push_back({t.part, seconds(t.left.runs), "to train, for " + needed_by});
    }
    return parts;
}

void Inquiry::plan() {
    if (flags_.experiment == "all" || !trainings_.empty())
        std::cout << "timing a few steps of all that is to be done ..." << std::endl;
    std::vector<Agenda::Part> parts;
    for (const std::vector<Agenda::Part>& some : {tasks(true), trainings(), tasks(false)})
        parts.insert(parts.end(), some.begin(), some.end());
    agenda_ = Agenda(parts);
    if (parts.size() > 1) std::cout << agenda_.plan(threads()) << std::endl;
}

bool Inquiry::train() {
    for (const Training& t : trainings_) {
        const TrainingListener listener{
            .advanced = [&](double planned, double took) { agenda_.advance(t.part, planned, took); },
            .addition = [&] { return "  " + agenda_.remaining(); }};
        if (!train_small_nets(t.nets, t.left, t.data, listener)) return false;
        if (!t.left.runs.empty()) agenda_.finish(t.part);
    }
    if (small_) read_nets_in(small_twins(output_).folders, small_remedies(output_).folders);
    return true;
}

Study Inquiry::study(const Experiment& e) {
    if (e.needs == Needs::remedies) return remedies_study(runs_);
    Task task = tasks_[e.name];
    const double planned = std::exchange(task.seconds, agenda_.seconds_remaining(e.name));
    Notebook notebook(output_ / (std::string(e.name) + "-measured.csv"),
                      text(build_info().commit, "; pictures ", checksum(data_), "; "));
    const double before = steady_seconds();
    Study study = made(e, task, nets_, data_, flags_, notebook);
    // What was in the notebook already took no time, and says nothing about the rest.
    const bool noted = notebook.size() > 0;
    const double share = noted ? static_cast<double>(notebook.measured()) / static_cast<double>(task.count) : 1;
    agenda_.advance(e.name, share * planned, steady_seconds() - before);
    return study;
}

void Inquiry::make(bool without_nets) {
    for (const Experiment& e : experiments) {
        if (!flags_.asked(e) || (e.needs == Needs::nothing) != without_nets) continue;
        studies_.push_back(study(e));
        agenda_.finish(e.name);
        write_study(output_, studies_.back(), facts(command_, flags_, data_, nets_), say);
        print_study(studies_.back(), output_ / (std::string(e.name) + ".html"));
        if (agenda_.seconds_remaining() > 0) std::cout << agenda_.remaining() << "\n" << std::endl;
    }
}

void Inquiry::write_page() {
    if (studies_.size() < 2 || !can_draw(FigureFormat::svg)) return;
    write_file_atomically(output_ / "why.html", study_html(studies_, facts(command_, flags_, data_, nets_)));
    std::cout << "all on one page: " << printable_name((output_ / "why.html").string()) << std::endl;
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
        for (const Experiment& e : experiments)
            if (flags.asked(e)) std::cout << e.name << ": " << e.shows << "\n";
        std::cout << std::endl;
        Inquiry inquiry(flags, command_line("build/why", argc, argv));
        inquiry.plan();
        inquiry.make(true);                                  // before nets are trained for the others
        if (!inquiry.train()) {
            std::cerr << app.get_name() << ": give the same command again to go on.\n";
            return 0;
        }
        inquiry.make(false);
        inquiry.write_page();
        return 0;
    });
}
