// How is text from files shown safely on a terminal?
//
// What came from a file, a path or a flag may hold anything.  Before it is shown, control characters (C0 and C1), marks
// that turn the direction of writing, and bytes that are not UTF-8 become '?'.
#pragma once

#include <string>
#include <string_view>

namespace deepen {

std::string printable_message(std::string_view message);  // a paragraph: keeps its line ends
// A file, a class, a tensor: without line ends, so that it cannot pose as a line of ours.
std::string printable_name(std::string_view name);

}  // namespace deepen
