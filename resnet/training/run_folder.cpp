#include "resnet/training/run_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/io/files.h"
#include "engine/io/folder_lock.h"
#include "engine/io/hash.h"
#include "engine/ranks/transport.h"
#include "resnet/training/beginning.h"
#include "resnet/training/checkpoint.h"
#include "resnet/training/model_file.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_config = 1 << 20;

fs::path folder_of_checkpoints(const fs::path& folder) { return folder / "checkpoints"; }

// Newest first by their names: last, then iteration-N by descending N, then best.
std::vector<fs::path> checkpoints_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_of_checkpoints(folder), none))
        if (entry.path().extension() == ".safetensors") found.push_back(entry.path());
    std::sort(found.begin(), found.end(), std::greater<>());
    return found;
}

fs::path last_checkpoint(const fs::path& folder) { return folder_of_checkpoints(folder) / "last.safetensors"; }

bool has_last_checkpoint(const fs::path& folder) {
    try {
        read_checkpoint(last_checkpoint(folder));
        return true;
    } catch (const Error&) {
        return false;
    }
}

// What weights.safetensors says of itself: their checksum, as they are stored.
std::string checksum_as_stored(TensorFile file) {
    if constexpr (!std::is_same_v<Real, float>)
        for (auto& [name, tensor] : file.tensors) {
            tensor = tensor.clone();
            for (Real& v : tensor.data()) v = static_cast<Real>(static_cast<float>(v));
        }
    return checksum_of(file);
}

bool equal_as_stored(const Tensor& a, const Tensor& b) {
    const auto equal = [](Real x, Real y) { return static_cast<float>(x) == static_cast<float>(y); };
    return a.shape() == b.shape() && std::equal(a.data().begin(), a.data().end(), b.data().begin(), equal);
}

// Refuses weights that are damaged, and weights and a log that are not those of the last checkpoint, if that can be
// read: it has a checksum over both.
void require_genuine(const fs::path& folder, const History& history) {
    const fs::path path = folder / "weights.safetensors", last = last_checkpoint(folder);
    const TensorFile weights = read_safetensors(path);
    const auto checksum = weights.metadata.find("checksum");
    const std::string advice = text("  Remove it, and the same command writes it again from ", last.string(),
                                    " or, without that, trains again.");
    require(checksum == weights.metadata.end() || checksum->second == checksum_of(weights), path.string(),
            " is damaged: its checksum does not match.", advice);
    std::optional<Checkpoint> end;
    try {
        end = read_checkpoint(last);
    } catch (const Error&) {
        return;  // nothing to compare with
    }
    if (end->state.history.size() != history.size()) return;
    for (const auto& [name, tensor] : weights.tensors) {
        const auto found = end->file.tensors.find(name);
        require(found != end->file.tensors.end() && equal_as_stored(tensor, found->second), path.string(),
                " does not hold the weights that this run ended with: ", name, " is another.", advice);
    }
    require(history_text(end->state.history) == history_text(history), (folder / "log.csv").string(),
            " is not the log that this run ended with.", advice);
}

// What to do about a damaged config.json or log.csv: the last checkpoint holds both.
std::string if_removed(const fs::path& folder) {
    if (!has_last_checkpoint(folder))
        return "  There is no last checkpoint to write it again from: move the folder away.";
    return text("  Remove it, and the command that trained this run writes it again from ",
                last_checkpoint(folder).string(), ".");
}

History log_of(const fs::path& folder) {
    const std::string written = read_text_file(folder / "log.csv", longest_log);
    try {
        return parse_history(written, folder / "log.csv");
    } catch (const Error& e) {
        throw Error(e.what() + if_removed(folder));
    }
}

// A run is over when its log holds its last epoch, and its weights are there.
bool complete(const fs::path& folder, const Recipe& recipe, const History& history) {
    if (!is_over(history, recipe.training) || !fs::exists(folder / "weights.safetensors")) return false;
    require_genuine(folder, history);
    return true;
}

