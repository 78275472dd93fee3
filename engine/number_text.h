// Which number does a text say?
//
// The same on every machine and under every language setting, where a decimal point may be a comma: std::from_chars.
// Standard libraries have it for integers; for numbers with a point, libc++ only since LLVM 20.  Older ones read these
// with strtod, under the settings of the C language.
#pragma once

#include <charconv>
#include <concepts>
#include <string_view>

namespace deepen {

// By strtod: decimal digits, a point, an exponent, inf and nan; no blanks, no +, no hexadecimal.
bool read_by_strtod(std::string_view text, double& value);
bool read_by_strtod(std::string_view text, float& value);

// Whether the whole text is a number of that type, and which.  One too large for it, or too close to
// 0, is none.
template <class Number>
bool read_number(std::string_view text, Number& value) {
#ifdef __cpp_lib_to_chars
    constexpr bool by_strtod = false;
#else
    constexpr bool by_strtod = std::floating_point<Number>;
#endif
    if constexpr (by_strtod) {
        return read_by_strtod(text, value);
    } else {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size();
    }
}

}  // namespace deepen
