#include "engine/printable.h"

#include <algorithm>
#include <cstdint>

namespace deepen {
namespace {

// A character of UTF-8 and how many bytes it takes; none of a byte that begins no valid one (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 0;
};

Character character_at(std::string_view s) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || s.size() < length) return {};
    std::uint32_t code = first & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3F);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {code, length};
}

// What a terminal obeys instead of showing: C0 and C1 controls, line and paragraph separators, and the marks that turn
// the direction of writing, so that a name can be made to read as another.
bool steers(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string cleaned(std::string_view given, bool keep_line_ends) {
    std::string shown;
    while (!given.empty()) {
        const Character c = character_at(given);
        const bool harmless = c.bytes > 0 && (!steers(c.code) || (keep_line_ends && c.code == '\n'));
        if (harmless) shown += given.substr(0, c.bytes);
        else shown += '?';
        given.remove_prefix(std::max<std::size_t>(c.bytes, 1));
    }
    return shown;
}

}  // namespace

std::string printable_message(std::string_view message) { return cleaned(message, true); }
std::string printable_name(std::string_view name) { return cleaned(name, false); }

}  // namespace deepen
