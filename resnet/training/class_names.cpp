#include "resnet/training/class_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/error.h"
#include "engine/files.h"

namespace deepen {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_list = 64 << 20;           // bytes

}  // namespace

std::string class_names_text(const std::vector<std::string>& names) {
    return Json(names).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::vector<std::string>> class_names_of(const TensorFile& file, const std::string& path) {
    const auto found = file.metadata.find(class_names_key);
    if (found == file.metadata.end()) return std::nullopt;
    // What lies deeper than a list is not looked at, so that it cannot exhaust a stack.
    const auto near = [](int depth, Json::parse_event_t, Json&) { return depth <= 1; };
    const Json list = Json::parse(found->second, near, false);
    const auto is_text = [](const Json& name) { return name.is_string(); };
    require(list.is_array() && std::all_of(list.begin(), list.end(), is_text), path,
            ": the metadata's class_names are not a JSON list of texts.  Give --labels FILE.");
    return list.get<std::vector<std::string>>();
}

std::vector<std::string> read_class_names(const std::filesystem::path& path, Index classes) {
    std::istringstream lines(read_text_file(path, longest_list));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        names.push_back(line);
    }
    while (!names.empty() && names.back().empty()) names.pop_back();
    require(static_cast<Index>(names.size()) == classes, path.string(), ": ", names.size(),
            " names, but the net tells ", classes, " classes apart.  A line for each is expected.");
    return names;
}

}  // namespace deepen
