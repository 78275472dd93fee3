// How do trained weights move between this engine and others?
//
// Under the same names (module.h), in the layouts everyone else uses:
//
//     here                            in files (PyTorch's)
//     filters [kh,kw,Cin,Cout]        [Cout,Cin,kh,kw]       "OIHW"
//     matrices [in,out]               [out,in]
//     vectors                         the same
#pragma once

#include "engine/safetensors.h"
#include "layers/module.h"

namespace deepen {

Tensor to_file_layout(const Tensor& w);
Tensor from_file_layout(const Tensor& w);

// A copy of all parameters and buffers of a net, as a file has them.
std::map<std::string, Tensor> state_of(Module& net);

// Copies `state` into the net.  Refuses, changing nothing, unless names and shapes agree exactly; the
// message lists what is missing, unexpected or of another shape.  PyTorch's num_batches_tracked,
// which nothing here needs, is ignored, and so are a checkpoint's velocities (resnet/training/checkpoint.h).  `source` names the file in messages.
void load_state(Module& net, const std::map<std::string, Tensor>& state, const std::string& source);

}  // namespace deepen
