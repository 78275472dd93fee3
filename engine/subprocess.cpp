#include "engine/subprocess.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "engine/error.h"
#include "engine/interruption.h"

extern char** environ;

namespace deepen {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void refuse(const std::string& folder, const char* what) {
    throw Error(text("cannot ", what, " a temporary file in ", folder, ": ", std::strerror(errno),
                     ".  Free some space there, or set TMPDIR to another folder."));
}

std::string temporary_folder() {
    const char* named = std::getenv("TMPDIR");
    return named && *named ? named : "/tmp";
}

// std::tmpfile() does not look at TMPDIR.
File temporary_file(const std::string& folder) {
    std::string name = folder + "/deepen-XXXXXX";
    const int number = ::mkostemp(name.data(), O_CLOEXEC);
    if (number < 0) refuse(folder, "make");
    ::unlink(name.c_str());
    return File(::fdopen(number, "w+b"), std::fclose);
}

std::string contents(std::FILE* file) {
    std::rewind(file);
    std::string all;
    char block[1 << 14];
    for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) all.append(block, n);
    return all;
}

// Starts it in a process group of its own, so that whatever it starts can be ended with it, and with the signals that
// we ignore as they are by default.
int start(std::vector<std::string>& words, std::FILE* in, std::FILE* out, std::FILE* complaints, pid_t& child) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t usual;
    sigemptyset(&usual);
    for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&usual, number);
    posix_spawnattr_setsigdefault(&attributes, &usual);

    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int refusal = ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return refusal;
}

// The group is forgotten before its number may become another's: between the child's end and its burial.
int wait_for(pid_t child) {
    siginfo_t about;
    while (::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    set_group_to_end(0);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        require(errno == EINTR, "cannot wait for a program that was started: ", std::strerror(errno), ".");
    return status;
}

}  // namespace

Ended run_program(std::vector<std::string> words, std::string_view input) {
    const std::string folder = temporary_folder();
    const File in = temporary_file(folder), out = temporary_file(folder), complaints = temporary_file(folder);
    const bool written = input.empty() || std::fwrite(input.data(), 1, input.size(), in.get()) == input.size();
    if (!written || std::fflush(in.get()) != 0) refuse(folder, "write");
    std::rewind(in.get());

    Ended ended;
    pid_t child = 0;
    {
        const DelayedInterruption until_known;           // no child is left behind
        ended.refusal = start(words, in.get(), out.get(), complaints.get(), child);
        if (ended.refusal == 0) set_group_to_end(child);
    }
    if (ended.refusal != 0) return ended;
    ended.status = wait_for(child);
    ended.output = contents(out.get());
    ended.complaints = contents(complaints.get());
    // POSIX lets a child exit with 127 where it finds no such program; qemu's does, whatever the reason.
    const bool silent = ended.output.empty() && ended.complaints.empty();
    if (silent && WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 127) ended.refusal = ENOENT;
    return ended;
}

}  // namespace deepen
