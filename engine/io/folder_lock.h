// How are two processes kept from writing into one folder?
//
// By a lock on the folder itself (flock).  There is no file to clean up, and the system takes the lock back when its
// process ends, by whatever way: a lock that outlived a killed run would keep out the very run that goes on with it.
#pragma once

#include <filesystem>

namespace deepen {

class FolderLock {
public:
    // Refuses a folder that somebody else has locked.  Where the file system knows no locks, there is none.
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    bool is_of(const std::filesystem::path& folder) const;  // false once the locked folder was moved away or replaced

private:
    int descriptor_;
};

}  // namespace deepen
