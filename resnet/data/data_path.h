// Where do pictures come from?
//
// From wherever --data-path says:
//
//     "synthetic"                          generated pictures (synthetic.h)
//     "cifar10"                            the archive that `make data` has downloaded (cifar10.h)
//     a folder with data_batch_1.bin ...   CIFAR-10's binary layout (also inside cifar-10-batches-bin/)
//     a .tar.gz                            the same as one archive
//     a folder of folders                  pictures, one folder per class; also in train/ and test/ (picture_folder.h)
//     a single .bin file                   CIFAR-10 records, all of them the test set; train stays empty
#pragma once

#include "resnet/data/pictures.h"

namespace deepen {

// Refuses anything else, saying which of these it looked for.
DataSplits load_data(const std::string& path, const DataOptions& options = {});

}  // namespace deepen
