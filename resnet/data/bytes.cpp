#include "resnet/data/bytes.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "engine/error.h"

namespace deepen {

Bytes read_bytes(const std::filesystem::path& path, Index largest) {
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    require(std::filesystem::is_regular_file(status), path.string(), ": ",
            failure ? failure.message() : std::filesystem::exists(status) ? "not a plain file" : "not there", ".");
    const auto size = static_cast<Index>(std::filesystem::file_size(path, failure));
    require(!failure, path.string(), ": ", failure.message(), ".");
    require(size <= largest, path.string(), ": ", size, " bytes, at most ", largest, " were expected.");

    std::ifstream file(path, std::ios::binary);
    require(file.is_open(), path.string(), ": ", std::strerror(errno), ".");
    Bytes bytes(size);
    file.read(reinterpret_cast<char*>(bytes.data()), size);
    require(file.gcount() == size, path.string(), ": ", size, " bytes were expected, ", file.gcount(),
            " could be read.");
    return bytes;
}

std::string printable(const std::string& name) {
    std::string shown = name.size() <= 100 ? name : name.substr(0, 97) + "...";
    for (char& c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return shown;
}

}  // namespace deepen
