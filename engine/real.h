// Which number type does the engine compute with?
//
// `Real` is float, or double when built with `make REAL=double`.  The same sources compile in both:
// training runs in float; gradient checks run in double, where a derivative can be held to 1e-6
// instead of hoping within float's seven digits (an idea taken from pbrt's Float).
#pragma once

#include <cstdint>

#if __cplusplus < 202002L
#error "Deepen is written in C++20: compile with -std=c++20"
#endif

namespace deepen {

#ifdef DEEPEN_DOUBLE
using Real = double;
#else
using Real = float;
#endif

// Sizes, offsets and axes: signed, so that differences are what they look like.
using Index = std::int64_t;

}  // namespace deepen
