// Is the first signal heeded wherever a program is?  (Built by `make`; run from the repository's root.)
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Sends one SIGTERM when the program has begun and `ready`, a shell's condition, holds.  Expects it to end within 20
// seconds: where it did not heed the signal, it would go on for longer and be killed, which is exit status 137.
void expect_end(const std::string& command, const std::string& ready = "true",
                const std::string& said = "interrupted.") {
    expect(command + " & pid=$!; for i in $(seq 1000); do grep -q 'SigCgt:.*4..[0-9a-f]$' /proc/$pid/status && " +
               ready + " && break; sleep 0.02; done; sleep 0.3; kill -TERM $pid; "
               "(sleep 20; kill -KILL $pid) > /dev/null 2>&1 & killer=$!; wait $pid; code=$?; kill $killer; exit $code",
           143, said);
}

// Dead, though perhaps still a name in the table of processes, which nobody has crossed out.
void expect_dead(const std::string& file_of_pid) {
    expect("! grep -qs 'State:.[^ZX]' /proc/$(cat " + file_of_pid + ")/status", 0, "");
}

TEST(Interruption, EndsTheDrawingOfSyntheticPictures) { expect_end("build/train --synthetic-train 1000000"); }

TEST(Interruption, EndsTheInitialisingOfALargeNet) {
    expect_end("build/bench --step --models resnet9998 --batch-size 1");
}

TEST(Interruption, EndsMeasuringWithTheProcessThatMeasures) {
    const Scratch scratch;
    const std::string child = (scratch / "child").string();
    expect_end("build/bench --models resnet110 --modes train --threads 1 --steps 10000",
               "tr -d ' ' < /proc/$pid/task/$pid/children > " + child + " && grep -q -e --step /proc/$(cat " + child +
                   ")/cmdline",
               "what has been measured is kept");
    expect_dead(child);
}

TEST(Interruption, EndsPlanning) { expect_end("build/degradation --depths 9998 --plan"); }

// A gnuplot that hangs is ended, too, and whatever it has started.
TEST(Interruption, EndsGnuplot) {
    const Scratch scratch;
    const std::string pid = (scratch / "pid").string();
    ::chmod(scratch.write("gnuplot", "#!/bin/sh\nsleep 271828 & echo $! > " + pid + "; wait\n").c_str(), 0755);
    expect_end("PATH=" + scratch.folder().string() + ":$PATH build/degradation --depths 8 --width 2 --epochs 1 -b 16 " +
                   "--synthetic-train 64 --synthetic-test 20 --output-dir " + (scratch / "run").string(),
               "[ -s " + pid + " ]");
    expect_dead(pid);
}

TEST(Interruption, IsNotNeededForAPipeThatNobodyWritesTo) {
    const Scratch scratch;
    const std::string pipe = (scratch / "pipe.tar.gz").string();
    expect("mkfifo " + pipe + " && timeout 20 build/train --data-path " + pipe, 1, "it is not a regular file");
}

}  // namespace
}  // namespace deepen
