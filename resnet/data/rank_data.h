// What if a machine has not got the pictures?
//
// Ranks that train one net together (engine/ranks/transport.h) read the same files, each for itself.  Where a rank
// cannot, because they lie on another machine, rank 0 sends it what it has read itself.  That is for sets that lie in
// memory, such as CIFAR-10; pictures that are decoded from files of their own must be on each machine.
#pragma once

#include <functional>

#include "resnet/data/pictures.h"

namespace deepen {

// What `load` gives on this rank, or else on rank 0.  `told`: of how many ranks have been sent it; called on all ranks,
// and only then.  Throws Error on every rank if rank 0 cannot load either, or cannot send it.
DataSplits load_on_ranks(const std::function<DataSplits()>& load, const std::function<void(int)>& told);

}  // namespace deepen
