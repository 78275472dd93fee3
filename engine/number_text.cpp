// Which number does a text say?  See number_text.h.
#include "engine/number_text.h"

#include <locale.h>
#include <stdlib.h>

#include <cmath>
#include <string>

namespace deepen {
namespace {

// What strtod would take besides: blanks and hexadecimal digits, and a plus that is not an exponent's.
bool as_from_chars_wants(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool in_exponent = i > 0 && (text[i - 1] == 'e' || text[i - 1] == 'E');
        if (text[i] == '+' && !in_exponent) return false;
        if (std::string_view(" \t\n\v\f\rxXpP").find(text[i]) != text.npos) return false;
    }
    return true;
}

template <class Number, class Read>
bool read(std::string_view text, Number& value, Read with) {
    static const locale_t c = newlocale(LC_ALL_MASK, "C", nullptr);
    if (text.empty() || !as_from_chars_wants(text)) return false;
    const std::string ended(text);
    char* end = nullptr;
    const Number number = with(ended.c_str(), &end, c);
    const bool named = text.find_first_of("iI") != text.npos;              // inf, or infinity
    const bool zero = text.substr(0, text.find_first_of("eE")).find_first_of("123456789") == text.npos;
    if (end != ended.c_str() + ended.size()) return false;
    if ((std::isinf(number) && !named) || (number == 0 && !zero)) return false;
    value = number;
    return true;
}

}  // namespace

bool read_by_strtod(std::string_view text, double& value) { return read(text, value, strtod_l); }
bool read_by_strtod(std::string_view text, float& value) { return read(text, value, strtof_l); }

}  // namespace deepen
