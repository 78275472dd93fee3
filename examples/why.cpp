// Why does depth hurt, and why do shortcuts help?  `build/why lesion`, `build/why all`.
//
// Each experiment (common/why_experiments.h) tests claims of the literature on untrained nets or on trained ones.
// Without --run, small nets are trained for it on generated pictures (common/small_nets.h).  What is written is told in
// study.h.  What all will take is said before the first part (common/agenda.h).  After an interruption the same command
// goes on with the nets that are trained and with what was measured (why/notebook.h); responses, which takes seconds,
// begins anew.  A folder is written by one process at a time.
#include <algorithm>
#include <functional>
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
#include "examples/common/why_experiments.h"
#include "resnet/data/data_path.h"
#include "resnet/report/live_report.h"
#include "resnet/report/progress.h"
#include "resnet/training/class_names.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/remedies.h"

using namespace deepen;
namespace fs = std::filesystem;

namespace {

struct Flags {
    std::string experiment;
    std::vector<std::string> runs;
    std::string data_path = "synthetic", output = "runs/why";
    DataOptions data;
    bool data_given = false;
    Index pictures = 0, points = 0;                      // 0: not given
    int threads = 0;

    bool asked(const Experiment& e) const { return experiment == "all" || experiment == e.name; }
    bool needs(Needs what) const {
        const auto all = experiments();
        return std::any_of(all.begin(), all.end(), [&](const Experiment& e) { return asked(e) && e.needs == what; });
    }
    void add_to(CLI::App& app);
    void refuse_conflicts(const CLI::App& app) const;
};

void Flags::add_to(CLI::App& app) {
    std::vector<std::string> names{"all"};
    for (const Experiment& e : experiments()) names.push_back(e.name);
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
    app.get_option("--data-path")->description("the pictures that the nets of --run were trained on, which needs it; "
                                               "for signal and shattered, those that they look at.  As for train")
        ->default_str("");
    app.add_option("--pictures", pictures,
                   "how many pictures of the test set to look at; landscape: of the training set.  By default 1000; "
                   "landscape of small nets: 200")
        ->check(whole(1, 1e6))
        ->type_name("N");
    app.add_option("--points", points,
                   "landscape: points of the grid on a side, an odd number.  By default 25, of small nets 13")
        ->check(whole(3, 1001))
        ->type_name("N");
    app.add_option("--output-dir", output, "folder for pages, figures and numbers")
        ->capture_default_str()
        ->type_name("DIR");
    app.add_option("--threads", threads, "number of threads; 0 for all processors")
        ->check(whole(0, 1024))
        ->capture_default_str()
        ->type_name("N");
}

// Flags that would be passed over in silence.
void Flags::refuse_conflicts(const CLI::App& app) const {
    const bool trained = needs(Needs::nets) || needs(Needs::remedies);
    if (!runs.empty() && !trained)
        throw UsageError(text(experiment, " looks into untrained nets.  Leave --run out."));
    for (const std::string& run : runs)
        require(fs::is_directory(run), "--run: ", run, " is no folder.  Name folders of runs, or folders of such.");
    if (!runs.empty() && !data_given)
        throw UsageError("which pictures were these runs trained on?  Give them with --data-path.");
    if (runs.empty() && trained && data_given)
        throw UsageError("--data-path is for runs that are there already: give them with --run DIR.");
    for (const char* flag : {"--synthetic-train", "--synthetic-test"})
        if (app.count(flag) && (!data_given || data_path != "synthetic"))
            throw UsageError(text(flag, " is for --data-path synthetic."));
    if (app.count("--points") && experiment != "landscape" && experiment != "all")
        throw UsageError("--points is for landscape.  Leave it out.");
    if (app.count("--pictures") && !needs(Needs::nets))
        throw UsageError(text("--pictures is for responses, lesion and landscape, not for ", experiment,
                              ".  Leave it out."));
    if (app.count("--points") && points % 2 == 0)
        throw UsageError("--points: one point of the grid is the net itself, so their number on a side is odd.");
}

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

// Of other pictures, a net knows nothing.
void require_its_classes(const TrainedNet& net, const PictureSet& pictures, const std::string& path) {
    const std::string advice = "  Give the pictures it was trained on with --data-path.";
    require(net.net->options().classes == std::ssize(pictures.classes), net.folder, " tells ",
            net.net->options().classes, " classes apart, and ", path, " has ", pictures.classes.size(), ".", advice);
    require(net.classes.empty() || net.classes == pictures.classes, net.folder, " was trained on other classes (",
            some_names(net.classes), ") than ", path, " has (", some_names(pictures.classes), ").", advice);
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
    void run(bool untrained);                            // the experiments on untrained nets, or the others
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
        double stretch = 1;                              // how much longer all take, since the last ones run alone
    };

