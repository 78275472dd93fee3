// One name for all programs: `deepen train --model resnet20` is `train --model resnet20`.
//
// `train` and `summary` are names that other programs have, too.  So `make install` puts ours into a folder of their
// own, libexec/deepen, and only this one where the shell looks, as git does.  In build/ they are all in one folder.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "engine/error.h"
#include "examples/common/program.h"

using namespace deepen;
namespace fs = std::filesystem;

namespace {

struct Command {
    const char *name, *group, *does;
};

const Command commands[] = {
    {"train", "Commands", "train one net"},
    {"evaluate", "Commands", "measure a trained net's errors"},
    {"classify", "Commands", "ask a trained net what is in a picture"},
    {"summary", "Commands", "show what a net is made of"},
    {"plot", "Commands", "draw the curves of runs"},
    {"degradation", "Commands", "compare plain and residual nets of several depths"},
    {"why", "Commands", "test explanations of why depth hurts and shortcuts help"},
    {"bench", "Commands", "compare speeds with PyTorch's"},
    {"lesson0_residual_block", "Lessons", "one residual block, every gradient written out"},
    {"lesson1_autograd", "Lessons", "reverse-mode autograd"},
    {"lesson2_fit_a_curve", "Lessons", "layers and gradient descent"},
    {"lesson3_convnet", "Lessons", "a convolutional net and its training loop"},
    {"lesson4_residual_block", "Lessons", "what a shortcut does to gradients"},
    {"lesson5_plain_vs_residual", "Lessons", "the experiment in small"},
    {"lesson6_resnet50", "Lessons", "bottlenecks, and pictures of 224 by 224 pixels"},
};

// Where this program is: as Linux knows it; elsewhere, where the shell found it.
fs::path here(const std::string& called) {
    std::error_code failed;
    const fs::path known = fs::read_symlink("/proc/self/exe", failed);
    if (!failed) return known.parent_path();
    if (called.find('/') != called.npos) return fs::canonical(called).parent_path();
    std::istringstream folders(std::getenv("PATH") ? std::getenv("PATH") : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (fs::exists(fs::path(folder) / called)) return fs::canonical(fs::path(folder) / called).parent_path();
    return ".";
}

// Becomes the program `name`; returns only if that fails.
[[noreturn]] void become(const std::string& name, const fs::path& own, std::vector<std::string> arguments) {
    fs::path program = own / name;
    if (!fs::exists(program)) program = own / ".." / "libexec" / "deepen" / name;
    std::string called = "deepen " + name;               // which its messages and its help begin with
    std::vector<char*> argv{called.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(program.c_str(), argv.data());
    throw Error(text("cannot run ", program.lexically_normal().string(), ": ", std::strerror(errno),
                     ".  Is Deepen installed as a whole?"));
}

bool known(const std::string& name) {
    for (const Command& command : commands)
        if (name == command.name) return true;
    return false;
}

// The command's name and what follows it: `help train` and `--complete train ...` are questions to train.
struct Call {
    std::string command;
    std::vector<std::string> arguments;
};

Call read(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) return {};
    if (known(words[0])) return {words[0], {words.begin() + 1, words.end()}};
    if (words.size() < 2 || !known(words[1])) return {};
    if (words[0] == "help") return {words[1], {"--help"}};
    if (words[0] == "--complete" && words.size() > 2) {
        Call call{words[1], {words[0]}};
        call.arguments.insert(call.arguments.end(), words.begin() + 2, words.end());
        return call;
    }
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    Program program("deepen", "Plain and residual networks, from scratch: deepen COMMAND --help tells more of each.");
    for (const Command& command : commands)
        program.app.add_subcommand(command.name, command.does)->group(command.group);
    program.app.footer(
        "Examples:\n"
        "  deepen train --model resnet20\n"
        "  deepen degradation --depths 20,56 --data-path cifar10 --plan");
    try {
        if (const Call call = read(argc, argv); !call.command.empty())
            become(call.command, here(argv[0]), call.arguments);
    } catch (const Error& e) {
        return program.run(1, argv, [&]() -> int { throw Error(e.what()); });
    }
    // A command that there is has been run by now.
    std::string help = "--help";
    if (argc == 2 && std::string(argv[1]) == "help") argv[1] = help.data();
    return program.run(argc, argv, [&]() -> int { throw UsageError("a command is missing."); });
}
