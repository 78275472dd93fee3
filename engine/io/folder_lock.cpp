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
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EBADF) {
        file_ = ::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file_ < 0 || ::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    }
    if (errno != EWOULDBLOCK) return;
    close();
    throw FolderInUse(text(folder.string(), " is in use: another process writes into it.  Wait for its end, or choose "
                                            "another --output-dir."));
}

FolderLock::~FolderLock() { close(); }

void FolderLock::close() {
    for (const int descriptor : {file_, descriptor_})
        if (descriptor >= 0) ::close(descriptor);
}

bool FolderLock::is_of(const std::filesystem::path& folder) const {
    struct stat locked {
    }, there{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &locked) != 0) return true;  // no lock, nothing to compare
    return ::stat(folder.c_str(), &there) == 0 && locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

}  // namespace deepen
