#include "engine/io/files.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/error.h"
#include "tests/engine/refusal.h"
#include "tests/failing_calls.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

class Files : public testing::Test {
protected:
    void SetUp() override { fs::create_directory(folder); }
    void TearDown() override { fs::remove_all(folder); }

    std::size_t entries() const { return std::distance(fs::directory_iterator(folder), fs::directory_iterator{}); }

    const fs::path folder = fs::temp_directory_path() / text("deepen-files-", ::getpid());
};

TEST_F(Files, ComeBackAsTheyWereWritten) {
    const std::string content("two\nlines, and a zero byte \0.", 30);
    write_file_atomically(folder / "a", content);
    EXPECT_EQ(read_text_file(folder / "a"), content);
    EXPECT_EQ(read_file(folder / "a").size(), content.size());
    write_file_atomically(folder / "a", "");
    EXPECT_EQ(read_text_file(folder / "a"), "");
    EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, AreWrittenInParts) {
    const std::string first = "first ", second = "second";
    const std::span<const std::byte> parts[] = {std::as_bytes(std::span(first)), {}, std::as_bytes(std::span(second))};
    write_file_atomically(folder / "a", parts);
    EXPECT_EQ(read_text_file(folder / "a"), "first second");
}

TEST_F(Files, AreWrittenWithoutAFolderInThePath) {
    const fs::path before = fs::current_path();
    fs::current_path(folder);
    write_file_atomically("a", "here");
    fs::current_path(before);
    EXPECT_EQ(read_text_file(folder / "a"), "here");
}

TEST_F(Files, GetThePermissionsThatTheUserAsksFor) {
    const mode_t before = ::umask(027);
    write_file_atomically(folder / "a", "x");
    ::umask(before);
    EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms{0640});
}

TEST_F(Files, ReplaceWhatALinkPointsTo) {
    fs::create_directory(folder / "elsewhere");
    write_file_atomically(folder / "elsewhere" / "real", "old");
    fs::create_symlink(folder / "elsewhere" / "real", folder / "link");
    write_file_atomically(folder / "link", "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    EXPECT_EQ(read_text_file(folder / "elsewhere" / "real"), "new");
}

TEST_F(Files, MakeWhatALinkPointsToInVain) {
    fs::create_directory(folder / "elsewhere");
    fs::create_symlink("elsewhere/second", folder / "link");
    fs::create_symlink("real", folder / "elsewhere" / "second");
    write_file_atomically(folder / "link", "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link") && fs::is_symlink(folder / "elsewhere" / "second"));
    EXPECT_EQ(read_text_file(folder / "elsewhere" / "real"), "new");
}

TEST_F(Files, KeepTheirPermissionsWhenTheyAreReplaced) {
    for (const fs::perms mode : {fs::perms{0600}, fs::perms{0664}}) {
        write_file_atomically(folder / "a", "old");
        fs::permissions(folder / "a", mode);
        write_file_atomically(folder / "a", "new");
        EXPECT_EQ(fs::status(folder / "a").permissions(), mode);
    }
}

TEST_F(Files, OfTheLongestNameCanBeWritten) {
    const fs::path longest = folder / std::string(255, 'n');
    write_file_atomically(longest, "x");
    EXPECT_EQ(read_text_file(longest), "x");
}

TEST_F(Files, ThatAreMissingAreRefusedWithTheReason) {
    const std::string name = (folder / "missing").string();
    EXPECT_EQ(refusal_of([&] { read_file(name); }), "cannot read \"" + name + "\": No such file or directory (open).");
}

TEST_F(Files, ThatAreFoldersAreRefused) {
    EXPECT_EQ(refusal_of([&] { read_file(folder); }), text("cannot read ", folder, ": it is a folder."));
    EXPECT_EQ(refusal_of([&] { write_file_atomically(folder, "x"); }),
              text("cannot write ", folder, ": it is a folder."));
}

TEST_F(Files, ThatAreDevicesOrPipesAreRefused) {
    EXPECT_EQ(refusal_of([] { read_file("/dev/zero"); }), "cannot read \"/dev/zero\": it is not a regular file.");
    EXPECT_EQ(refusal_of([] { write_file_atomically("/dev/null", "x"); }),
              "cannot write \"/dev/null\": it is not a regular file.");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(refusal_of([&] { read_file(folder / "pipe"); }),
              text("cannot read ", folder / "pipe", ": it is not a regular file."));
}

TEST_F(Files, LongerThanTheLimitAreRefused) {
    write_file_atomically(folder / "a", "12345");
    EXPECT_EQ(read_text_file(folder / "a", 5), "12345");
    EXPECT_EQ(refusal_of([&] { read_text_file(folder / "a", 4); }),
              text("cannot read ", folder / "a", ": it has 5 bytes; at most 4 were expected."));
}

