// What belongs in a weight file besides weights?
//
// What one must know to use them: which net they are for, and how its pictures were prepared.  Both
// stand in the safetensors metadata, as text:
//
//     model    "resnet20"          shortcut  "A"            classes  "10"        width  "16"
//     image_size "32"
//     mean     "0.49,0.48,0.45"    std       "0.25,0.24,0.26"   (or a mean of H*W*3 values: the paper's per-pixel mean)
#pragma once

#include <filesystem>
#include <optional>

#include "engine/safetensors.h"
#include "resnet/cifar.h"
#include "resnet/data/pictures.h"

namespace deepen {

// All of it: what save_model() writes.
TensorFile model_file(CifarNet& net, const Preprocessing& preprocessing, Index image_size);
void save_model(const std::filesystem::path& path, CifarNet& net, const Preprocessing& preprocessing, Index image_size);

// Copies the weights into the net.  Refuses weights that do not fit, or whose metadata name another model or shortcut.
void load_weights(CifarNet& net, const TensorFile& file, const std::string& path);

// The preprocessing a file names, if it names one.  Refuses one that is malformed.
std::optional<Preprocessing> preprocessing_of(const TensorFile& file, const std::string& path);

}  // namespace deepen
