// How does a net learn something new from weights that were trained for something else?
//
//     const std::string path = "resnet18.safetensors";
//     FineTuning from = fine_tuning(path, read_model_file(path), true, {"conv1", "bn1", "layer1"});
//     Misfits left = load_pretrained(*net, from, read_pretrained(from));
//                                                           // fc.weight, fc.bias: other classes, so they stay random
//     freeze_parts(*net, from.frozen);                     // and the first layers learn no more
//
// The first layers of all nets of pictures look for the same edges and colours; with few pictures, leave them alone.
// (Yosinski et al. 2014, "How transferable are features in deep neural networks?")  A frozen batch norm keeps its
// running statistics as well: those of a few pictures would be worse.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "resnet/training/model_file.h"

namespace deepen {

struct FineTuning {
    std::filesystem::path weights;                       // empty: none, training begins from random weights
    std::string hash;                                    // of what that file holds (engine/io/hash.h): it fixes the run
    bool partial = false;                                // load what fits; else all must fit
    std::vector<std::string> frozen;                     // parts of the net: "layer1", "layer2.0", or whole_body
};

// All parts but the last linear layer, which tells the classes apart.
inline const std::string whole_body = "body";

// `file` is what read_model_file(weights) gave.
FineTuning fine_tuning(const std::filesystem::path& weights, const TensorFile& file, bool partial,
                       std::vector<std::string> frozen);

// Refuses a file that has changed since fine_tuning(), and what read_model_file() refuses.
TensorFile read_pretrained(const FineTuning& from);

// `file` is what read_pretrained() gave.  Refuses what load_state() or load_fitting() refuse.
Misfits load_pretrained(Module& net, const FineTuning& from, const TensorFile& file);

// Refuses names that the net has no part of, listing those it has, and to leave nothing that learns.
void freeze_parts(Module& net, const std::vector<std::string>& names);

// What the net saw so far: as the file says, else torchvision's for nets of ImageNet, else that of the new pictures.
Preprocessing preprocessing_from(const TensorFile& file, const std::string& path, const ModelOptions& model,
                                 const PictureSet& pictures);

}  // namespace deepen
