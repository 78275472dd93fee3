// How are two processes kept from writing into one folder?
//
// By a lock on the folder itself (flock).  There is no file to clean up, and the system takes the lock back when its
// process ends, by whatever way: a lock that outlived a killed run would keep out the very run that goes on with it.
//
// NFS lends locks to files that are open for writing, which a folder cannot be.  There the lock is on FOLDER/.lock, an
// empty file that stays.  It keeps out processes on other machines, too, where the server and the mount take part in
// locking, as they do by default; the server takes back the lock of a machine that is gone, after a minute or two.
#pragma once

#include <filesystem>

#include "engine/error.h"

namespace deepen {

// Another process has locked the folder.
struct FolderInUse : Error {
    using Error::Error;
};

class FolderLock {
public:
    // Throws FolderInUse.  Where the file system knows no locks, there is none.
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    bool is_of(const std::filesystem::path& folder) const;  // false once the locked folder was moved away or replaced

private:
    void close();

    int descriptor_, file_ = -1;                         // of the folder, and of its .lock
};

}  // namespace deepen
