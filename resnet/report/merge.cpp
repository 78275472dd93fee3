// How do runs made on other machines or days become one experiment?  See merge.h.
#include "resnet/report/merge.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/printable.h"
#include "resnet/cifar.h"
#include "resnet/training/recipe.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t largest_config = 1 << 20;
constexpr int first_that_warms_up = 110;  // layers (follow_paper() in recipe.h)

// --- one run -------------------------------------------------------------------------------------------

// config.json, asked for one setting at a time.
class Config {
public:
    explicit Config(const fs::path& path) : path_(path), text_(read_text_file(path, largest_config)) {
        constexpr int depth_of_ours = 4;  // what lies deeper is not looked at
        const auto near = [](int depth, Json::parse_event_t, Json&) { return depth <= depth_of_ours; };
        json_ = Json::parse(text_, near, false);
        require(json_.is_object(), path_.string(), " is not the config.json of a run: it is no JSON object.");
    }

    const std::string& str() const { return text_; }

    Index whole(const char* pointer, Index least) const {
        const Json* found = find(pointer);
        const bool fits = found && found->is_number_integer() && *found >= least && *found <= Index{1} << 53;
        check(fits, pointer, text("a whole number of at least ", least));
        return found->get<Index>();
    }

    std::string word(const char* pointer) const {
        const Json* found = find(pointer);
        check(found && found->is_string(), pointer, "a text");
        return found->get<std::string>();
    }

    bool is_false(const char* pointer) const {
        const Json* found = find(pointer);
        return found && *found == false;
    }

    std::optional<double> number_if_given(const char* pointer) const {
        const Json* found = find(pointer);
        if (!found) return {};
        check(found->is_number(), pointer, "a number");
        return found->get<double>();
    }

    std::uint64_t seed() const {
        const Json* found = find("/training/seed");
        check(found && found->is_number_unsigned(), "/training/seed", "a whole number");
        return found->get<std::uint64_t>();
    }

    std::string commit() const {
        const Json* found = find("/commit");
        return found && found->is_string() ? found->get<std::string>() : "";
    }

private:
    const Json* find(const char* pointer) const {
        const Json::json_pointer p(pointer);
        return json_.contains(p) ? &json_[p] : nullptr;
    }
    void check(bool holds, std::string pointer, const std::string& expected) const {
        std::replace(pointer.begin(), pointer.end(), '/', '.');
        require(holds, path_.string(), " is not the config.json of a run: expected ", expected, " as ",
                pointer.substr(1), ".");
    }

    fs::path path_;
    std::string text_;
    Json json_;
};

// Of the CIFAR nets with blocks of two layers, which the experiment compares.
CifarOptions net_of(const fs::path& folder, const ModelOptions& model) {
    std::optional<CifarOptions> net;
    try {
        completed(model);  // refuses what is no net at all
        if (picture_size(model) == 32) net = parse_cifar_model(model.name);
    } catch (const Error&) {
    }
    require(net && !net->bottleneck, folder.string(), " is a run of ", printable_name(model.name),
            ".  Compared are the nets plainN and resnetN of CIFAR-10, N = 6n+2 layers: 20, 32, 44, 56, 110, ...  Leave "
            "that folder out.");
    return *net;
}

