// What are the classes called?
//
// To a net they are numbers.  Their names come from a file with a line for each, or from the metadata of the
// net's own weights, where training puts them as a JSON list:
//
//     class_names    ["cat","dog"]
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/safetensors.h"

namespace deepen {

inline constexpr const char* class_names_key = "class_names";

std::string class_names_text(const std::vector<std::string>& names);    // as the metadata have it

// The names a weight file holds, if it holds any.  Refuses what is not a list of texts.
std::optional<std::vector<std::string>> class_names_of(const TensorFile& file, const std::string& path);

// Which class of the net each class of a set is, by their names: the set may have fewer classes, in another order.
// None if one of them is unknown to the net, or if it knows two of that name.
std::optional<std::vector<int>> classes_by_name(const std::vector<std::string>& of_set,
                                                const std::vector<std::string>& of_net);

// "cat, dog, horse, ... (120 in total)": the first few, for a message.
std::string some_names(const std::vector<std::string>& names);

// A line each; empty lines at the end do not count.  Refuses another number of them than `classes`.
std::vector<std::string> read_class_names(const std::filesystem::path& path, Index classes);

}  // namespace deepen
