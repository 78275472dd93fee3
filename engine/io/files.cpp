#include "engine/io/files.h"

#include <atomic>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"
#include "engine/interruption.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

constexpr const char *temporary_begin = ".deepen-", *temporary_end = ".tmp";

[[noreturn]] void refuse(const char* what, const fs::path& path, const char* during, int reason = errno) {
    throw Error(text("cannot ", what, " ", path, ": ", std::generic_category().message(reason), " (", during, ")."));
}

// An open file, closed whatever happens.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { close(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    bool opened() const { return number_ >= 0; }
    int release() { return std::exchange(number_, -1); }
    bool close() {
        const int number = release();
        return number < 0 || system_calls().close(number) == 0;
    }

private:
    int number_;
};

// A name in the file system that goes away unless the file took its final name.
struct Temporary {
    fs::path path;
    bool renamed = false;
    ~Temporary() {
        if (!renamed) ::unlink(path.c_str());
    }
};

// The descriptor of a file that may be read, and what the system says of it.
int open_to_read(const fs::path& path, struct stat& about) {
    // A pipe that nobody writes to would keep a plain open() waiting for ever.
    Descriptor file(system_calls().open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0));
    if (!file.opened()) refuse("read", path, "open");
    if (::fstat(file.number(), &about) != 0) refuse("read", path, "fstat");
    require(!S_ISDIR(about.st_mode), "cannot read ", path, ": it is a folder.");
    require(S_ISREG(about.st_mode), "cannot read ", path, ": it is not a regular file.");
    return file.release();
}

// The first `count` bytes; `size` becomes the file's.
template <class Container>
Container read_first(const fs::path& path, std::size_t limit, std::size_t count, std::size_t& size) {
    struct stat about {};
    const Descriptor file(open_to_read(path, about));
    size = static_cast<std::size_t>(about.st_size);
    require(size <= limit, "cannot read ", path, ": it has ", size, " bytes; at most ", limit, " were expected.");

    const std::size_t wanted = std::min(size, count);
    Container bytes;
    try {
        bytes.resize(wanted);
    } catch (const std::exception&) {
        throw Error(text("cannot read ", path, ": its ", size, " bytes do not fit into memory."));
    }
    std::size_t done = 0;
    while (done < wanted) {
        const ssize_t more = ::read(file.number(), bytes.data() + done, wanted - done);
        if (more == 0) break;
        if (more > 0) done += static_cast<std::size_t>(more);
        else if (errno != EINTR) refuse("read", path, "read");
    }
    bytes.resize(done);
    return bytes;
}

template <class Container>
Container read_whole(const fs::path& path, std::size_t limit) {
    std::size_t size;
    return read_first<Container>(path, limit, no_limit, size);
}

void write_all(int file, std::span<const std::byte> bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t count = system_calls().write(file, bytes.data(), bytes.size());
        if (count >= 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
        else if (errno != EINTR) refuse("write", path, "write");
    }
}

// The name is short and our own, so that it fits wherever the final name does.
int open_beside(const fs::path& path, fs::path& temporary) {
    static std::atomic<unsigned> next{0};
    for (;;) {
        temporary = path.parent_path() / text(temporary_begin, ::getpid(), "-", next++, temporary_end);
        const int file = system_calls().open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
}

// Where a path leads to, though there may be nothing yet.
fs::path followed(fs::path path) {
    std::error_code failed;
    if (fs::path there = fs::canonical(path, failed); !failed) return there;
    constexpr int most_links = 40;  // as many as Linux follows
    for (int i = 0; i < most_links && fs::is_symlink(path, failed); ++i)
        path = path.parent_path() / fs::read_symlink(path, failed);
    return path;
}

// Makes the rename itself survive a power cut.  Some file systems know no such thing: EINVAL.
void flush_folder(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const Descriptor directory(system_calls().open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    if (!directory.opened()) refuse("write", path, "open of its folder");
    if (system_calls().fsync(directory.number()) != 0 && errno != EINVAL) refuse("write", path, "fsync of its folder");
}

}  // namespace

SystemCalls& system_calls() {
    static SystemCalls calls{[](const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); },
                             ::write, ::fsync, ::close, ::rename};
    return calls;
}

Bytes read_file(const fs::path& path, std::size_t limit) { return read_whole<Bytes>(path, limit); }

FileStart read_start(const fs::path& path, std::size_t count) {
    FileStart start{};
    start.bytes = read_first<Bytes>(path, no_limit, count, start.size);
    return start;
}

std::string read_text_file(const fs::path& path, std::size_t limit) { return read_whole<std::string>(path, limit); }

int open_regular_file(const fs::path& path) {
    struct stat about {};
    return open_to_read(path, about);
}

void write_file_atomically(const fs::path& path, std::span<const std::span<const std::byte>> parts) {
    std::error_code failed;
    const fs::path target = followed(path);
    require(!fs::is_directory(target, failed), "cannot write ", path, ": it is a folder.");
    require(!fs::exists(target, failed) || fs::is_regular_file(target, failed), "cannot write ", path,
            ": it is not a regular file.");

    const DelayedInterruption until_replaced;
    Temporary temporary;
    Descriptor file(open_beside(target, temporary.path));
    if (!file.opened()) refuse("write", path, "open of a temporary file beside it");
    struct stat before {};
    if (::stat(target.c_str(), &before) == 0 && ::fchmod(file.number(), before.st_mode & 07777) != 0)
        refuse("write", path, "fchmod");
    for (const auto& part : parts) write_all(file.number(), part, path);
    if (system_calls().fsync(file.number()) != 0) refuse("write", path, "fsync");
    if (!file.close()) refuse("write", path, "close");
    if (system_calls().rename(temporary.path.c_str(), target.c_str()) != 0) refuse("write", path, "rename");
    temporary.renamed = true;
    flush_folder(target);
}

void write_file_atomically(const fs::path& path, std::string_view content) {
    const std::span<const std::byte> part = std::as_bytes(std::span(content.data(), content.size()));
    write_file_atomically(path, {&part, 1});
}

void remove_temporary_files(const fs::path& folder) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(temporary_begin) && name.ends_with(temporary_end)) fs::remove(entry.path(), failed);
    }
}

}  // namespace deepen
