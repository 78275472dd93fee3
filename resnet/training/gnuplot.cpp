// How are curves drawn?  See gnuplot.h.
#include "resnet/training/gnuplot.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "engine/error.h"
#include "engine/subprocess.h"

namespace deepen {

std::string run_gnuplot(const std::string& script, const std::string& program) {
    const Ended gnuplot = run_program({program, "-d", "-"}, script);
    require(gnuplot.refusal != ENOENT, "the program ", program, " is missing, and it draws the curves.  "
            "Install it (the Debian package is gnuplot-nox), then try again.");
    require(gnuplot.refusal == 0, "cannot run ", program, ": ", std::strerror(gnuplot.refusal), ".");
    require(!WIFSIGNALED(gnuplot.status), program, " was killed by signal ", WTERMSIG(gnuplot.status),
            " while it drew the curves.");
    require(WEXITSTATUS(gnuplot.status) == 0, program, " failed with exit status ", WEXITSTATUS(gnuplot.status), ": ",
            gnuplot.complaints.substr(0, 1000));
    return gnuplot.output;
}

}  // namespace deepen
