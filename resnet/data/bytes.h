// What does a file hold, byte by byte?
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/real.h"

namespace deepen {

using Bytes = std::vector<std::uint8_t>;

// The whole of a file.  Refuses what is not a plain file, is longer than `largest` bytes, or cannot
// be read, with the system's reason.
Bytes read_bytes(const std::filesystem::path& path, Index largest);

// A name that came out of a file, fit for a message: control characters, which a terminal might obey,
// become '?', and what is over 100 bytes long is cut.
std::string printable(const std::string& name);

}  // namespace deepen
