// Which calls does every op have to stand?
//
// One row a call, its name the op's with what is special behind it; op_table_test.cpp sees that no op of ops.h
// is missing.  Axes of different lengths, so that swapped ones are seen; operands that broadcast;
// inputs away from relu's kink, from ties of max, and from where a function is not defined.
// ops_gradients.cpp checks the derivatives of each, autograd_test.cpp that each frees what it took.
#pragma once

#include <string>
#include <vector>

#include "engine/gradcheck.h"

namespace deepen {

struct OpCall {
    std::string name;                     // letters, digits and underscores
    std::vector<Tensor> inputs;
    TensorFunction f;
};

std::vector<OpCall> op_table();

}  // namespace deepen
