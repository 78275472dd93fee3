#include "resnet/data/data_path.h"

#include "engine/error.h"
#include "resnet/data/cifar10.h"
#include "resnet/data/picture_folder.h"
#include "resnet/data/synthetic.h"

namespace deepen {
namespace fs = std::filesystem;

DataSplits load_data(const std::string& path, const DataOptions& options) {
    if (path == "synthetic") return synthetic_data(options);
    if (path == "cifar10") {
        const fs::path archive = default_cifar10_archive();
        require(fs::exists(archive), "cifar10: ", archive.string(),
                " is not there.  `make data` downloads it; \"synthetic\" needs no download.");
        return cifar10_from_archive(archive);
    }
    if (fs::is_directory(path)) {
        if (holds_cifar10(path)) return cifar10_from_folder(path);
        if (holds_picture_folders(path)) return folder_of_pictures(path, options);
    } else if (fs::exists(path)) {
        if (path.ends_with(".tar.gz") || path.ends_with(".tgz")) return cifar10_from_archive(path);
        if (path.ends_with(".bin")) return cifar10_from_file(path);
    }
    throw Error(
        text("--data-path: ", path, fs::exists(path) ? " holds nothing that is read here" : " is not there",
             ".  Looked for:\n"
             "  \"synthetic\", generated pictures\n"
             "  \"cifar10\", what `make data` has downloaded\n"
             "  a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin\n"
             "  a folder with these in cifar-10-batches-bin/\n"
             "  a .tar.gz of them\n"
             "  a .bin file of CIFAR-10 records\n"
             "  a folder with a folder of PNG or JPEG pictures for every class, or with train/ and test/ of these"));
}

}  // namespace deepen
