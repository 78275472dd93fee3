// Who draws the curves?  See gnuplot.h.
//
// Script, drawing and complaints travel through unnamed temporary files.  Pipes would need somebody
// to read one while another fills: gnuplot starts to draw before it has read all of a long script.
#include "resnet/training/gnuplot.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/error.h"

extern char** environ;

namespace deepen {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary_file() {
    File file(std::tmpfile(), std::fclose);
    require(file != nullptr, "cannot make a temporary file for gnuplot: ", std::strerror(errno),
            ".  Try another TMPDIR, or free some space.");
    return file;
}

std::string contents(std::FILE* file) {
    std::rewind(file);
    std::string all;
    char block[1 << 14];
    for (std::size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) all.append(block, n);
    return all;
}

// Runs `program` on the three files and returns how it ended, in the form of waitpid().
int run(const std::string& program, std::FILE* in, std::FILE* out, std::FILE* complaints) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);

    std::string name = program, settings = "-d", standard_input = "-";
    char* arguments[] = {name.data(), settings.data(), standard_input.data(), nullptr};
    pid_t child = 0;
    const int refusal = ::posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    require(refusal != ENOENT, "the program ", program, " is missing, and it draws the curves.  "
            "Install it (the Debian package is gnuplot-nox), then try again.");
    require(refusal == 0, "cannot run ", program, ": ", std::strerror(refusal), ".");

    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        ensure(errno == EINTR, "waiting for gnuplot: ", std::strerror(errno));
    return status;
}

}  // namespace

std::string run_gnuplot(const std::string& script, const std::string& program) {
    const File in = temporary_file(), out = temporary_file(), complaints = temporary_file();
    const bool written = std::fwrite(script.data(), 1, script.size(), in.get()) == script.size();
    require(written && std::fflush(in.get()) == 0,
            "cannot write gnuplot's script to a temporary file: ", std::strerror(errno), ".");
    std::rewind(in.get());

    const int status = run(program, in.get(), out.get(), complaints.get());
    require(!WIFSIGNALED(status), program, " was killed by signal ", WTERMSIG(status), " while it drew the curves.");
    require(WEXITSTATUS(status) == 0, program, " failed with exit status ", WEXITSTATUS(status), ": ",
            contents(complaints.get()).substr(0, 1000));
    return contents(out.get());
}

}  // namespace deepen
