// How are errors reported?
//
// Two kinds of wrong, two types.  A caller's or a file's fault is an `Error`: it says what was
// expected, what came, and what to try.  A broken promise of our own is an `InternalError`: it says
// that the fault is ours.  Programs turn them into exit codes: `UsageError` 2, everything else 1.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace deepen {

// The input does not fit: shapes, files, values.  The message is one paragraph for a person.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The input of a *program* does not fit: a flag or a combination of flags.
struct UsageError : Error {
    using Error::Error;
};

// An invariant of this engine does not hold.
struct InternalError : std::logic_error {
    using std::logic_error::logic_error;
};

// Concatenates its arguments as `<<` would print them.
template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

// Refuses the input unless `holds`.  The parts of the message are formatted only on refusal.
template <class... Parts>
void require(bool holds, const Parts&... parts) {
    if (!holds) throw Error(text(parts...));
}

// States an invariant of ours.
template <class... Parts>
void ensure(bool holds, const Parts&... parts) {
    if (!holds) throw InternalError(text("internal error, please report it: ", parts...));
}

}  // namespace deepen
