#include "engine/processors.h"

#include "tests/scratch.h"

namespace deepen {
namespace {

// A machine's files, as a container sees them; there is no process with fewer processors than one.
struct Machine {
    Scratch root;
    int all = available_processors(root.folder());       // which says nothing of groups

    void says(const std::string& path, const std::string& line) const { root.write(path, line + "\n"); }
    void expect(int count) const { EXPECT_EQ(available_processors(root.folder()), std::min(count, all)); }
};

TEST(Processors, AreThoseThatThisProcessMayRunOnWhereNothingIsSaid) {
    const Machine machine;
    EXPECT_GE(machine.all, 1);
    machine.says("proc/self/cgroup", "0::/");
    machine.expect(machine.all);
    machine.says("sys/fs/cgroup/cpu.max", "max 100000");
    machine.expect(machine.all);
    machine.says("sys/fs/cgroup/cpu.max", "nonsense");
    machine.expect(machine.all);
}

TEST(Processors, AreThoseOfTheContainersShare) {
    const Machine machine;
    machine.says("proc/self/cgroup", "0::/");
    machine.says("sys/fs/cgroup/cpu.max", "100000 100000");
    machine.expect(1);
    machine.says("sys/fs/cgroup/cpu.max", "150000 100000");
    machine.expect(2);
    machine.says("sys/fs/cgroup/cpu.max", "10000 100000");
    machine.expect(1);
}

TEST(Processors, AreNoMoreThanAGroupAboveMayUse) {
    const Machine machine;
    machine.says("proc/self/cgroup", "0::/user.slice/job");
    machine.says("sys/fs/cgroup/user.slice/cpu.max", "100000 100000");
    machine.says("sys/fs/cgroup/user.slice/job/cpu.max", "max 100000");
    machine.expect(1);
}

// The path is the host's, and only its end is mounted here.
TEST(Processors, AreThoseOfTheShareInTheFirstVersionOfCgroupsToo) {
    const Machine machine;
    machine.says("proc/self/cgroup", "9:memory:/docker/1a2b\n4:cpu,cpuacct:/docker/1a2b\n0::/");
    machine.says("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000");
    machine.says("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
    machine.expect(1);
    machine.says("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1");
    machine.expect(machine.all);
}

}  // namespace
}  // namespace deepen
