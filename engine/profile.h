// Where does the time of a training step go?
//
// Ops run one after the other, so the time since the last op ended belongs to the one that ends now.
// record() and backward() call lap(); nothing in an op has to know.  Off, it costs a comparison.
//
//     profile::start();
//     ... training ...
//     std::cout << profile::table();
//
// For one thread: the one that trains.  What runs between ops (making batches, updating weights) is booked by who does
// it, with a lap of its own.
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
