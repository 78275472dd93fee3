// How do trained weights move between this engine and others?
//
// Under the same names (module.h), in the layouts everyone else uses:
//
//     here                            in files (PyTorch's)
//     filters [kh,kw,Cin,Cout]        [Cout,Cin,kh,kw]       "OIHW"
//     matrices [in,out]               [out,in]
//     vectors                         the same
#pragma once

#include "engine/io/safetensors.h"
#include "layers/module.h"

namespace deepen {

Tensor to_file_layout(const Tensor& w);
Tensor from_file_layout(const Tensor& w);

// A copy of all parameters and buffers of a net, as a file has them.
std::map<std::string, Tensor> state_of(Module& net);

// What does not fit when weights meet a net, by name.
struct Misfits {
    std::vector<std::string> missing;                    // the net has them, the weights do not
    std::vector<std::string> unexpected;                 // the other way round
    std::vector<std::string> misshapen;                  // both have them, in different shapes: "fc.bias is [10] ..."

    bool none() const { return missing.empty() && unexpected.empty() && misshapen.empty(); }
    std::string str() const;  // "  Missing: ...  Unexpected: ...": some of each, and how many
};

// Copies `state` into the net.  Refuses, changing nothing, unless names and shapes agree exactly; the
// message lists what does not.  PyTorch's num_batches_tracked, which nothing here needs, is ignored, and so are the
// velocities of a checkpoint (resnet/training/checkpoint.h).  `source` names the file in messages.
void load_state(Module& net, const std::map<std::string, Tensor>& state, const std::string& source);

// Copies what fits and leaves the rest of the net as it was: for nets of which only a part was trained before.
// Refuses where nothing fits.
Misfits load_fitting(Module& net, const std::map<std::string, Tensor>& state, const std::string& source);

}  // namespace deepen
