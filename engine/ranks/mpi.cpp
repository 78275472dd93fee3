// How do ranks talk by MPI?
//
// Bytes are sent and received without waiting (MPI_Isend, MPI_Irecv, MPI_Test); what is summed, and in which order, is
// up to exchange.h.  This file is part of a program only if it was built with `make MPI=1`, and it does nothing unless
// mpirun, mpiexec or srun has started the program as one of several.

// MPI's C functions alone: the C++ classes that some headers add need another library.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <fstream>
#include <string>

#include "engine/error.h"
#include "engine/ranks/start.h"

namespace deepen::ranks {
namespace {

class MpiMessage : public Message {
public:
    MPI_Request request = MPI_REQUEST_NULL;
    bool done() override {
        int there = 0;
        MPI_Test(&request, &there, MPI_STATUS_IGNORE);
        return there;
    }
};

int length(std::size_t bytes) {
    require(bytes <= INT_MAX, "a message of ", bytes,
            " bytes is more than MPI takes at once.  Train this net in one process.");
    return static_cast<int>(bytes);
}

class MpiTransport : public Transport {
public:
    MpiTransport() {
        MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
        MPI_Comm_size(MPI_COMM_WORLD, &count_);
        char name[MPI_MAX_PROCESSOR_NAME] = {};
        int used = 0;
        MPI_Get_processor_name(name, &used);
        names_.resize(static_cast<std::size_t>(count_) * sizeof name);
        MPI_Allgather(name, sizeof name, MPI_CHAR, names_.data(), sizeof name, MPI_CHAR, MPI_COMM_WORLD);
    }

    int rank() const override { return rank_; }
    int count() const override { return count_; }
    std::string host(int rank) const override {
        return names_.data() + static_cast<std::size_t>(rank) * MPI_MAX_PROCESSOR_NAME;
    }
    int count_on_this_host() const override {
        int here = 0;
        for (int r = 0; r < count_; ++r) here += host(r) == host(rank_);
        return here;
    }

    std::unique_ptr<Message> send(std::span<const std::byte> bytes, int to, int tag) override {
        auto message = std::make_unique<MpiMessage>();
        MPI_Isend(bytes.data(), length(bytes.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD, &message->request);
        return message;
    }
    std::unique_ptr<Message> receive(std::span<std::byte> bytes, int from, int tag) override {
        auto message = std::make_unique<MpiMessage>();
        MPI_Irecv(bytes.data(), length(bytes.size()), MPI_BYTE, from, tag, MPI_COMM_WORLD, &message->request);
        return message;
    }

private:
    int rank_ = 0, count_ = 1;
    std::vector<char> names_;
};

std::string library() {
    char name[MPI_MAX_LIBRARY_VERSION_STRING] = {};
    int used = 0;
    MPI_Get_library_version(name, &used);
    std::string words(name, std::strcspn(name, ",\n"));  // "Open MPI v4.1.4", "MPICH Version:\t4.0.2"
    if (const std::size_t at = words.find(" Version:\t"); at != words.npos) words.replace(at, 10, " v");
    return words;
}

Transport* begin() {
    MPI_Init(nullptr, nullptr);
    static MpiTransport transport;
    return &transport;
}

void finish() { MPI_Finalize(); }

// The process that started this one, if that is a launcher's: 0 if not.
pid_t launcher_above(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    pid_t parent = 0;
    for (std::string word; status >> word;)
        if (word == "PPid:") status >> parent;
    std::string name;
    std::getline(std::ifstream("/proc/" + std::to_string(parent) + "/comm"), name);
    for (const char* launcher : {"mpirun", "mpiexec", "orterun", "orted", "prte", "hydra"})
        if (name.starts_with(launcher)) return parent;
    return 0;
}

// A launcher tells all machines to end their ranks, and waits for ever for one that does not answer.  A process of its
// own ends it then.
void end_launchers_after(int seconds) {
    std::vector<pid_t> launchers;
    for (pid_t above = launcher_above(::getpid()); above; above = launcher_above(above)) launchers.push_back(above);
    if (launchers.empty() || ::fork() != 0) return;
    ::setsid();                                          // else it is ended with us
    for (int file = 0; file < 1024; ++file) ::close(file);   // else the launcher waits for our output
    for (int tenth = 0; tenth < 10 * seconds; ++tenth) {
        ::usleep(100'000);
        if (::kill(launchers.back(), 0) != 0) ::_exit(0);
    }
    for (const pid_t launcher : launchers) ::kill(launcher, SIGKILL);
    ::_exit(0);
}

void abandon(int code) {
    end_launchers_after(10);
    MPI_Abort(MPI_COMM_WORLD, code);
}

const bool known = (set_mpi({library, begin, finish, abandon}), true);

}  // namespace
}  // namespace deepen::ranks
