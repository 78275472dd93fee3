// How do processes send each other messages?
//
// `mpirun -n 4 build/train ...` starts four processes, *ranks* 0 to 3, perhaps on several machines.  What the engine
// needs of MPI is here: who am I, how many are we, send and receive bytes without waiting.  mpi.cpp implements it, and
// only a program built with `make MPI=1` contains it; tests have a transport of their own.  Without one, a process is
// alone: rank 0 of 1.
//
// Note [One thread speaks]
//   MPI libraries differ in what they allow to several threads, so all calls come from the thread that runs the net.
//   A transport, and all that goes through it, belongs to that thread, so that tests can run ranks as threads of one
//   process.  Who waits for one message looks after all others meanwhile (wait_until).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/real.h"

namespace deepen::ranks {

class Message {                                          // under way; what it reads or writes must stay where it is
public:
    virtual ~Message() = default;
    virtual bool done() = 0;
};

// Between any two ranks, messages with the same tag arrive in the order in which they were sent.
class Transport {
public:
    virtual ~Transport() = default;
    virtual int rank() const = 0;
    virtual int count() const = 0;
    virtual int count_on_this_host() const = 0;
    virtual std::string host(int rank) const = 0;
    virtual std::unique_ptr<Message> send(std::span<const std::byte> bytes, int to, int tag) = 0;
    virtual std::unique_ptr<Message> receive(std::span<std::byte> bytes, int from, int tag) = 0;
};

// The ranks that this process, or thread, is one of; null: it is alone, as it is at first.
void set_transport(Transport* transport);
Transport* transport();
int count();                                             // 1 if alone
int rank();                                              // 0 if alone

// Polls done() until it is true, and calls `others` meanwhile.  Throws Error if that takes longer than patience allows:
// then the rank that awaited() names, its machine or the way to it is gone.
void wait_until(const std::function<bool()>& done, const std::function<int()>& awaited,
                const std::function<void()>& others = [] {});
void set_patience(double seconds);                       // 60 at first
double patience();

struct Traffic {
    Index messages = 0, bytes = 0;                       // sent by this rank for sums over batches (exchange.h)
    double waited = 0;                                   // seconds in wait_until()
};
Traffic& traffic();                                      // since the program began

// All of the following are called by all ranks.  Alone, they do nothing.

std::vector<double> sum(std::vector<double> numbers);    // of all ranks' numbers, in the order of ranks
// Copies rank 0's bytes to the ranks from `first` on; only these and rank 0 call it.
void broadcast(std::span<std::byte> bytes, int first = 1);
void broadcast(std::string& text);
// Throws Error on every rank if `said` differs between ranks.  The message names `what` and the ranks that differ from
// rank 0; of the first of these it adds difference(rank 0's text, its own).
void require_same(const std::string& what, const std::string& said,
                  const std::function<std::string(const std::string&, const std::string&)>& difference = {});

}  // namespace deepen::ranks
