// What is the same in every program?
//
// Flags are read, errors reported, interruptions obeyed, and the exit code says how it went:
//
//     0    done, or --help, or --version
//     1    failed: Error, a full disk, no memory, or a fault of ours
//     2    called wrongly: UsageError, or flags that CLI11 refuses
//     130  interrupted (SIGINT, Ctrl-C); 143 terminated (SIGTERM); 129 its terminal was closed (SIGHUP);
//         141 its output was no longer read
//
//     int main(int argc, char** argv) {
//         Program program("count", "Counts the weights of a net.");
//         int depth = 20;
//         program.app.add_option("--depth", depth, "weighted layers: 20, 32, 44, 56, ...");
//         return program.run(argc, argv, [&] {
//             std::cout << count(depth) << '\n';
//             return 0;
//         });
//     }
//
// It also answers --man and --complete (manual.h).  Called through `deepen`, it is "deepen count" in all that it says.
// Errors appear on stderr as one paragraph, "count: error: ...", wrapped to the window.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "examples/common/checks.h"

namespace deepen {

class Program {
public:
    // `description` opens the --help text.
    Program(const std::string& name, const std::string& description);

    CLI::App app;                                        // add flags and sub-commands here

    // Several of it may be started together by mpirun: `body` calls ranks::begin().  Rank 0 speaks for all.
    bool on_ranks = false;

    // Reads the flags, calls `body` and returns the exit code: what `body` returned, if all went well.
    // While `body` runs, SIGINT, SIGTERM and SIGHUP end the program at once, unless it delays them to save its work
    // (engine/interruption.h).
    int run(int argc, char** argv, const std::function<int()>& body);

private:
    void take_name(const std::string& called);
    std::string manual_name() const { return name_.starts_with("deepen") ? name_ : "deepen " + name_; }
    int run_body(int argc, char** argv, const std::function<int()>& body, bool silent);
    int parse(int argc, char** argv);                    // the exit code, or go_on
    int fail(const std::string& message, int code) const;
    static constexpr int go_on = -1;

    std::string name_;
};

// Of `names`, the one that a mistyped `given` most likely meant; empty if none is near.
std::string nearest(const std::string& given, const std::vector<std::string>& names);

}  // namespace deepen
