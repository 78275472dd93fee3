// Has this program been started as one of several ranks?
//
// mpirun, mpiexec and srun tell a program so by environment variables of their own.  A program that was started alone
// does not initialise MPI.
#pragma once

#include <string>

#include "engine/ranks/transport.h"

namespace deepen::ranks {

// What mpi.cpp offers, in programs that contain it.
struct MpiFunctions {
    std::string (*library)() = nullptr;                  // "Open MPI v4.1.4"
    Transport* (*begin)() = nullptr;
    void (*finish)() = nullptr;
    void (*abandon)(int code) = nullptr;                 // ends all ranks
};
void set_mpi(MpiFunctions functions);
std::string library();                                   // empty in programs without MPI

// The rank that mpirun's variables speak of, before begin(); 0 where there are none.
int announced_rank();

// Joins the ranks that were started with this one, until the program ends.  Refuses several in a program without MPI:
// each would do the same alone, into the same files.
void begin();
// With code 0 or an interruption's (128 and more), waits until all ranks are done; with any other, ends all ranks at
// once.  Does nothing if alone.
void end(int code);

}  // namespace deepen::ranks
