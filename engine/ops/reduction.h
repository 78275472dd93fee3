// Which axes does a reduction remove, and what shape remains?
//
// sum, mean and max name the axes they reduce (none named: all).  `kept` is the input's shape with
// length 1 on those: it broadcasts back to the input, which is what their backward does.
#pragma once

#include <vector>

#include "engine/shape.h"

namespace deepen {

struct Reduction {
    Shape kept;                           // [N,H,W,C] over axes 1, 2: [N,1,1,C]
    Shape result;                         // the same, or [N,C]
    Index count = 1;                      // elements that go into one: H W
};

// Refuses axes that do not exist or are named twice, naming `op`.
Reduction reduction(const char* op, const Shape& shape, const std::vector<int>& axes, bool keep);

}  // namespace deepen
