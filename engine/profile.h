// Where does the time of a training step go?
//
// Ops run one after the other, so the time since the last op ended is booked on the one that ends now.
// record() and backward() call lap(); ops do not.  When profiling is off, that costs a comparison.
//
// Lazy work is booked where it is done: the output and the gradient of a batch norm that are computed
// inside the convolutions that read them count as time of those convolutions.
//
//     profile::start();
//     ... training ...
//     std::cout << profile::table();
//
// For one thread: the one that trains.  Work between ops (making batches, updating weights) calls lap() itself.
#pragma once

#include <string>

#include "engine/real.h"

namespace deepen::profile {

void start();                                            // begins anew, from now
void lap(const char* phase, const char* what);           // books the time since the last lap, if started
std::string table();                                     // by phase and op: milliseconds, share of the whole, calls

// Multiply-adds of convolutions and matrix products, forward only, since start(): the paper's measure of cost.
void count(Index multiply_adds);
Index multiply_adds();

}  // namespace deepen::profile
