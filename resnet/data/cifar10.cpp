#include "resnet/data/cifar10.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <sstream>

#include "engine/error.h"
#include "engine/parallel.h"
#include "resnet/data/archive.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

constexpr Index cifar_side = 32, pixels = cifar_side * cifar_side, record_bytes = 1 + 3 * pixels;
constexpr Index largest_file = 10000 * record_bytes;

const std::array<std::string, 6> batch_names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                                "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
const std::string classes_name = "batches.meta.txt";

// Files by their name without folders.
using Files = std::map<std::string, Bytes>;

bool belongs(const std::string& name) {
    return name == classes_name || std::find(batch_names.begin(), batch_names.end(), name) != batch_names.end();
}

std::vector<std::string> official_classes() {
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
}

std::vector<std::string> parse_classes(const Bytes& bytes, const std::string& where) {
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    std::vector<std::string> classes;
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) classes.push_back(line);
    }
    require(classes.size() == 10, where, ": ", classes.size(), " names of classes, 10 were expected, a line each.");
    return classes;
}

PictureSet empty_set(std::vector<std::string> classes) {
    PictureSet set;
    set.height = set.width = cifar_side;
    set.classes = std::move(classes);
    return set;
}

void append_records(PictureSet& set, const Bytes& bytes, const std::string& where) {
    const auto size = static_cast<Index>(bytes.size());
    require(size > 0, where, ": empty.  Records of ", record_bytes, " bytes were expected.");
    require(size % record_bytes == 0, where, ": ", size, " bytes are not a multiple of ", record_bytes,
            ", the size of a record.",
            size % (record_bytes + 1) == 0 ? "  This looks like CIFAR-100; CIFAR-10 is read." : "");
    const Index count = size / record_bytes;
    for (Index i = 0; i < count; ++i) {
        const int label = bytes[i * record_bytes];
        require(label <= 9, where, ": record ", i + 1, " of ", count, " has label ", label, ", 0 to 9 were expected.");
        set.labels.push_back(label);
    }

    const auto before = static_cast<Index>(set.pixels.size());
    set.pixels.resize(before + count * 3 * pixels);
    parallel_ranges(count, 256, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            const std::uint8_t* __restrict planes = &bytes[i * record_bytes + 1];
            std::uint8_t* __restrict out = &set.pixels[before + i * 3 * pixels];
            for (Index p = 0; p < pixels; ++p) {
                for (Index c = 0; c < 3; ++c) out[3 * p + c] = planes[c * pixels + p];
            }
        }
    });
}

// Takes the files apart, each freed as soon as it is read: 184 MB need not be there twice.
DataSplits assemble(Files files, const std::string& where) {
    std::string missing;
    for (const std::string& name : batch_names) {
        if (!files.contains(name)) missing += (missing.empty() ? "" : ", ") + name;
    }
    require(missing.empty(), where, ": missing ", missing,
            ".  CIFAR-10's binary version has six batch files (the Python and Matlab versions are not read).");

    const std::vector<std::string> classes = files.contains(classes_name)
                                                 ? parse_classes(files[classes_name], where + ": " + classes_name)
                                                 : official_classes();
    DataSplits splits{empty_set(classes), empty_set(classes)};
    for (const std::string& name : batch_names) {
        append_records(name == "test_batch.bin" ? splits.test : splits.train, files[name], where + ": " + name);
        files.erase(name);
    }
    return splits;
}

fs::path inner(const fs::path& folder) { return folder / "cifar-10-batches-bin"; }

bool directly_holds(const fs::path& folder) {
    return std::any_of(batch_names.begin(), batch_names.end(),
                       [&](const std::string& name) { return fs::exists(folder / name); });
}

}  // namespace

bool holds_cifar10(const fs::path& folder) { return directly_holds(folder) || directly_holds(inner(folder)); }

DataSplits cifar10_from_folder(const fs::path& folder) {
    const fs::path where = directly_holds(folder) ? folder : inner(folder);
    Files files;
    for (const std::string& name : batch_names) {
        if (fs::exists(where / name)) files[name] = read_file(where / name, largest_file);
    }
    if (fs::exists(where / classes_name)) files[classes_name] = read_file(where / classes_name, 1 << 16);
    return assemble(std::move(files), where.string());
}

DataSplits cifar10_from_archive(const fs::path& tar_gz) {
    const auto name_of = [](const std::string& member) { return fs::path(member).filename().string(); };
    Files files;
    // A file that is there twice is refused before its bytes are read: 100 of them would be 3 GB.
    const auto wanted = [&](const std::string& member) {
        const std::string name = name_of(member);
        if (!belongs(name)) return false;
        require(files.try_emplace(name).second, tar_gz.string(), ": ", name, " is in the archive twice.");
        return true;
    };
    for (auto& [member, bytes] : read_tar_gz(tar_gz, {.wanted = wanted, .largest = largest_file}))
        files[name_of(member)] = std::move(bytes);
    return assemble(std::move(files), tar_gz.string());
}

DataSplits cifar10_from_file(const fs::path& bin) {
    DataSplits splits{empty_set(official_classes()), empty_set(official_classes())};
    append_records(splits.test, read_file(bin, largest_file), bin.string());
    return splits;
}

fs::path default_cifar10_archive() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return fs::path(value ? value : "");
    };
    const fs::path home = variable("HOME");
    const fs::path cache = !variable("XDG_CACHE_HOME").empty() ? variable("XDG_CACHE_HOME")
                           : !home.empty()                     ? home / ".cache"
                                                               : "";
    require(!cache.empty(), "cifar10: neither XDG_CACHE_HOME nor HOME is set, so there is no cache folder to look in.  "
                            "Give the archive's own path.");
    return cache / "deepen" / "cifar-10-binary.tar.gz";
}

}  // namespace deepen
