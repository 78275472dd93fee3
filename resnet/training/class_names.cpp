#include "resnet/training/class_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/printable.h"

namespace deepen {
namespace {

using Names = nlohmann::json;

constexpr std::size_t longest_list = 64 << 20;           // bytes

}  // namespace

std::string class_names_text(const std::vector<std::string>& names) {
    return Names(names).dump(-1, ' ', false, Names::error_handler_t::replace);
}

std::optional<std::vector<std::string>> class_names_of(const TensorFile& file, const std::string& path) {
    const auto found = file.metadata.find(class_names_key);
    if (found == file.metadata.end()) return std::nullopt;
    // What lies deeper than a list is not looked at, so that it cannot exhaust a stack.
    const auto near = [](int depth, Names::parse_event_t, Names&) { return depth <= 1; };
    const Names list = Names::parse(found->second, near, false);
    const auto is_text = [](const Names& name) { return name.is_string(); };
    require(list.is_array() && std::all_of(list.begin(), list.end(), is_text), path,
            ": the metadata's class_names are not a JSON list of strings.  Give --labels FILE.");
    return list.get<std::vector<std::string>>();
}

std::optional<std::vector<int>> classes_by_name(const std::vector<std::string>& of_set,
                                                const std::vector<std::string>& of_net) {
    // As they are after a way through a weight file, where bytes that are not UTF-8 have been replaced.
    const auto kept = [](const std::vector<std::string>& names) { return Names::parse(class_names_text(names)); };
    const Names set = kept(of_set), net = kept(of_net);
    std::vector<int> found(of_set.size());
    std::iota(found.begin(), found.end(), 0);
    if (set == net) return found;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const auto at = std::find(net.begin(), net.end(), set[i]);
        if (at == net.end() || std::find(at + 1, net.end(), set[i]) != net.end()) return std::nullopt;
        found[i] = static_cast<int>(at - net.begin());
    }
    return found;
}

std::string some_names(const std::vector<std::string>& names) {
    constexpr std::size_t some = 4;
    std::string s;
    for (std::size_t i = 0; i < std::min(names.size(), some); ++i) s += (i ? ", " : "") + printable_name(names[i]);
    return names.size() > some ? text(s, ", ... (", names.size(), " in total)") : s;
}

std::vector<std::string> read_class_names(const std::filesystem::path& path, Index classes) {
    std::istringstream lines(read_text_file(path, longest_list));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        names.push_back(line);
    }
    while (!names.empty() && names.back().empty()) names.pop_back();
    require(static_cast<Index>(names.size()) == classes, path.string(), ": ", names.size(), " names for a net with ",
            classes, " classes.  Expected one line per class.");
    return names;
}

}  // namespace deepen
