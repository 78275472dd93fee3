// Runs a part of a test on another number of threads, and puts the old one back.
#pragma once

#include "engine/parallel.h"

namespace deepen {

class WithThreads {
public:
    explicit WithThreads(int count) : before_(threads()) { set_threads(count); }
    ~WithThreads() { set_threads(before_); }
    WithThreads(const WithThreads&) = delete;
    WithThreads& operator=(const WithThreads&) = delete;

private:
    int before_;
};

}  // namespace deepen
