// What does a report say of how it was made?
#pragma once

#include <string>

namespace deepen {

// The command as a shell reads it back: `program`, or "deepen train" if called through that, and the arguments.
std::string command_line(const std::string& program, int argc, const char* const* argv);

std::string processor();                                 // its name, as the kernel knows it

}  // namespace deepen
