// Does the output go to a terminal or to a file?
//
// A Terminal is what a program needs to know about its output before it draws or colours anything.
// Drawing code takes it as an argument, so that tests can play any terminal.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace deepen {

struct Terminal {
    bool interactive = false;                            // lines can be redrawn
    bool colour = false;
    bool unicode = false;                                // UTF-8
    std::function<int()> width = [] { return 80; };      // in columns; asked anew each time, for windows are resized
    std::function<int()> height = [] { return 24; };     // in rows
};

// What file descriptor `fd` leads to.  Interactive: a terminal, unless TERM is unset or "dumb".
// Colour: interactive, and NO_COLOR unset or empty (no-color.org).  Unicode: as LC_ALL, LC_CTYPE or LANG say.
// Width: the kernel's, else COLUMNS, else 80; height: the kernel's, else LINES, else 24.
Terminal terminal_at(int fd);

// Columns that UTF-8 text takes, counting each code point as one and colour sequences as none.
int columns(std::string_view text);

// The text with line ends put in such that no line is wider than `width`, unless a single word is.
// Line ends already there stay.  An item of a list, which begins with "- ", goes on below its first word.
std::string wrap(std::string_view text, int width);

// As printf would print them; at most 199 bytes, what is longer is cut.
template <class... Values>
std::string format(const char* pattern, Values... values) {
    char line[200];
    std::snprintf(line, sizeof line, pattern, values...);
    return line;
}

// Seconds as a clock shows them: "0:42", "12:05", "2:03:00".  "?" unless finite.
std::string duration(double seconds);

}  // namespace deepen
