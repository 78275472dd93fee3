// Where is a run stored, and how does it resume?
//
//     DIR/config.json                              the recipe, written first
//     DIR/log.csv, DIR/log.jsonl                   one row per epoch (history.h)
//     DIR/weights.safetensors                      after each epoch, with what one needs to use them (model_file.h)
//     DIR/checkpoints/last.safetensors             where the run stands (checkpoint.h)
//     DIR/checkpoints/best.safetensors             after the epoch with the smallest test error
//     DIR/checkpoints/iteration-00000400.safetensors   every so many iterations, if asked for
//
// Each file is replaced as a whole, so that it can be read at any time.  A run that was interrupted resumes from its
// newest sound checkpoint, and ends with the same bits as without the interruption.
#pragma once

#include <filesystem>
#include <optional>

#include "resnet/training/recipe.h"

namespace deepen {

struct CheckpointOptions {
    Index every = 0;                                     // iterations; 0: not by iterations
    Index keep = 2;                                      // so many of those are kept besides the last; 0: all
    double minutes = 10;  // 0: not by time.  In any case at each epoch's end and when stopped
    bool resume = false;                                 // there must be something to go on from
    std::filesystem::path from;  // go on from this file; empty: from the newest sound one in DIR
};

// The log of a run of this recipe that has been finished in `folder`; none if there is no such run,
// or an unfinished one.  Refuses a folder that holds a run of another recipe: its results would be
// mistaken for this one's.
std::optional<History> finished_run(const std::filesystem::path& folder, const Recipe& recipe, const DataSplits& data);

// Where an unfinished run of this recipe stands, by its newest sound checkpoint; none if there is no checkpoint.
// Refuses what train_into() refuses about checkpoints.  Writes nothing.
std::optional<TrainingState> state_of_run(const std::filesystem::path& folder, const Recipe& recipe,
                                          const DataSplits& data);

// Trains into `folder`, which is made if it is not there: goes on with an unfinished run of the same recipe, or begins
// one.  Returns what was logged; fewer epochs than asked for if the observer stopped it.  Throws FolderInUse
// (engine/io/folder_lock.h) where another process trains into it.  Refuses a folder that holds weights or a log of an
// unknown run, and checkpoints none of which is sound, or which are of another recipe, saying in what it differs.
// Called by all ranks if there are several; rank 0 alone looks into the folder.
History train_into(const std::filesystem::path& folder, const Recipe& recipe, const DataSplits& data,
                   const Observer& observer = {}, const CheckpointOptions& checkpoints = {});

// Makes the folder, with those above it, unless it is there.  Refuses a place where it cannot be made; `flag` names
// another.
void make_output_folder(const std::filesystem::path& folder, const std::string& flag = "--output-dir");

// Refuses what make_output_folder() could not make, without making it: a folder below a file, or where nothing may be
// written.
void require_can_be_made(const std::filesystem::path& folder);

// The hash (engine/io/hash.h) of what DIR/weights.safetensors holds: a run's result in one word.
std::string weights_hash(const std::filesystem::path& folder);

}  // namespace deepen
