#include "engine/io/folder_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "tests/scratch.h"

namespace {
bool as_on_nfs = false;                                  // a folder cannot be locked
}

// Stands before the system's.
extern "C" int flock(int descriptor, int operation) {
    struct stat what {};
    if (as_on_nfs && ::fstat(descriptor, &what) == 0 && S_ISDIR(what.st_mode)) {
        errno = EBADF;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
}

namespace deepen {
namespace {

TEST(FolderLock, KeepsASecondOneOutUntilTheFirstIsGone) {
    const Scratch scratch;
    std::optional<FolderLock> first(std::in_place, scratch.folder());
    EXPECT_EQ(refusal_of([&] { FolderLock second(scratch.folder()); }),
              scratch.folder().string() +
                  " is in use: another process writes into it.  Wait for its end, or choose another --output-dir.");
    first.reset();
    EXPECT_EQ(refusal_of([&] { FolderLock second(scratch.folder()); }), nothing_refused);
}

TEST(FolderLock, LeavesNothingInTheFolder) {
    const Scratch scratch;
    const FolderLock lock(scratch.folder());
    EXPECT_TRUE(std::filesystem::is_empty(scratch.folder()));
}

TEST(FolderLock, IsOnAFileWhereAFolderCannotBeLocked) {
    const Scratch scratch;
    as_on_nfs = true;
    std::optional<FolderLock> first(std::in_place, scratch.folder());
    EXPECT_THROW(FolderLock{scratch.folder()}, FolderInUse);
    first.reset();
    EXPECT_EQ(refusal_of([&] { FolderLock second(scratch.folder()); }), nothing_refused);
    as_on_nfs = false;
}

TEST(FolderLock, DiesWithItsProcess) {
    const Scratch scratch;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const FolderLock lock(scratch.folder());
        if (::write(ends[1], "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char ready;
    ASSERT_EQ(::read(ends[0], &ready, 1), 1);
    expect_mentions(refusal_of([&] { FolderLock second(scratch.folder()); }), "is in use");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(refusal_of([&] { FolderLock second(scratch.folder()); }), nothing_refused);
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace deepen