FoundRun read_run(const fs::path& folder) {
    const fs::path log = folder / "log.csv";
    const Config config(folder / "config.json");
    FoundRun r{.folder = folder, .config = config.str(), .commit = config.commit()};
    r.model = {.name = config.word("/model/name"),
               .width = config.whole("/model/width", 1),
               .classes = config.whole("/model/classes", 1),
               .batch_norm = !config.is_false("/model/batch_norm")};
    r.initialiser = config.word("/initialiser");
    r.warmup = config.whole("/training/schedule/warmup", 0);
    const std::string shortcut = config.word("/model/shortcut");
    const CifarOptions net = net_of(folder, r.model);
    const bool plain = net.shortcut == Shortcut::none;
    require(plain == (shortcut == "none"), folder.string(), ": ", r.model.name, " with the shortcut ",
            printable_name(shortcut), " is no net of this project.");
    if (!plain) r.model.shortcut = parse_shortcut(shortcut);
    if (!plain) r.model.residual_gate = config.number_if_given("/model/residual_gate");

    const Index batch = config.whole("/training/batch", 1), pictures = config.whole("/data/train", 1);
    const Index most = config.whole("/training/max_iterations", 0), steps = steps_per_epoch(pictures, batch);
    r.counting = {.pictures = pictures,
                  .batch = batch,
                  .guessing = 1 - 1 / static_cast<double>(r.model.classes),  // as if no class was more frequent
                  .test_pictures = config.whole("/data/test", 0)};
    r.run = {.kind = plain ? "plain" : "residual",
             .depth = net.depth,
             .seed = config.seed(),
             .history = {},
             .epochs = config.whole("/training/epochs", 1)};
    if (most > 0) r.run.epochs = std::min(r.run.epochs, (most + steps - 1) / steps);
    if (fs::exists(log)) r.run.history = read_history(log);
    return r;
}

// --- finding them --------------------------------------------------------------------------------------

bool holds_run(const fs::path& folder) { return fs::exists(folder / "config.json") || fs::exists(folder / "log.csv"); }

std::vector<fs::path> run_folders(const fs::path& folder) {
    std::error_code error;
    require(fs::is_directory(folder, error), folder.string(),
            fs::exists(folder, error)
                ? " is not a folder.  Name run folders, which have a config.json and a log.csv, or a folder of such."
                : " does not exist.");
    if (holds_run(folder)) return {folder};
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
        if (entry.is_directory(error) && holds_run(entry.path())) found.push_back(entry.path());
    require(!error, folder.string(), " cannot be read: ", error.message(), ".");
    require(!found.empty(), folder.string(),
            " holds no run: neither it nor a folder in it has a config.json and a log.csv.");
    std::sort(found.begin(), found.end());
    return found;
}

// --- what may be compared ------------------------------------------------------------------------------

std::vector<SettingDifference> incomparable(const FoundRun& a, const FoundRun& b) {
    const bool one_is_plain = a.run.kind == "plain" || b.run.kind == "plain";
    const bool one_warms_up = (a.run.depth >= first_that_warms_up) != (b.run.depth >= first_that_warms_up);
    std::vector<SettingDifference> all = setting_differences(a.config, b.config);
    std::erase_if(all, [&](const SettingDifference& d) {
        return d.name == "model.name" || d.name == "training.seed" || (d.name == "model.shortcut" && one_is_plain) ||
               (d.name == "training.schedule.warmup_until_learning" && one_warms_up) ||
               (d.name == "data.class_names" && (d.there == "not given" || d.here == "not given"));
    });
    return all;
}

void refuse_different(const FoundRun& a, const FoundRun& b, const std::vector<SettingDifference>& differ) {
    std::string list;
    for (const SettingDifference& d : differ)
        list += text(list.empty() ? "" : ", ", d.name, " is ", d.there, " in the first, ", d.here, " in the second");
    throw Error(text(a.folder.string(), " and ", b.folder.string(), " were trained with different settings: ", list,
                     ".  Leave one of them out, or ask for both side by side with --allow-different."));
}

void refuse_twice(const MergedRuns& merged) {
    for (std::size_t i = 0; i < merged.found.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const FoundRun &a = merged.found[j], &b = merged.found[i];
            require(a.run.kind != b.run.kind || a.run.depth != b.run.depth || a.run.seed != b.run.seed,
                    a.folder.string(), " and ", b.folder.string(), " are both runs of ", a.model.name, " from seed ",
                    a.run.seed, ".  Leave one of them out.");
        }
}

