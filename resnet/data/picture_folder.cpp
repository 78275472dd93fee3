#include "resnet/data/picture_folder.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/parallel.h"
#include "resnet/data/decode.h"
#include "resnet/data/resize.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

constexpr Index largest_size = 1024;

// What a folder holds, sorted, without what is hidden.
std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (!entry.path().filename().string().starts_with('.')) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    return found;
}

std::string list(const std::vector<std::string>& names) {
    std::string joined;
    for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
    return joined;
}

PictureSet read_split(const fs::path& folder, Index size) {
    PictureSet set;
    set.height = set.width = size;

    // Find the pictures.  Files beside the class folders (a licence, a list) are none of our business.
    std::vector<fs::path> pictures;
    for (const fs::path& class_folder : entries(folder)) {
        if (!fs::is_directory(class_folder)) continue;
        const std::vector<fs::path> files = entries(class_folder);
        require(!files.empty(), class_folder.string(), ": no pictures in this class.");
        for (const fs::path& file : files) {
            require(!fs::is_directory(file), file.string(),
                    ": a folder inside a class; only pictures were expected there.");
            pictures.push_back(file);
            set.labels.push_back(static_cast<int>(set.classes.size()));
        }
        set.classes.push_back(class_folder.filename().string());
    }
    require(!set.classes.empty(), folder.string(), ": no classes.  A folder of pictures was expected for each class.");

    // Read them, each on whatever thread is free.
    set.pixels.resize(set.count() * set.bytes_per_picture());
    parallel_for(set.count(), [&](Index i) {
        const Pixels picture = decode_picture(pictures[i]);
        scale_and_crop(picture.bytes, picture.height, picture.width, size,
                       std::span(set.pixels).subspan(i * set.bytes_per_picture(), set.bytes_per_picture()));
    });
    return set;
}

}  // namespace

DataSplits folder_of_pictures(const fs::path& root, Index size) try {
    require(size >= 1 && size <= largest_size, "pictures: size ", size, " asked for, 1 to ", largest_size,
            " were expected.");
    const fs::path train = root / "train", test = root / "test";
    require(fs::is_directory(train), train.string(),
            ": not there.  It should hold a folder of pictures for each class.");
    DataSplits splits;
    splits.train = read_split(train, size);
    if (fs::is_directory(test)) {
        splits.test = read_split(test, size);
        require(splits.test.classes == splits.train.classes, root.string(),
                ": train/ and test/ differ in their classes.  train: ", list(splits.train.classes),
                ".  test: ", list(splits.test.classes), ".");
    } else {
        splits.test.height = splits.test.width = size;
        splits.test.classes = splits.train.classes;
    }
    return splits;
} catch (const fs::filesystem_error& e) {                // a loop of links, a folder that must not be read
    throw Error(text(e.path1().string(), ": ", e.code().message(), "."));
}

}  // namespace deepen