// --- what a run begins with --------------------------------------------------------------------------

// A run begins by removing what it will write: that must be its own.  Where it goes on from a checkpoint in there, that
// says whose it is (of_this_recipe()).
void require_nothing_foreign(const fs::path& folder, const Recipe& recipe, bool from_its_own) {
    std::error_code none;
    require(recipe.pretrained.weights.empty() ||
                !fs::equivalent(recipe.pretrained.weights, folder / "weights.safetensors", none),
            folder.string(),
            ": the weights to begin with lie where those of this run will.  Choose another --output-dir.");
    if (fs::exists(folder / "config.json") || (from_its_own && has_last_checkpoint(folder))) return;
    for (const char* name : {"weights.safetensors", "log.csv"})
        require(!fs::exists(folder / name), folder.string(), " holds a ", name,
                " but no config.json: which run that is of is not known, and it would be lost.  Choose another "
                "--output-dir, or move it away.");
}

// --- reading checkpoints ---------------------------------------------------------------------------

Checkpoint of_this_recipe(const fs::path& path, const std::string& recipe) {
    Checkpoint c = read_checkpoint(path);
    const std::string differ = differences(c.recipe, recipe);
    require(differ.empty(), path.string(), ": this checkpoint is of a run with other settings or other data: ", differ,
            ".  Ask for the same, or choose another --output-dir.");
    return c;
}

struct Found {
    fs::path path;
    Checkpoint checkpoint;
};

// The checkpoint to go on from, if there is one.
std::optional<Found> find_checkpoint(const fs::path& folder, const std::string& recipe,
                                     const CheckpointOptions& options, const Observer& observer) {
    if (!options.from.empty()) return Found{options.from, of_this_recipe(options.from, recipe)};
    std::optional<Found> newest;
    std::string first_cause;                             // a full disk or memory looks like damage: tell what it was
    const std::vector<fs::path> all = checkpoints_in(folder);
    for (const fs::path& path : all) {
        try {
            Checkpoint c = read_checkpoint(path);
            if (!newest || c.state.iteration > newest->checkpoint.state.iteration) newest = Found{path, std::move(c)};
            if (path.filename() == "last.safetensors") break;
        } catch (const Error& e) {
            if (first_cause.empty()) first_cause = e.what();
            observer.say(text("This checkpoint is left out: ", e.what()));
        }
    }
    require(newest || all.empty(), folder.string(), ": none of its checkpoints can be read.  ", first_cause,
            "  If they are damaged, remove ", folder_of_checkpoints(folder).string(), " to start this run again.");
    require(newest || !options.resume, folder.string(),
            " holds no checkpoint to go on from.  Leave --resume out to begin a run, or give it a file.");
    if (newest) newest->checkpoint = of_this_recipe(newest->path, recipe);
    return newest;
}

// --- writing them ----------------------------------------------------------------------------------

void write_logs(const fs::path& folder, const History& history) {
    write_file_atomically(folder / "log.jsonl", history_json_lines(history));
    write_history(folder / "log.csv", history);
}

// Writes what a run leaves behind, when it is time.
class Keeper {
public:
    Keeper(fs::path folder, const FolderLock& lock, Module& net, const ModelOptions& model, Trainer& trainer,
           const Preprocessing& preprocessing, const PictureSet& data, std::string recipe, CheckpointOptions options)
        : folder_(std::move(folder)),
          lock_(lock),
          net_(net),
          model_(model),
          trainer_(trainer),
          preprocessing_(preprocessing),
          data_(data),
          recipe_(std::move(recipe)),
          options_(options) {}

    void after_step(const StepReport& step) {
        const bool every = options_.every && step.iteration % options_.every == 0;
        if (every) save_numbered(step.iteration);
        const std::chrono::duration<double, std::ratio<60>> passed = std::chrono::steady_clock::now() - saved_;
        if (every || (options_.minutes > 0 && passed.count() >= options_.minutes)) save("last.safetensors");
    }

