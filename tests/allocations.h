// How much memory did that ask for at once, and what if there is none?
#pragma once

#include <cstddef>

namespace deepen {

// The largest piece, in bytes, that anything in this program has asked `new` or a tensor's storage for
// since the last call.
std::size_t largest_allocation();

// Lets one `new` of this thread fail: the one after the next `count`.  Negative: none.
void fail_allocation_after(long count);

}  // namespace deepen
