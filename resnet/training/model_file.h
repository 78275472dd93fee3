// What belongs in a weight file besides weights?
//
// What one must know to use them: which net they are for, and how its pictures were prepared.  Both
// are in the safetensors metadata, as text:
//
//     model    "resnet20"          shortcut  "A"            classes  "10"        width  "16"
//     stride   "first 1x1"         (of bottlenecks; if it is not there, in the 3x3)
//     batch_norm "none"            residual_gate "0"            (of nets without the one and with the other)
//     image_size "224"
//     class_names ["cat","dog"]     (class_names.h)
//     mean     "0.49,0.48,0.45"    std       "0.25,0.24,0.26"   (or a mean of H*W*3 values: the paper's per-pixel mean)
//
// Files from elsewhere hold less: torchvision's and timm's name their tensors as we do, and say nothing else.  The
// reader has to name the model; the shapes tell width and classes.  What we write, PyTorch loads with
// load_state_dict(strict=True): docs/weights.md.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/io/safetensors.h"
#include "layers/weights.h"
#include "resnet/data/pictures.h"
#include "resnet/models.h"

namespace deepen {

// All that belongs into the file; also PyTorch's num_batches_tracked, as 0: nothing here counts batches.
TensorFile model_file(Module& net, const ModelOptions& model, const Preprocessing& preprocessing, Index image_size,
                      const std::vector<std::string>& class_names = {});

void save_model(const std::filesystem::path& path, Module& net, const ModelOptions& model,
                const Preprocessing& preprocessing, Index image_size, const std::vector<std::string>& class_names = {});

// Its tensors have our names, ready for load_state() and load_fitting().  (timm has VGG's first linear layers as
// convolutions, and calls them pre_logits; DataParallel puts "module." before all names.)  Refuses what
// read_safetensors() refuses.
TensorFile read_model_file(const std::filesystem::path& path);

// Which net the file is for: what `asked` leaves open (an empty name, a width of 0, ...) is taken from the metadata and
// the shapes.  Refuses metadata that contradict what is asked, unless only a part is to be loaded, a file without a
// first or last layer that we know, and a model without a name.
enum class Load { whole, part };
ModelOptions model_for(const TensorFile& file, const std::string& path, ModelOptions asked, Load load = Load::whole);

// The net of model_for() with the weights of the file.  Shapes are compared before memory is taken for any, and nothing
// is drawn at random.
std::unique_ptr<Module> load_model(const TensorFile& file, const std::string& path, const ModelOptions& model);

// A few bytes must not ask for gigabytes: refuses a net with more than 2^28 numbers (1 GiB) of which the file does not
// hold at least half.  To be asked where only a part is loaded, before the rest is drawn.
void require_in_proportion(Module& net, const TensorFile& file, const std::string& path);

// The preprocessing a file names, if it names one.  Refuses one that is malformed.
std::optional<Preprocessing> preprocessing_of(const TensorFile& file, const std::string& path);
// Likewise the pixels a side of the pictures it was trained on.
std::optional<Index> image_size_of(const TensorFile& file, const std::string& path);

}  // namespace deepen
