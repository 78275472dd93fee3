// How does a program end when it is interrupted?
//
// Ctrl-C, `kill` and a terminal that closes (SIGINT, SIGTERM, SIGHUP) end it at once, with a line on stderr: reading,
// drawing, initialising and evaluating leave nothing behind that is worth a wait, wherever they are.  Two kinds of work
// are worth one, and hold a DelayedInterruption: a file that is being replaced, and a run in training, which writes a
// checkpoint first.  A second signal ends the program even then.  Another program that it waits for (subprocess.h) is
// ended with it.
//
// A library installs no handlers: only a main program makes an InterruptionHandler (examples/common/program.h).
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>

namespace deepen {

// While it lives, signals are handled as told above.  Those that the caller has ignored stay ignored, as a shell wants
// it for its background jobs.  SIGPIPE and SIGXFSZ are ignored, so that a closed pipe and a file too large are errors
// of write(); SIGCHLD is not, so that programs we start can be waited for.
class InterruptionHandler {
public:
    explicit InterruptionHandler(const std::string& program);    // its name, for messages; empty: be silent
    ~InterruptionHandler();
    InterruptionHandler(const InterruptionHandler&) = delete;
    InterruptionHandler& operator=(const InterruptionHandler&) = delete;

private:
    static constexpr int count = 6, numbers[count] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGCHLD};
    struct sigaction before_[count];
};

class DelayedInterruption {
public:
    DelayedInterruption();                               // short work: a signal that came is obeyed at its end
    // Work that asks interrupted() often and comes to its own end.  An interruption prints `promise`, a literal.
    explicit DelayedInterruption(const char* promise);
    ~DelayedInterruption();
    DelayedInterruption(const DelayedInterruption&) = delete;
    DelayedInterruption& operator=(const DelayedInterruption&) = delete;

private:
    const char* const before_;
    const bool leaves_;
};

// The signal that a DelayedInterruption holds back, or held back until its end; 0 if there was none.
int interrupting_signal();
inline bool interrupted() { return interrupting_signal() != 0; }

// What a signal kills besides: a process group, 0 for none.
void set_group_to_end(pid_t group);

}  // namespace deepen
