// Does the output go to a terminal or to a file?  See terminal.h.
#include "resnet/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace deepen {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

// The locale's own rule: the first of the three that is set and not empty speaks.
bool speaks_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string locale = environment(name);
        if (locale.empty()) continue;
        std::transform(locale.begin(), locale.end(), locale.begin(), [](unsigned char c) { return std::tolower(c); });
        return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
    return false;
}

int size_of(int fd, unsigned short winsize::* side, const char* variable, int otherwise) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.*side > 0) return size.*side;
    const int told = std::atoi(environment(variable).c_str());
    return told > 0 ? told : otherwise;
}

}  // namespace

Terminal terminal_at(int fd) {
    const std::string term = environment("TERM");
    Terminal t;
    t.interactive = ::isatty(fd) && !term.empty() && term != "dumb";
    t.colour = t.interactive && environment("NO_COLOR").empty();
    t.unicode = speaks_utf8();
    t.width = [fd] { return size_of(fd, &winsize::ws_col, "COLUMNS", 80); };
    t.height = [fd] { return size_of(fd, &winsize::ws_row, "LINES", 24); };
    return t;
}

int columns(std::string_view text) {
    int count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            while (i < text.size() && text[i] != 'm') ++i;
        } else if ((text[i] & 0xC0) != 0x80) {           // UTF-8: all but continuation bytes begin a character
            ++count;
        }
    }
    return count;
}

std::string wrap(std::string_view text, int width) {
    std::string out;
    int column = 0, margin = 0;
    while (!text.empty()) {
        if (column == 0) margin = text.starts_with("- ") ? 2 : 0;
        const std::size_t gap = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find_first_of(" \n", gap), text.size());
        const std::string_view word = text.substr(gap, end - gap);
        const int needed = static_cast<int>(gap) + columns(word);
        if (column > 0 && !word.empty() && column + needed > width) {
            out += '\n' + std::string(static_cast<std::size_t>(margin), ' ');
            column = margin + columns(word);
        } else {
            out.append(gap, ' ');
            column += needed;
        }
        out += word;
        text.remove_prefix(end);
        if (!text.empty() && text.front() == '\n') {
            out += '\n';
            column = 0;
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string duration(double seconds) {
    if (!std::isfinite(seconds)) return "?";
    const long long s = std::llround(std::clamp(seconds, 0.0, 1e12));
    char digits[48];
    if (s < 3600) std::snprintf(digits, sizeof digits, "%lld:%02lld", s / 60, s % 60);
    else std::snprintf(digits, sizeof digits, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return digits;
}

}  // namespace deepen
