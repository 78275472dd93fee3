// What did it say when it refused?
#pragma once

#include <string>

#include "engine/error.h"

namespace deepen {

inline constexpr const char* nothing_refused = "(nothing was refused)";

// The message of the Error that `act` throws; nothing_refused if it does not.
template <class Act>
std::string refusal_of(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return nothing_refused;
}

}  // namespace deepen
