// How does a file get replaced without a moment in which it is half written?
//
// The new text goes into a second file in the same folder, which is forced to the disk and then
// renamed over the old one.  Renaming within a folder is atomic: whoever reads, and whatever
// crashes, sees the old file or the new one.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/error.h"

namespace deepen {

// Refuses, with the system's reason, where the folder is missing or the disk is full.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
    const std::string part = text(path.string(), ".", ::getpid(), ".part");
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    require(file >= 0, "cannot write ", path.string(), ": ", std::strerror(errno),
            ".  Try another folder, or check that this one exists and may be written to.");

    int reason = 0;
    while (!bytes.empty() && !reason) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR) reason = errno;
    }
    if (!reason && ::fsync(file) != 0) reason = errno;
    if (::close(file) != 0 && !reason) reason = errno;
    if (!reason && ::rename(part.c_str(), path.c_str()) != 0) reason = errno;
    if (reason) ::unlink(part.c_str());
    require(!reason, "cannot write ", path.string(), ": ", std::strerror(reason), ".");
}

}  // namespace deepen
