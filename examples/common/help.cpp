// How does --help fit the window?  See help.h.
#include "examples/common/help.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

// "-b, --batch-size N", "PICTURE..."
std::string name_of(const CLI::Option& option) {
    const std::string dots = option.get_expected_max() > 1 && option.get_delimiter() == '\0' ? "..." : "";
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    if (names.empty()) return option.get_single_name() + dots;
    const std::string value = option.get_type_size() > 0 ? option.get_type_name() : "";
    return joined(names) + (value.empty() ? "" : " ") + value + dots;
}

// What it does; then, in brackets, what the flag's own settings say.
std::string description_of(const CLI::Option& option) {
    std::vector<std::string> notes;
    std::string preset = option.get_default_str();
    if (preset.starts_with('[') && preset.ends_with(']')) preset = preset.substr(1, preset.size() - 2);
    if (!preset.empty()) notes.push_back("default: " + preset);
    if (option.get_required()) notes.push_back("required");
    std::vector<std::string> excluded;
    for (const CLI::Option* other : option.get_excludes()) excluded.push_back(other->get_name());
    std::sort(excluded.begin(), excluded.end());         // CLI11 keeps them by address
    if (!excluded.empty()) notes.push_back("not with " + joined(excluded));
    return option.get_description() + (notes.empty() ? "" : " (" + joined(notes) + ")");
}

// The group that flags belong to unless told otherwise; its name differs between versions of CLI11.
std::string heading_of(const CLI::Option& option) {
    if (option.get_positional()) return "Arguments";
    return option.get_group() == "OPTIONS" ? "Options" : option.get_group();
}

void add(std::vector<Group>& groups, const std::string& heading, Entry entry) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.heading == heading; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{heading, {}});
    group->entries.push_back(std::move(entry));
}

std::string indented(const std::string& text, std::size_t by) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '\n') out.append(by, ' ');
    }
    return out;
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<Group> groups_of(const CLI::App& app) {
    std::vector<Group> groups;
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional()) add(groups, heading_of(*option), {name_of(*option), description_of(*option)});
    for (const CLI::Option* option : app.get_options())
        if (!option->get_positional() && !option->get_group().empty())
            add(groups, heading_of(*option), {name_of(*option), description_of(*option)});
    for (const CLI::App* command : commands_of(app))
        add(groups, command->get_group(), {command->get_name(), command->get_description()});
    return groups;
}

std::string usage_of(const CLI::App& app, const std::string& name) {
    std::string usage = name + (commands_of(app).empty() ? "" : " COMMAND") + " [OPTIONS]";
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional()) usage += " " + name_of(*option);
    return usage;
}

int help_width() {
    const Terminal terminal = terminal_at(STDOUT_FILENO);
    return terminal.interactive ? std::min(terminal.width(), 100) : 80;
}

std::string Help::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
    constexpr std::size_t margin = 2, gap = 2, widest_name = 28, narrowest_text = 30;
    const int width = std::max(width_(), 20);

    const std::vector<Group> groups = groups_of(*app);

    // One column for all groups, as wide as the longest name that is not an exception.
    std::size_t longest = 0;
    for (const Group& group : groups)
        for (const Entry& entry : group.entries)
            if (entry.name.size() <= widest_name) longest = std::max(longest, entry.name.size());
    const bool two_columns = margin + longest + gap + narrowest_text <= static_cast<std::size_t>(width);
    const std::size_t column = two_columns ? margin + longest + gap : 3 * margin;

    std::string out = wrap("usage: " + usage_of(*app, name), width) + "\n\n";
    out += wrap(app->get_description(), width) + "\n";
    for (const Group& group : groups) {
        out += "\n" + wrap(group.heading + ":", width) + "\n";
        for (const Entry& entry : group.entries) {
            out.append(margin, ' ');
            out += entry.name;
            if (!entry.description.empty()) {
                const bool beside = two_columns && entry.name.size() <= longest;
                if (beside) out.append(column - margin - entry.name.size(), ' ');
                else out.append("\n").append(column, ' ');
                out += indented(wrap(entry.description, width - static_cast<int>(column)), column);
            }
            out += '\n';
        }
    }
    const std::string footer = app->get_footer();
    return footer.empty() ? out : out + "\n" + wrap(footer, width) + "\n";
}

}  // namespace deepen
