#include "resnet/data/picture_folder.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/error.h"
#include "engine/parallel.h"
#include "resnet/data/decode.h"
#include "resnet/data/resize.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

constexpr Index largest_size = 1024;

// What file managers leave behind, hidden or not, is passed over.
bool passed_over(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name.starts_with('.') || name == "thumbs.db" || name == "desktop.ini";
}

// What a folder holds, sorted.
std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (!passed_over(entry.path().filename().string())) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    return found;
}

bool is_utf8(const std::string& name) try {
    nlohmann::json(name).dump();
    return true;
} catch (const nlohmann::json::type_error&) {
    return false;
}

std::string list(const std::vector<std::string>& names) {
    std::string joined;
    for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
    return joined;
}

// The pictures below a folder of classes, and which of them are of which class.  Files beside the class folders
// (a licence, a list) are none of our business.
struct Listing {
    std::vector<fs::path> files;
    std::vector<int> labels;
    std::vector<std::string> classes;
};

Listing list_pictures(const fs::path& folder) {
    Listing found;
    for (const fs::path& class_folder : entries(folder)) {
        if (!fs::is_directory(class_folder)) continue;
        const std::vector<fs::path> files = entries(class_folder);
        require(!files.empty(), class_folder.string(), ": no pictures in this class.");
        for (const fs::path& file : files) {
            require(!fs::is_directory(file), file.string(),
                    ": a folder inside a class; only pictures were expected there.");
            found.files.push_back(file);
            found.labels.push_back(static_cast<int>(found.classes.size()));
        }
        found.classes.push_back(class_folder.filename().string());
        require(is_utf8(found.classes.back()), class_folder.string(),
                ": the folder's name, which names a class, is not UTF-8.  Rename it.");
    }
    require(!found.classes.empty(), folder.string(),
            ": no classes.  A folder of pictures was expected for each class.");
    return found;
}

// Those to train on, and those to test on.
std::pair<Listing, Listing> split(const Listing& all) {
    Listing train, test;
    train.classes = test.classes = all.classes;
    for (std::size_t i = 0; i < all.files.size(); ++i) {
        const std::string name = all.classes[all.labels[i]] + "/" + all.files[i].filename().string();
        const bool for_test = crc32_z(0, reinterpret_cast<const Bytef*>(name.data()), name.size()) % 5 == 0;
        Listing& side = for_test ? test : train;
        side.files.push_back(all.files[i]);
        side.labels.push_back(all.labels[i]);
    }
    for (std::size_t k = 0; k < all.classes.size(); ++k)
        require(std::count(train.labels.begin(), train.labels.end(), static_cast<int>(k)) > 0,
                all.files.front().parent_path().parent_path().string(), ": all pictures of class ", all.classes[k],
                " came to be test pictures, for there are so few.  Add some, or make folders train/ and test/.");
    return {train, test};
}

// Reads the pictures, each on whatever thread is free.
PictureSet read(const Listing& listing, const DataOptions& options) {
    PictureSet set;
    set.height = set.width = options.size;
    set.shorter_side = options.shorter_side;
    set.decoded = true;
    set.labels = listing.labels;
    set.classes = listing.classes;
    if (options.in_files) {
        set.files = listing.files;
        set.checksums.resize(set.count());
        parallel_for(set.count(), [&](Index i) {
            const Bytes file = read_picture_file(set.files[i]);
            set.checksums[i] = static_cast<std::uint32_t>(crc32_z(0, file.data(), file.size()));
        });
    } else {
        set.pixels.resize(set.count() * set.bytes_per_picture());
        parallel_for(set.count(), [&](Index i) {
            const Pixels picture =
                fitted(decode_picture(listing.files[i]), options.shorter_side, {set.height, set.width});
            std::copy(picture.bytes.begin(), picture.bytes.end(), &set.pixels[i * set.bytes_per_picture()]);
        });
    }
    return set;
}

// A loop of links, a folder that must not be read.
[[noreturn]] void refuse(const fs::filesystem_error& e) {
    throw Error(text(e.path1().string(), ": ", e.code().message(), "."));
}

bool is_called_like_a_picture(const fs::path& file) {
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

}  // namespace

bool holds_picture_folders(const fs::path& root) try {
    if (fs::is_directory(root / "train")) return true;
    for (const fs::path& folder : entries(root)) {
        if (!fs::is_directory(folder)) continue;
        const std::vector<fs::path> files = entries(folder);
        if (std::any_of(files.begin(), files.end(), is_called_like_a_picture)) return true;
    }
    return false;
} catch (const fs::filesystem_error& e) {
    refuse(e);
}

DataSplits folder_of_pictures(const fs::path& root, const DataOptions& given) try {
    DataOptions options = given;
    if (options.shorter_side == 0) options.shorter_side = options.size;
    require(options.size >= 1 && options.size <= largest_size, "pictures: size ", options.size, " asked for, 1 to ",
            largest_size, " were expected.");
    require(options.shorter_side >= options.size && options.shorter_side <= 2 * largest_size,
            "pictures: a shorter side of ", options.shorter_side, " asked for, from which ", options.size,
            " pixels are to be cut; ", options.size, " to ", 2 * largest_size, " were expected.");

    // Find the pictures.
    Listing train, test;
    if (!fs::is_directory(root / "train")) {
        std::tie(train, test) = split(list_pictures(root));
    } else {
        train = list_pictures(root / "train");
        test.classes = train.classes;
        for (const char* name : {"test", "val"}) {
            if (!fs::is_directory(root / name)) continue;
            test = list_pictures(root / name);
            require(test.classes == train.classes, root.string(), ": train/ and ", name,
                    "/ differ in their classes.  train: ", list(train.classes), ".  ", name, ": ", list(test.classes),
                    ".");
            break;
        }
    }

    // Read them.
    const auto count = static_cast<Index>(train.files.size() + test.files.size());
    options.in_files = options.in_files || count * options.size * options.size * 3 > options.most_in_memory;
    return {read(train, options), read(test, options)};
} catch (const fs::filesystem_error& e) {
    refuse(e);
}

}  // namespace deepen
