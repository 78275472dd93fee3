// What does the manual say of a program, and what does the shell propose when Tab is pressed?
//
// Both are made from the flags that the program reads, so that they cannot disagree with it:
//
//     build/train --man                                  # the source of a man page: `man -l` shows it
//     build/train --complete --mo                        # words that may stand in the last one's place
//
// Neither is listed by --help: `make install` asks for the first, the shells' completion scripts for the second
// (packaging/completions).
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace deepen {

// In roff, for section 1, as man(7) describes.  `name` is "deepen train"; the page is called deepen-train.
std::string man_page(const CLI::App& app, const std::string& name);

// One line for each word that may take the place of the last of `words`, which may be empty: the word, a tab, and what
// it means.  None where a file is expected, or anything at all: then the shell proposes files.
std::string completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace deepen
