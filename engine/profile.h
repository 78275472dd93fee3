// Where does the time of a training step go?
//
// Ops run one after the other, so the time since the last op ended belongs to the one that ends now.
// record() and backward() call lap(); nothing in an op has to know.  Off, it costs a comparison.
//
//     profile::start();
//     ... training ...
//     std::cout << profile::table();
//
// A lazy op (fusion.h) takes its time later: when its numbers are needed, as a Part of its own, or inside another op as
// a prologue, an epilogue or a gradient hook.  The table names such work as what it is: "conv2d + batch_norm + relu".
//
// For one thread: the one that calls start().  What runs between ops (making batches, updating weights) is booked by
// the code that does it, with a lap of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/real.h"

namespace deepen::profile {

void start();                                            // begins anew, from now
void enter(const char* phase);                           // that the following belongs to: "forward", "backward", ...
void lap(const char* what);                              // books the time since the last lap, if started
void lap(const char* phase, const char* what);
void fused(const std::vector<const char*>& ops);         // what ends with the next lap does these on the way

// While it lives, time is booked as that of `ops`, not as that of the op in which this happens.
class Part {
public:
    explicit Part(const std::vector<const char*>& ops);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

private:
    bool on_;
    std::vector<const char*> ops_, outside_;
    std::chrono::steady_clock::time_point begin_, last_;
};

std::string table();                                     // by phase and op: milliseconds, share of the whole, calls

// Multiply-adds of convolutions and matrix products, forward only, since start(): the paper's measure of cost.
void count(Index multiply_adds);
Index multiply_adds();

}  // namespace deepen::profile
