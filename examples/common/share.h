// How do several processes work on one experiment?
//
// Each is given the same command and the same --output-dir, on one machine or on several with a shared disk.  A run is
// claimed by the lock on its folder (engine/io/folder_lock.h): a process that finds it claimed goes on with the next.
// Or each process is given a share beforehand:
//
//     --only 2/3                  of the runs as --plan lists them, number 2, 5, 8, ...
//     --plan --commands           a command for each run that is not finished, for Slurm's arrays, GNU parallel, xargs
//
// A run has the same bits whoever trains it.
#pragma once

#include <string>

namespace deepen {

struct Share {
    std::size_t number = 1, of = 1;

    bool has(std::size_t run) const { return run % of == number - 1; }   // run = 0, 1, ...
};

// "2/3".  Refuses what is no such share.
Share parse_share(const std::string& words);

// The command that these arguments are, without its flags --plan, --commands and --only, and with `--only NUMBER/OF`.
std::string command_for(const Share& share, const std::string& program, int argc, const char* const* argv);

}  // namespace deepen