    // The log comes last: a run is over when its log says so, and then all the rest is there.
    void after_epoch(const EpochRecord& record, const History& history) {
        write_weights();
        const auto worse = [&](const EpochRecord& e) { return e.test_error > record.test_error; };
        const bool tested = !std::isnan(record.test_error);
        if (tested && std::all_of(history.begin(), history.end() - 1, worse)) save("best.safetensors");
        save("last.safetensors");
        write_logs(folder_, history);
    }

    void write_weights() {
        require_still_there();
        TensorFile weights = file();
        weights.metadata["checksum"] = checksum_as_stored(weights);
        write_safetensors(folder_ / "weights.safetensors", weights);
    }

    void when_stopped() { save("last.safetensors"); }

private:
    TensorFile file() const {
        TensorFile file = model_file(net_, model_, preprocessing_, data_.height, data_.classes);
        file.metadata["commit"] = build_info().commit;
        return file;
    }

    void require_still_there() const {
        require(lock_.is_of(folder_), "the output folder ", folder_.string(),
                " was moved away or removed while this run was training into it.  What was saved is where the folder "
                "is now; put it back, and the same command resumes from its last checkpoint.");
    }

    void save(const std::string& name) {
        require_still_there();
        const fs::path checkpoints = folder_of_checkpoints(folder_);
        make_output_folder(checkpoints);
        write_checkpoint(checkpoints / name, file(), trainer_, recipe_);
        saved_ = std::chrono::steady_clock::now();
    }

    void save_numbered(Index iteration) {
        char name[64];
        std::snprintf(name, sizeof name, "iteration-%08lld.safetensors", static_cast<long long>(iteration));
        save(name);
        if (!options_.keep) return;
        Index kept = 0;
        for (const fs::path& path : checkpoints_in(folder_))
            if (path.filename().string().starts_with("iteration-") && ++kept > options_.keep) fs::remove(path);
    }

    const fs::path folder_;
    const FolderLock& lock_;
    Module& net_;
    const ModelOptions model_;
    Trainer& trainer_;
    const Preprocessing& preprocessing_;
    const PictureSet& data_;
    const std::string recipe_;
    const CheckpointOptions options_;
    std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

// A rank that has no folder, and gets from rank 0 where the run stands.
History train_along(const Recipe& recipe, const DataSplits& data, const Observer& observer) {
    const auto [net, preprocessing] = beginning_of(recipe, data.train, observer);
    Trainer trainer(*net, data, preprocessing, recipe.training);
    share_state(*net, trainer);
    const DelayedInterruption until_all_stop("stopping with rank 0.");
    return trainer.run(observer);
}

}  // namespace

std::optional<History> finished_run(const fs::path& folder, const Recipe& recipe, const DataSplits& data) {
    // A run that left nothing has no results to be mistaken for this one's.
    const bool has_results =
        fs::exists(folder / "log.csv") || fs::exists(folder / "weights.safetensors") || !checkpoints_in(folder).empty();
    if (!fs::exists(folder / "config.json") || !has_results) return std::nullopt;
    const std::string there = read_text_file(folder / "config.json", largest_config);
    require(is_recipe(there), (folder / "config.json").string(), " is not the recipe of a run.",
            if_removed(folder));
    const std::string differ = differences(there, recipe.json(data));
    require(differ.empty(), folder.string(), " holds a run with other settings or other data: ", differ,
            ".  Choose another --output-dir, ask for the same settings, or remove that folder.");
    if (!fs::exists(folder / "log.csv")) return std::nullopt;
    History history = log_of(folder);
    if (!complete(folder, recipe, history)) return std::nullopt;
    return history;
}

std::optional<TrainingState> state_of_run(const fs::path& folder, const Recipe& recipe, const DataSplits& data) {
    if (checkpoints_in(folder).empty()) return std::nullopt;
    const std::optional<Found> found = find_checkpoint(folder, recipe.json(data), {}, {});
    if (!found) return std::nullopt;
    return found->checkpoint.state;
}

