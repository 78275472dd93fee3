#include "engine/interruption.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace deepen {
namespace {

// All that the handler touches.
std::atomic<int> caught{0};                              // the signal; 0 as long as none came
std::atomic<int> delays{0};                              // DelayedInterruptions alive
std::atomic<const char*> promised{nullptr};
std::atomic<pid_t> group_to_end{0};
char name[64];
bool on_terminal = false;                                // a progress bar may stand there, without a line end
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<const char*>::is_always_lock_free,
              "a signal handler may touch nothing else");

// With write() alone: it is all that a signal handler may print with.
void tell(const char* what) {
    if (!name[0]) return;
    for (const char* piece : {on_terminal ? "\n" : "", static_cast<const char*>(name), ": ", what, "\n"})
        if (::write(STDERR_FILENO, piece, std::strlen(piece)) < 0) return;
}

void end_group() {
    if (const pid_t group = group_to_end; group != 0) ::kill(-group, SIGKILL);
}

[[noreturn]] void leave(int signal, bool told) {
    if (!told) tell("interrupted.");
    ::_exit(128 + signal);
}

extern "C" void on_signal(int signal) {
    const int errno_before = errno;
    end_group();
    const bool second = caught.exchange(signal) != 0;
    if (second || delays == 0) leave(signal, second);
    if (const char* promise = promised) tell(promise);
    errno = errno_before;
}

}  // namespace

InterruptionHandler::InterruptionHandler(const std::string& program) {
    std::strncpy(name, program.c_str(), sizeof name - 1);
    on_terminal = ::isatty(STDERR_FILENO);
    caught = 0;
    for (int i = 0; i < count; ++i) {
        const int number = numbers[i];
        struct sigaction action{};
        action.sa_handler = number == SIGPIPE || number == SIGXFSZ ? SIG_IGN : number == SIGCHLD ? SIG_DFL : on_signal;
        action.sa_flags = SA_RESTART;
        ::sigaction(number, nullptr, &before_[i]);
        const bool ignored = before_[i].sa_handler == SIG_IGN;
        if (!ignored || number == SIGCHLD) ::sigaction(number, &action, nullptr);
    }
}

InterruptionHandler::~InterruptionHandler() {
    for (int i = 0; i < count; ++i) ::sigaction(numbers[i], &before_[i], nullptr);
    caught = 0;
}

DelayedInterruption::DelayedInterruption() : before_(promised), leaves_(true) { ++delays; }

DelayedInterruption::DelayedInterruption(const char* promise) : before_(promised.exchange(promise)), leaves_(false) {
    ++delays;
}

DelayedInterruption::~DelayedInterruption() {
    promised = before_;
    if (caught) end_group();                             // one that was started meanwhile
    if (--delays == 0 && leaves_ && caught) leave(caught, false);
}

int interrupting_signal() { return caught; }

void set_group_to_end(pid_t group) { group_to_end = group; }

}  // namespace deepen
