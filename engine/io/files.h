// How does a file appear whole, or not at all?
//
// A program may be stopped, and a disk may be full, half-way through a write.  A checkpoint that is
// half new is worse than an old one, so nothing is ever written over: the bytes go to a temporary
// file in the same folder, are flushed to the disk, and only then take the place of the old file by
// a rename, which the system does in one step.
//
//     write .deepen-4711-0.tmp  ->  fsync  ->  rename to last.safetensors  ->  fsync the folder
//
// Source: POSIX, rename(): "a link named new shall remain visible to other threads throughout".
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace deepen {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

// The file's bytes.  Refuses, with the system's reason, what cannot be read; also what is not a
// regular file (a folder, a pipe, a device), and what is longer than `limit` bytes.
Bytes read_file(const std::filesystem::path& path, std::size_t limit = no_limit);
std::string read_text_file(const std::filesystem::path& path, std::size_t limit = no_limit);

// A regular file, opened to be read: its descriptor, for the caller to close.  Refuses likewise, and never waits for
// somebody to write into a pipe.
int open_regular_file(const std::filesystem::path& path);

// The first `count` bytes of a file, fewer where it has fewer, and how many it has.
struct FileStart {
    Bytes bytes;
    std::size_t size;
};
FileStart read_start(const std::filesystem::path& path, std::size_t count);

// Writes the parts one after another as the new content of `path`.  A symbolic link stays one, and what it points to
// is replaced or, if it is not there, made.  A file that is replaced keeps its permissions.  Folders are not made.
// Refuses with the system's reason, and leaves no temporary file; then the old content is still there.  With one
// exception: where only the last step failed, flushing the folder, the new content is in place, whole, and a power cut
// may yet bring back the old.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

// Removes what writes into `folder` have left that were killed half-way.  For one who is alone there.
void remove_temporary_files(const std::filesystem::path& folder);

// What write_file_atomically() asks of the system.  Tests put calls in their place that fail.
struct SystemCalls {
    std::function<int(const char* path, int flags, mode_t mode)> open;
    std::function<ssize_t(int file, const void* bytes, std::size_t count)> write;
    std::function<int(int file)> fsync, close;
    std::function<int(const char* from, const char* to)> rename;
};
SystemCalls& system_calls();

}  // namespace deepen
