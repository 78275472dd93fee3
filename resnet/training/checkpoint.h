// How does a run resume after an interruption, to the same bits?
//
// A checkpoint is one safetensors file with all that the next step depends on:
//
//     weights and buffers        under their own names: build/evaluate reads a checkpoint as it does a weight file
//     velocity.NAME              the optimiser's momentum
//     metadata  checkpoint       "1", the version of this format
//               real             "float" or "double": what was calculated with
//               recipe           model, training, seed and checksum of the data, as in config.json (recipe.h)
//               progress         epoch, step, iteration, warm-up, sums of the running epoch, as JSON
//               log              the epochs that are over, as in log.csv
//               checksum         of all of the above (engine/io/hash.h): a damaged checkpoint is not believed
//               model, mean, ... what model_file.h says of weights
//
// The order of pictures and their augmentation need no state of their own: they are functions of seed, epoch and
// step (resnet/data/loader.h).
#pragma once

#include "engine/io/safetensors.h"
#include "resnet/training/trainer.h"

namespace deepen {

struct Checkpoint {
    TensorFile file;
    TrainingState state;
    std::string recipe;
};

// Writes `weights`, which holds the net's parameters and buffers and what is to be said of them, with the rest.  The
// file appears whole or not at all.
void write_checkpoint(const std::filesystem::path& path, TensorFile weights, Trainer& trainer,
                      const std::string& recipe);

// Of everything in the file but the checksum itself: what its metadata should say.
std::string checksum_of(const TensorFile& file);

// The precision of this build, as a checkpoint says it.
inline constexpr const char* real_name = sizeof(Real) == sizeof(float) ? "float" : "double";

// Refuses, naming the file, what is no checkpoint, damaged, of another version, or of another precision.
Checkpoint read_checkpoint(const std::filesystem::path& path);

// Gives net and trainer of every rank what rank 0's have.
void share_state(Module& net, Trainer& trainer);

// Makes net and trainer those that the checkpoint was written of.  Refuses what does not fit; then neither is of use.
void restore(const Checkpoint& checkpoint, const std::string& path, Module& net, Trainer& trainer);

}  // namespace deepen
