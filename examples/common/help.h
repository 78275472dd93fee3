// How does --help fit the window?
//
// CLI11 prints each description on one line and leaves it to the terminal to break it in mid-word.  Here flags
// are in one column and their descriptions, wrapped between words, in another:
//
//     usage: count [OPTIONS] FILE...
//
//     Counts the weights of a net.
//
//     Net:
//       --depth N        number of weighted layers: 20, 32, 44, 56, ...
//                        (default: 20)
//
// A window too narrow for two columns gets the descriptions below their flags.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace deepen {

// A flag, an argument or a command, and what it does.
struct Entry {
    std::string name, description;                       // "-b, --batch-size N", "pictures per step (default: 128)"
};

struct Group {
    std::string heading;
    std::vector<Entry> entries;
};

// Those that the program has, whether or not they were given.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

// Arguments, then flags in the order in which they were added, then commands.
std::vector<Group> groups_of(const CLI::App& app);

// "train [OPTIONS]", "classify [OPTIONS] PICTURE..."
std::string usage_of(const CLI::App& app, const std::string& name);

class Help : public CLI::FormatterBase {
public:
    // `width` is asked when help is printed.
    explicit Help(std::function<int()> width) : width_(std::move(width)) {}

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

private:
    std::function<int()> width_;
};

// Columns for help on standard output: the window's, but at most 100, for longer lines are hard to read;
// 80 where there is no window.
int help_width();

}  // namespace deepen
