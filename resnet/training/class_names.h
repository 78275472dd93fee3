// What are the classes called?
//
// A net tells classes apart by number.  Their names come from a file with a line for each, or from the metadata of the
// net's own weights, where training puts them as a JSON list:
//
//     class_names    ["cat","dog"]
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/safetensors.h"

namespace deepen {

inline constexpr const char* class_names_key = "class_names";

std::string class_names_text(const std::vector<std::string>& names);    // as the metadata have it

// The names a weight file holds, if it holds any.  Refuses what is not a list of texts.
std::optional<std::vector<std::string>> class_names_of(const TensorFile& file, const std::string& path);

// A line each; empty lines at the end do not count.  Refuses another number of them than `classes`.
std::vector<std::string> read_class_names(const std::filesystem::path& path, Index classes);

}  // namespace deepen
