// What did it say when it refused?
#pragma once

#include <string>

#include "engine/error.h"

namespace deepen {

// The message of the Error that `act` throws; "(nothing was refused)" if it does not.
template <class Act>
std::string refusal_of(Act act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "(nothing was refused)";
}

}  // namespace deepen