    void read_nets_in(const std::vector<fs::path>& twins, const std::vector<fs::path>& remedied);
    std::vector<const Experiment*> asked(bool untrained) const;
    Material material(const std::vector<TrainedNet>& nets) const {
        return {nets, runs_, data_, small_, flags_.pictures, flags_.points};
    }
    std::vector<Agenda::Part> plan_tasks(bool untrained);
    std::vector<Agenda::Part> plan_trainings();
    Study study(const Experiment& e);
    std::vector<Fact> facts(const std::function<bool(Needs)>& any) const;

    const Flags flags_;
    const std::string command_;
    const fs::path output_ = flags_.output;
    const bool small_ = flags_.runs.empty();
    const DataSplits data_ =
        flags_.data_given ? load_data(flags_.data_path, flags_.data) : load_data("synthetic", small_set);
    std::optional<FolderLock> lock_;
    std::vector<TrainedNet> nets_;
    std::vector<FoundRun> runs_;                         // with remedies
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

std::vector<const Experiment*> Inquiry::asked(bool untrained) const {
    std::vector<const Experiment*> some;
    for (const Experiment& e : experiments())
        if (flags_.asked(e) && (e.needs == Needs::nothing) == untrained) some.push_back(&e);
    return some;
}

// Also times a few passes of each net.
std::vector<Agenda::Part> Inquiry::plan_tasks(bool untrained_nets) {
    std::vector<Agenda::Part> parts;
    std::vector<TrainedNet> stand_ins;
    if (small_ && !untrained_nets && flags_.needs(Needs::nets)) stand_ins = untrained(trainings_.front().nets);
    for (const Experiment* e : asked(untrained_nets)) {
        tasks_[e->name] = e->task(material(small_ ? stand_ins : nets_));
        parts.push_back({e->name, tasks_[e->name].seconds});
    }
    return parts;
}

// Also times a few steps of each net.
std::vector<Agenda::Part> Inquiry::plan_trainings() {
    std::vector<Agenda::Part> parts;
    for (Training& t : trainings_) {
        t.left = left_to_train(t.nets, t.data);
        if (t.left.runs.empty()) continue;
        std::string needed_by;
        for (const Experiment* e : asked(false))
            if (e->needs == t.of) needed_by += (needed_by.empty() ? "" : ", ") + std::string(e->name);
        t.part = text(t.left.runs.size(), t.part);
        const double whole = seconds(t.left.runs, t.left.jobs), sum = seconds(t.left.runs, 1);
        t.stretch = sum > 0 ? whole / sum : 1;
        parts.push_back({t.part, whole, "to train, for " + needed_by});
    }
    return parts;
}

void Inquiry::plan() {
    if (flags_.experiment == "all" || !trainings_.empty())
        std::cout << "timing a few steps of all that is to be done ..." << std::endl;
    std::vector<Agenda::Part> parts;
    for (const std::vector<Agenda::Part>& some : {plan_tasks(true), plan_trainings(), plan_tasks(false)})
        parts.insert(parts.end(), some.begin(), some.end());
    agenda_ = Agenda(parts);
    if (parts.size() > 1) std::cout << agenda_.plan(threads()) << std::endl;
}

bool Inquiry::train() {
    for (const Training& t : trainings_) {
        const TrainingListener listener{
            .advanced = [&](double planned, double took) { agenda_.advance(t.part, planned * t.stretch, took); },
            .addition = [&] { return "  " + agenda_.remaining(); }};
        if (!train_small_nets(t.nets, t.left, t.data, listener)) return false;
        if (!t.left.runs.empty()) agenda_.finish(t.part);
    }
    if (small_) read_nets_in(small_twins(output_).folders, small_remedies(output_).folders);
    return true;
}

Study Inquiry::study(const Experiment& e) {
    Task task = tasks_[e.name];
    const double planned = std::exchange(task.seconds, agenda_.seconds_remaining(e.name));
    Notebook notebook(output_ / (std::string(e.name) + "-measured.csv"),
                      text(build_info().commit, "; pictures ", checksum(data_), "; "));
    if (task.count == 0) return e.run(material(nets_), notebook, [] {});    // nothing is measured
    Passes passes(e.name, task);
    const double before = steady_seconds();
    Study study = e.run(material(nets_), notebook, passes.counter());
    // What was in the notebook already took no time, and says nothing about the rest.
    const bool noted = notebook.size() > 0;
    const double share = noted ? static_cast<double>(notebook.measured()) / static_cast<double>(task.count) : 1;
    agenda_.advance(e.name, share * planned, steady_seconds() - before);
    return study;
}

// How the page was made of experiments any of which needs this.
std::vector<Fact> Inquiry::facts(const std::function<bool(Needs)>& any) const {
    const auto remedied = std::find_if(trainings_.begin(), trainings_.end(),
                                       [](const Training& t) { return t.of == Needs::remedies; });
    std::vector<Fact> all{{"command", command_, true}};
    if (any(Needs::nothing) || any(Needs::nets)) all.push_back({"data set", describe(flags_.data_path, data_)});
    if (any(Needs::remedies))
        all.push_back({"data set of remedies",
                       describe(flags_.data_path, remedied == trainings_.end() ? data_ : remedied->data)});
    all.insert(all.end(), {{"commit", build_info().commit, true},
                           {"machine", text(processor(), ", ", threads(), " thread(s)")},
                           {"date", local_time().substr(0, 10)}});
    if (any(Needs::nets))
        for (const TrainedNet& net : nets_)
            all.push_back({"net", text(net.folder, " (commit ", net.commit, ", weights ", net.hash, ")"), true});
    if (any(Needs::remedies))
        for (const FoundRun& run : runs_)
            all.push_back({"run", text(run.folder.string(), " (commit ", run.commit, ")"), true});
    return all;
}

void Inquiry::run(bool untrained) {
    for (const Experiment* e : asked(untrained)) {
        studies_.push_back(study(*e));
        agenda_.finish(e->name);
        write_study(output_, studies_.back(), facts([&](Needs what) { return what == e->needs; }), say);
        print_study(studies_.back(), output_ / (std::string(e->name) + ".html"));
        if (agenda_.seconds_remaining() > 0) std::cout << agenda_.remaining() << "\n" << std::endl;
    }
}

void Inquiry::write_page() {
    if (studies_.size() < 2 || !can_draw(FigureFormat::svg)) return;
    const auto asked_for = [&](Needs what) { return flags_.needs(what); };
    write_file_atomically(output_ / "why.html", study_html(studies_, facts(asked_for)));
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
        flags.data_given = app.count("--data-path") > 0;
        flags.refuse_conflicts(app);
        for (const Experiment& e : experiments())
            if (flags.asked(e)) std::cout << e.name << ": " << e.shows << "\n";
        std::cout << std::endl;
        Inquiry inquiry(flags, command_line("build/why", argc, argv));
        inquiry.plan();
        inquiry.run(true);                                   // before nets are trained for the others
        if (!inquiry.train()) {
            std::cerr << app.get_name() << ": give the same command again to go on.\n";
            return 0;
        }
        inquiry.run(false);
        inquiry.write_page();
        return 0;
    });
}
