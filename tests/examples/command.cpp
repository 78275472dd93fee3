// How does a test run a program?  See command.h.
#include "tests/examples/command.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <regex>

namespace deepen {

Exit run(const std::string& command) {
    const char* build = std::getenv("BUILD");
    const std::string found = std::regex_replace(command, std::regex(R"((^|[ (';&])build/)"),
                                                 "$1" + std::string(build ? build : "build") + "/");
    std::FILE* pipe = popen(("(" + found + ") 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> piece;
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) output.append(piece.data(), n);
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), output};
}

}  // namespace deepen
