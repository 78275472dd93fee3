// How much memory did that ask for at once?
#pragma once

#include <cstddef>

namespace deepen {

// The largest piece, in bytes, that anything in this program has asked `new` or a tensor's storage for
// since the last call.
std::size_t largest_allocation();

}  // namespace deepen
