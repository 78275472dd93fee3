#include "engine/io/folder_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"

namespace deepen {

FolderLock::FolderLock(const std::filesystem::path& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    throw Error(text(folder.string(),
                     " is in use: another process trains into it.  Wait for its end, or choose another --output-dir."));
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool FolderLock::is_of(const std::filesystem::path& folder) const {
    struct stat locked {
    }, there{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &locked) != 0) return true;  // no lock, nothing to compare
    return ::stat(folder.c_str(), &there) == 0 && locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

}  // namespace deepen