// What sets each recipe apart: its values of the settings in which any of them differs from the first.
void describe_settings(std::vector<MergedRuns>& all) {
    std::vector<std::vector<SettingDifference>> differ(all.size());
    std::set<std::string> names;
    for (std::size_t i = 1; i < all.size(); ++i) {
        differ[i] = incomparable(all[0].found[0], all[i].found[0]);
        for (const SettingDifference& d : differ[i]) names.insert(d.name);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].label = i < 26 ? std::string(1, static_cast<char>('A' + i)) : text("A", i);
        for (const std::string& name : names) {
            std::string value;
            for (std::size_t j = 1; j < all.size(); ++j)
                for (const SettingDifference& d : differ[j])
                    if (d.name == name && (j == i || value.empty())) value = j == i ? d.here : d.there;
            all[i].settings += text(all[i].settings.empty() ? "" : ", ", name, " ", value);
        }
    }
}

std::vector<Run> some_of(const std::vector<FoundRun>& found, bool finished) {
    std::vector<Run> some;
    for (const FoundRun& f : found)
        if (f.run.finished() == finished) some.push_back(f.run);
    return some;
}

std::string csv_field(const std::string& words) {
    std::string quoted = "\"";
    for (char c : printable_name(words)) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

}  // namespace

std::vector<FoundRun> find_runs(const std::vector<fs::path>& folders,
                                const std::function<void(const std::string&)>& say) {
    std::vector<FoundRun> found;
    std::set<fs::path> seen;
    for (const fs::path& given : folders)
        for (const fs::path& folder : run_folders(given)) {
            if (!seen.insert(fs::canonical(folder)).second) continue;
            require(fs::exists(folder / "config.json"), folder.string(),
                    " has a log.csv but no config.json, which says what was trained.  Copy it, too, or leave that "
                    "folder out.");
            FoundRun r = read_run(folder);
            if (r.run.history.empty())
                say(text("not in the report: ", folder.string(), ", which has no finished epoch"));
            else found.push_back(std::move(r));
        }
    require(!found.empty(), "there is nothing to report: no run has finished an epoch.");
    return found;
}

std::vector<Run> MergedRuns::finished() const { return some_of(found, true); }
std::vector<Run> MergedRuns::unfinished() const { return some_of(found, false); }

std::vector<MergedRuns> merge(std::vector<FoundRun> runs, bool allow_different) {
    std::vector<MergedRuns> all;
    for (FoundRun& run : runs) {
        const auto fits = [&](const MergedRuns& merged) {
            return std::all_of(merged.found.begin(), merged.found.end(), [&](const FoundRun& other) {
                const std::vector<SettingDifference> differ = incomparable(other, run);
                if (!allow_different && !differ.empty()) refuse_different(other, run, differ);
                return differ.empty();
            });
        };
        auto place = std::find_if(all.begin(), all.end(), fits);
        if (place == all.end()) place = all.insert(all.end(), MergedRuns{});
        place->found.push_back(std::move(run));
    }
    for (const MergedRuns& merged : all) refuse_twice(merged);
    if (all.size() > 1) describe_settings(all);
    return all;
}

std::string runs_csv(const std::vector<MergedRuns>& merged) {
    std::ostringstream all;
    all.precision(10);
    all << "recipe,kind,depth,seed,finished,epochs,iterations,train_error,test_error,seconds,commit,folder\n";
    for (const MergedRuns& m : merged)
        for (const FoundRun& f : m.found) {
            double seconds = 0;
            for (const EpochRecord& e : f.run.history) seconds += e.seconds;
            const EpochRecord& last = f.run.history.back();
            all << m.label << ',' << f.run.kind << ',' << f.run.depth << ',' << f.run.seed << ','
                << (f.run.finished() ? "yes" : "no") << ',' << last.epoch << ',' << last.iteration << ','
                << last.train_error << ',' << last.test_error << ',' << seconds << ',' << csv_field(f.commit) << ','
                << csv_field(f.folder.string()) << '\n';
        }
    return all.str();
}

}  // namespace deepen