TEST_F(Files, LongerThanTheMemoryAreRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers end the program where memory is out";
#endif
    const fs::path hole = folder / "hole";
    std::ofstream(hole).close();
    std::error_code failed;
    fs::resize_file(hole, std::uintmax_t{1} << 42, failed);  // takes no space on the disk
    if (failed) GTEST_SKIP() << "this file system has no room for a hole of 4 TiB";
    rlimit before;
    ::getrlimit(RLIMIT_AS, &before);
    const rlimit lowered{std::min(rlim_t{1} << 40, before.rlim_max), before.rlim_max};
    ::setrlimit(RLIMIT_AS, &lowered);
    const std::string message = refusal_of([&] { read_file(hole); });
    ::setrlimit(RLIMIT_AS, &before);
    EXPECT_EQ(message, text("cannot read ", hole, ": its 4398046511104 bytes do not fit into memory."));
}

TEST_F(Files, InAMissingFolderAreRefusedWithTheReason) {
    const fs::path path = folder / "missing" / "a";
    EXPECT_EQ(refusal_of([&] { write_file_atomically(path, "x"); }),
              text("cannot write ", path, ": No such file or directory (open of a temporary file beside it)."));
}

TEST_F(Files, BelowAFileAreRefusedWithTheReason) {
    write_file_atomically(folder / "file", "x");
    const fs::path path = folder / "file" / "a";
    EXPECT_EQ(refusal_of([&] { write_file_atomically(path, "x"); }),
              text("cannot write ", path, ": Not a directory (open of a temporary file beside it)."));
}

// A limit on the size of files stands in for a disk that is full.
TEST_F(Files, KeepTheirOldContentWhenTheDiskIsFull) {
    write_file_atomically(folder / "a", "old");
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before;
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit lowered{1000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &lowered);
    const std::string message = refusal_of([&] { write_file_atomically(folder / "a", std::string(5000, 'n')); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);

    EXPECT_EQ(message, text("cannot write ", folder / "a", ": File too large (write)."));
    EXPECT_EQ(read_text_file(folder / "a"), "old");
    EXPECT_EQ(entries(), 1u) << "a temporary file was left behind";
}

// --- a disk that fails ------------------------------------------------------------------------------

// Where the flush of the folder fails, which comes after the rename, the new file is in place already, whole.
TEST_F(Files, AreOldOrNewWhicheverCallFails) {
    for (const int reason : {ENOSPC, EIO, EROFS}) {
        std::set<std::string> failed;
        int silent = 0;
        for (int n = 0;; ++n) {
            write_file_atomically(folder / "a", "the old content");
            std::string message, call;
            {
                const FailingCalls failing(n, reason);
                message = refusal_of([&] { write_file_atomically(folder / "a", "the new content"); });
                call = failing.failed();
            }
            EXPECT_EQ(entries(), 1u) << "a temporary file was left behind when call " << n << " failed, " << call;
            const std::string content = read_text_file(folder / "a");
            if (call.empty()) {
                EXPECT_EQ(message, nothing_refused);
                EXPECT_EQ(content, "the new content");
                break;
            }
            failed.insert(call);
            if (message == nothing_refused) {            // close() of the folder, after all was done
                EXPECT_EQ(call, "close");
                EXPECT_EQ(content, "the new content");
                ++silent;
                continue;
            }
            EXPECT_EQ(message.find(text("cannot write ", folder / "a", ": ", std::strerror(reason), " (", call)), 0u)
                << message;
            const bool renamed = message.find("of its folder") != message.npos;
            EXPECT_EQ(content, renamed ? "the new content" : "the old content") << message;
        }
        EXPECT_EQ(failed, (std::set<std::string>{"open", "write", "fsync", "close", "rename"}));
        EXPECT_EQ(silent, 1) << "close() of the file itself must be heeded";
    }
}

// A power cut may come between any two calls: the bytes are on the disk before they get their name, and the name is
// before anybody is told that all went well.
TEST_F(Files, AreOnTheDiskBeforeTheirNameIsAndTheirNameBeforeTheEnd) {
    for (const fs::path& path : {folder / "a", fs::path("a")}) {
        const SystemCalls real = system_calls();
        std::vector<std::string> log;
        system_calls().write = [&](int file, const void* bytes, std::size_t count) {
            log.push_back("write");
            return real.write(file, bytes, count);
        };
        system_calls().fsync = [&](int file) {
            struct stat about {};
            ::fstat(file, &about);
            log.push_back(S_ISDIR(about.st_mode) ? "fsync the folder" : "fsync the file");
            return real.fsync(file);
        };
        system_calls().rename = [&](const char* from, const char* to) {
            log.push_back("rename");
            return real.rename(from, to);
        };
        const fs::path before = fs::current_path();
        fs::current_path(folder);
        const std::string message = refusal_of([&] { write_file_atomically(path, "new"); });
        fs::current_path(before);
        system_calls() = real;
        EXPECT_EQ(message, nothing_refused);
        EXPECT_EQ(log, (std::vector<std::string>{"write", "fsync the file", "rename", "fsync the folder"})) << path;
    }
}

TEST_F(Files, ThatAKilledWriteLeftAreRemoved) {
    write_file_atomically(folder / "a", "x");
    for (const char* left : {".deepen-4711-0.tmp", ".deepen-4711-12.tmp"}) std::ofstream(folder / left) << "half";
    std::ofstream(folder / ".deepen-notes") << "mine";
    remove_temporary_files(folder);
    EXPECT_EQ(entries(), 2u);
    remove_temporary_files(folder / "missing");
}

}  // namespace
}  // namespace deepen
