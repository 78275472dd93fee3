// How fast could one core multiply and add?
//
// What everything else is measured against: a loop of nothing but vector multiply-adds, in registers.
#pragma once

namespace deepen {

// The operations of that loop: multiply_adds(rounds) does so many, 2 for each a * b + c, and returns how many.
double multiply_adds(long rounds);

}  // namespace deepen
