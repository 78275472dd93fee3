// What does a flag accept?  See checks.h.
#include "examples/common/checks.h"

#include <cctype>
#include <iterator>
#include <sstream>

#include "engine/error.h"

namespace deepen {
namespace {

constexpr const char* one_of_words = "one-of";

// What is wrong with it as a number of that kind; empty if nothing is.
std::string misfit(const std::string& given, const std::string& kind, double low, double high) {
    double value = 0;
    const bool fits = CLI::detail::lexical_cast(given, value) && value >= low && value <= high;
    if (!fits) return text(kind, " is expected, not ", given);
    const std::string digits = given.substr(given.find_first_not_of("+-"));
    // CLI11 reads 010 as octal, and what is nearer to 0 than any double as 0.
    if (digits.size() > 1 && digits[0] == '0' && std::isdigit(static_cast<unsigned char>(digits[1])))
        return text("numbers are written without leading zeros, not as ", given);
    if (value == 0 && digits.substr(0, digits.find_first_of("eE")).find_first_of("123456789") != digits.npos)
        return text(kind, " is expected; ", given, " is too close to 0");
    return "";
}

}  // namespace

CLI::Validator within(double low, double high) {
    return CLI::Validator(
        [=](std::string& given) { return misfit(given, text("a number from ", low, " to ", high), low, high); }, "");
}

CLI::Validator whole(double low, double high) {
    const auto digits = [](double limit) { return text(static_cast<long long>(limit)); };
    return CLI::Validator(
        [=, kind = text("a whole number from ", digits(low), " to ", digits(high))](std::string& given) {
            const std::size_t first = given.find_first_not_of("+-");
            if (first == given.npos || given.find_first_not_of("0123456789", first) != given.npos)
                return text(kind, " is expected, not ", given);
            return misfit(given, kind, low, high);
        },
        "");
}

// The validator's name, which is printed nowhere, keeps the words for completion.
CLI::Validator one_of(std::vector<std::string> words) {
    std::string name = one_of_words;
    for (const std::string& word : words) name += " " + word;
    return CLI::IsMember(std::move(words), CLI::ignore_case).description("").name(name);
}

std::vector<std::string> words_of(const CLI::Option& option) {
    for (int i = 0;; ++i) {
        std::string name;
        try {
            name = const_cast<CLI::Option&>(option).get_validator(i)->get_name();
        } catch (const CLI::OptionNotFound&) {
            return {};
        }
        std::istringstream in(name);
        std::string first;
        if (in >> first && first == one_of_words) return {std::istream_iterator<std::string>(in), {}};
    }
}

}  // namespace deepen
