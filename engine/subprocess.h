// How is another program run, and what did it say?
//
// No shell is started, so that no character of a word or a path means anything.  Input, output and complaints travel
// through unnamed temporary files in TMPDIR: with pipes, one would have to be read while another fills.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepen {

struct Ended {
    int refusal = 0;                                     // errno where it could not be started; 0 where it was
    int status = 0;                                      // how it ended, in the form of waitpid()
    std::string output, complaints;                      // its stdout and stderr

    bool well() const { return refusal == 0 && status == 0; }
};

// Runs words[0], looked for in PATH unless it has a slash, with the other words as its arguments and `input` on its
// stdin.  Refuses where the temporary files cannot be made or written.
Ended run_program(std::vector<std::string> words, std::string_view input = {});

}  // namespace deepen
