// What does a report say of how it was made?  See what_was_run.h.
#include "examples/common/what_was_run.h"

#include <fstream>

namespace deepen {
namespace {

// An argument as a shell reads it back.
std::string quoted(const std::string& argument) {
    constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%";
    if (!argument.empty() && argument.find_first_not_of(plain) == argument.npos) return argument;
    std::string s = "'";
    for (char c : argument) s += c == '\'' ? "'\\''" : std::string(1, c);
    return s + "'";
}

}  // namespace

std::string command_line(const std::string& program, int argc, const char* const* argv) {
    const bool through_deepen = argc > 0 && std::string(argv[0]).starts_with("deepen ");
    std::string command = through_deepen ? argv[0] : quoted(program);
    for (int i = 1; i < argc; ++i) command += " " + quoted(argv[i]);
    return command;
}

std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "an unnamed processor";
}

}  // namespace deepen
