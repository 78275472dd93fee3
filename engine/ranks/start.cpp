#include "engine/ranks/start.h"

#include <cstdlib>

#include "engine/error.h"

namespace deepen::ranks {
namespace {

MpiFunctions& mpi() {
    static MpiFunctions ours;
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

void set_mpi(MpiFunctions functions) { mpi() = functions; }
std::string library() { return mpi().library ? mpi().library() : ""; }
int announced_rank() { return number_in(names_of_rank, 0); }

void begin() {
    if (transport() || number_in(names_of_rank, -1) < 0 || number_in(names_of_count, 1) < 2) return;
    require(mpi().begin, "started as one of ", number_in(names_of_count, 1),
            " processes, but this program was built without MPI.  Build it with `make MPI=1`, or start it once.");
    set_transport(mpi().begin());
}

void end(int code) {
    if (!transport()) return;
    set_transport(nullptr);
    if (code == 0 || code >= 128) mpi().finish();
    else mpi().abandon(code);
}

}  // namespace deepen::ranks
