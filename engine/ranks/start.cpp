#include "engine/ranks/start.h"

#include <cstdlib>

#include "engine/error.h"

namespace deepen::ranks {
namespace {

Launcher& launcher() {
    static Launcher ours;
    return ours;
}

// Of Open MPI; of MPICH, Intel MPI and srun's PMI-2; of srun with PMIx.
constexpr const char* names_of_rank[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};
constexpr const char* names_of_count[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};

int number_in(std::span<const char* const> names, int otherwise) {
    for (const char* name : names)
        if (const char* value = std::getenv(name)) return std::atoi(value);
    return otherwise;
}

}  // namespace

void set_launcher(Launcher l) { launcher() = l; }
std::string library() { return launcher().library ? launcher().library() : ""; }
int announced_rank() { return number_in(names_of_rank, 0); }

void begin() {
    if (transport() || number_in(names_of_rank, -1) < 0 || number_in(names_of_count, 1) < 2) return;
    require(launcher().begin, "started as one of ", number_in(names_of_count, 1),
            " processes, but this program was built without MPI.  Build it with `make MPI=1`, or start it once.");
    set_transport(launcher().begin());
}

void end(int code) {
    if (!transport()) return;
    set_transport(nullptr);
    if (code == 0 || code >= 128) launcher().finish();
    else launcher().abandon(code);
}

}  // namespace deepen::ranks
