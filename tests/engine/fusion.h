// Runs a part of a test op by op, without fusion, or with it; and tells whether numbers have been made.
#pragma once

#include "engine/fusion.h"

namespace deepen {

class WithFusion {
public:
    explicit WithFusion(bool on) : before_(fusion::enabled(on)) {}
    ~WithFusion() { fusion::enabled(before_); }
    WithFusion(const WithFusion&) = delete;
    WithFusion& operator=(const WithFusion&) = delete;

private:
    bool before_;
};

inline bool lazy(const Tensor& t) { return t.storage()->lazy() != nullptr; }

}  // namespace deepen
