#include "resnet/training/run_folder.h"

#include "engine/error.h"
#include "engine/files.h"
#include "resnet/training/model_file.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_config = 1 << 20;

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    require(!error, "the output folder ", folder.string(), " cannot be made: ", error.message(),
            ".  Choose another --output-dir.");
}

// A run is over when its log holds its last epoch, and its weights are there.
bool complete(const fs::path& folder, const Recipe& recipe, const History& history) {
    const TrainingOptions& o = recipe.training;
    const bool over = !history.empty() && (history.back().epoch == o.epochs ||
                                           (o.max_iterations && history.back().iteration >= o.max_iterations));
    if (over) read_safetensors(folder / "weights.safetensors");          // refuses damaged ones, naming the file
    return over;
}

}  // namespace

std::optional<History> finished_run(const fs::path& folder, const Recipe& recipe, const DataSplits& data) {
    // A run that left neither log nor weights has no results to be mistaken for this one's.
    const bool has_results = fs::exists(folder / "log.csv") || fs::exists(folder / "weights.safetensors");
    if (!fs::exists(folder / "config.json") || !has_results) return std::nullopt;
    const std::string found = read_text_file(folder / "config.json", largest_config);
    require(found == recipe.json(data), folder.string(),
            " holds a run with other settings or other data than asked for now ",
            "(its config.json tells which).  Choose another --output-dir, ask for the same settings, or remove that "
            "folder.");
    if (!fs::exists(folder / "log.csv")) return std::nullopt;
    History history = read_history(folder / "log.csv");
    if (!complete(folder, recipe, history)) return std::nullopt;
    return history;
}

History train_into(const fs::path& folder, const Recipe& recipe, const DataSplits& data, const Observer& observer) {
    const std::unique_ptr<CifarNet> net = cifar_resnet(recipe.model);
    initialise(*net, recipe.training.seed, parse_initialiser(recipe.initialiser));
    const Preprocessing preprocessing =
        recipe.per_pixel_mean ? Preprocessing::per_pixel(data.train) : Preprocessing::per_channel(data.train);

    // The weights first: a log that tells of an epoch has its weights beside it.
    Observer saving = observer;
    saving.epoch = [&](const EpochRecord& record, const History& history) {
        save_model(folder / "weights.safetensors", *net, preprocessing, data.train.height, data.train.classes);
        write_history(folder / "log.csv", history);
        observer.epoch(record, history);
    };
    Trainer trainer(*net, data, preprocessing, recipe.training);         // refuses before anything is written

    make_folder(folder);
    fs::remove(folder / "log.csv");
    fs::remove(folder / "weights.safetensors");
    write_file_atomically(folder / "config.json", recipe.json(data));
    return trainer.run(saving);
}

}  // namespace deepen
