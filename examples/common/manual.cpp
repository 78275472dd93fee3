// What does the manual say of a program, and what does the shell propose?  See manual.h.
#include "examples/common/manual.h"

#include <algorithm>
#include <cctype>

#include "engine/build_info.h"
#include "engine/error.h"
#include "examples/common/checks.h"
#include "examples/common/help.h"

namespace deepen {
namespace {

// --- the manual ----------------------------------------------------------------------------------

// Text that roff takes as it is: no commands in it, and every minus sign one that can be copied.
std::string roff(const std::string& words) {
    std::string out;
    for (const char c : words) {
        if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else out += c;
    }
    return out;
}

std::string section(const std::string& heading) {
    std::string upper = heading;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return ".SH " + roff(upper) + "\n";
}

// "Trains one net." as the line of a list: "trains one net"
std::string as_phrase(std::string sentence) {
    sentence = sentence.substr(0, sentence.find(". "));
    if (sentence.ends_with('.')) sentence.pop_back();
    if (sentence.size() > 1 && std::islower(static_cast<unsigned char>(sentence[1])))
        sentence[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(sentence[0])));
    std::replace(sentence.begin(), sentence.end(), '\n', ' ');
    return sentence;
}

const char* const ends =
    ".SH EXIT STATUS\n"
    ".TP\n0\ndone, or help or the version were asked for\n"
    ".TP\n1\nfailed\n"
    ".TP\n2\ncalled wrongly\n"
    ".TP\n130, 143, 129\ninterrupted by Ctrl\\-C, terminated, or its terminal was closed\n"
    ".SH ENVIRONMENT\n"
    ".TP\nNO_COLOR\nif set and not empty, terminals get no colours\n";

// --- completion ----------------------------------------------------------------------------------

std::string candidate(const std::string& word, const std::string& begin, const std::string& means) {
    if (!word.starts_with(begin)) return "";
    std::string line = word + "\t" + means;
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line + "\n";
}

std::string values(const CLI::Option& option, const std::string& begin) {
    std::string lines;
    for (const std::string& word : words_of(option)) lines += candidate(word, begin, "");
    return lines;
}

const CLI::Option* named(const CLI::App& app, const std::string& name) {
    for (const CLI::Option* option : app.get_options())
        if (!name.empty() && option->check_name(name)) return option;
    return nullptr;
}

std::string flags(const CLI::App& app, const std::string& begin) {
    std::string lines;
    for (const CLI::Option* option : app.get_options())
        if (!option->get_positional() && !option->get_group().empty())
            for (const std::string& name : option->get_lnames())
                lines += candidate("--" + name, begin, option->get_description());
    return lines;
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& name) {
    std::string title = name;
    std::replace(title.begin(), title.end(), ' ', '-');
    std::string out = text(".TH ", roff(title), " 1 \"\" \"Deepen ", roff(build_info().version), "\" \"Deepen\"\n");
    out += ".SH NAME\n" + roff(title) + " \\- " + roff(as_phrase(app.get_description())) + "\n";
    out += ".SH SYNOPSIS\n.B " + roff(usage_of(app, name)) + "\n";
    out += ".SH DESCRIPTION\n" + roff(app.get_description()) + "\n";
    for (const Group& group : groups_of(app)) {
        out += section(group.heading);
        for (const Entry& entry : group.entries)
            out += ".TP\n.B " + roff(entry.name) + "\n" + roff(entry.description) + "\n";
    }
    if (!app.get_footer().empty()) out += ".SH EXAMPLES AND NOTES\n.nf\n" + roff(app.get_footer()) + "\n.fi\n";
    out += ends;
    return out + ".SH SEE ALSO\n.BR deepen (1)\n";
}

std::string completions(const CLI::App& app, const std::vector<std::string>& words) {
    const std::string last = words.empty() ? "" : words.back();
    if (last.starts_with('-')) return flags(app, last);
    const CLI::Option* before = words.size() < 2 ? nullptr : named(app, words[words.size() - 2]);
    if (before && before->get_items_expected_min() > 0) return values(*before, last);
    std::string lines;
    for (const CLI::App* command : commands_of(app))
        lines += candidate(command->get_name(), last, command->get_description());
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional()) lines += values(*option, last);
    return lines;
}

}  // namespace deepen
