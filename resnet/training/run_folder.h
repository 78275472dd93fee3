// Where does a run live on disk?
//
//     DIR/config.json             the recipe, written first
//     DIR/log.csv                 one row an epoch (history.h)
//     DIR/weights.safetensors     after each epoch, with what one needs to use them (model_file.h)
//
// Each file is replaced as a whole, so that what stands there is always readable.
#pragma once

#include <filesystem>
#include <optional>

#include "resnet/training/recipe.h"

namespace deepen {

// The log of a run of this recipe that has been finished in `folder`; none if there is no such run,
// or an unfinished one.  Refuses a folder that holds a run of another recipe: its results would be
// mistaken for this one's.
std::optional<History> finished_run(const std::filesystem::path& folder, const Recipe& recipe, const DataSplits& data);

// Trains a fresh net into `folder`, which is made if it is not there.  An unfinished run of the same recipe is
// started anew.  Returns what was logged; fewer epochs than asked for if the observer stopped it.
History train_into(const std::filesystem::path& folder, const Recipe& recipe, const DataSplits& data,
                   const Observer& observer = {});

}  // namespace deepen