History train_into(const fs::path& folder, const Recipe& recipe, const DataSplits& data, const Observer& observer,
                   const CheckpointOptions& checkpoints) {
    ranks::require_same("version, processor or BLAS", describe(build_info()));
    const std::string description = recipe.json(data);
    ranks::require_same("settings or data", description, differences);
    if (ranks::rank() > 0) return train_along(recipe, data, observer);
    std::error_code none;
    const bool own = checkpoints.from.empty() ||
                     fs::equivalent(checkpoints.from.parent_path(), folder_of_checkpoints(folder), none);
    std::optional<FolderLock> lock;  // from before anything is looked at, if there is a folder
    if (fs::is_directory(folder)) lock.emplace(folder);
    require_nothing_foreign(folder, recipe, own);
    require_no_stranded_picture(recipe, data.train);
    const auto [net, preprocessing] = beginning_of(recipe, data.train, observer);
    Trainer trainer(*net, data, preprocessing, recipe.training);         // refuses before anything is written
    std::optional<Found> found = find_checkpoint(folder, description, checkpoints, observer);

    make_output_folder(folder);
    if (!lock) {
        lock.emplace(folder);
        if (fs::exists(folder / "config.json"))
            throw FolderInUse(text(folder.string(), " was made by another process meanwhile.  Give the command again "
                                                    "to see what is there now."));
    }
    for (const fs::path& f : {folder, folder_of_checkpoints(folder)}) remove_temporary_files(f);
    if (found) {
        restore(found->checkpoint, found->path.string(), *net, trainer);
        const TrainingState& s = found->checkpoint.state;
        observer.say(text("Going on from epoch ", s.epoch, ", step ", s.step, " (iteration ", s.iteration,
                          "): ", found->path.string()));
        found.reset();
    } else {
        fs::remove(folder / "weights.safetensors");
    }
    // The log may be ahead of the checkpoint, by an epoch that will be trained again to the same bits.
    if (const History history = trainer.state().history; !history.empty()) write_logs(folder, history);
    else fs::remove(folder / "log.csv"), fs::remove(folder / "log.jsonl");
    write_file_atomically(folder / "config.json", description);

    share_state(*net, trainer);
    Keeper keeper(folder, *lock, *net, recipe.model, trainer, preprocessing, data.train, description, checkpoints);
    if (trainer.finished()) keeper.write_weights();  // the checkpoint was of a finished run
    Observer saving = observer;
    saving.step = [&](const StepReport& step) {
        observer.step(step);
        keeper.after_step(step);
    };
    saving.epoch = [&](const EpochRecord& record, const History& history) {
        keeper.after_epoch(record, history);
        observer.epoch(record, history);
    };
    const DelayedInterruption until_saved("stopping after this step; a second signal stops at once, without saving.");
    try {
        History history = trainer.run(saving);
        if (!trainer.finished()) keeper.when_stopped();
        return history;
    } catch (const Diverged& e) {                        // which run, where there are several
        throw Diverged(text(folder.string(), ": ", e.what()));
    }
}

void make_output_folder(const fs::path& folder, const std::string& flag) {
    std::error_code error;
    fs::create_directories(folder, error);
    require(!error, "the output folder ", folder.string(), " cannot be made: ", error.message(), ".  Choose another ",
            flag, ".");
}

void require_can_be_made(const fs::path& folder) {
    fs::path there = fs::absolute(folder).lexically_normal();
    std::error_code unknown;
    while (!fs::exists(there, unknown) && there.has_relative_path()) there = there.parent_path();
    const int reason = !fs::is_directory(there, unknown) ? ENOTDIR : ::access(there.c_str(), W_OK | X_OK) ? errno : 0;
    require(reason == 0, "the output folder ", folder.string(), " cannot be made: ", std::strerror(reason),
            ".  Choose another --output-dir.");
}

std::string weights_hash(const fs::path& folder) {
    return hexadecimal(hash_of(read_safetensors(folder / "weights.safetensors").tensors));
}

}  // namespace deepen
