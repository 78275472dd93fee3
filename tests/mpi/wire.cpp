// A wire between two network namespaces, as slow as asked for: ./wire TAP TAP MICROSECONDS GBIT
//
// Frames that come out of one tap device go into the other, each after its time on the wire (its bits at that rate, one
// frame after the other) and the delay.  What `tc qdisc ... netem` does, for kernels that are built without it.  Runs
// at real-time priority if it may, so that working ranks do not make it late; it says at the end how late it was.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

namespace {

using Nanoseconds = std::int64_t;

Nanoseconds now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

int open_tap(const char* name) {
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
        std::perror(name);
        std::exit(1);
    }
    return fd;
}

struct Frame {
    Nanoseconds due;
    std::vector<char> bytes;
};

// One direction.
struct Lane {
    int from, to;
    Nanoseconds free = 0;                                // when the last frame has left
    std::deque<Frame> under_way = {};
    std::int64_t frames = 0, late = 0;                   // `late` in nanoseconds, summed

    void take(Nanoseconds delay, double nanoseconds_per_byte) {
        char buffer[70000];
        for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) {
            free = std::max(free, now()) + static_cast<Nanoseconds>(static_cast<double>(n) * nanoseconds_per_byte);
            under_way.push_back({free + delay, {buffer, buffer + n}});
        }
    }
    void deliver() {
        for (Nanoseconds t; !under_way.empty() && under_way.front().due <= (t = now()); under_way.pop_front()) {
            late += t - under_way.front().due, ++frames;
            if (write(to, under_way.front().bytes.data(), under_way.front().bytes.size()) < 0) std::perror("wire");
        }
    }
};

volatile sig_atomic_t over = 0;

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: wire TAP TAP MICROSECONDS GBIT\n");
        return 2;
    }
    const int a = open_tap(argv[1]), b = open_tap(argv[2]);
    const auto delay = static_cast<Nanoseconds>(1000 * std::atof(argv[3]));
    const double nanoseconds_per_byte = 8 / std::atof(argv[4]);
    sched_param priority{};
    priority.sched_priority = 1;
    if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0) std::perror("wire: no real-time priority");
    for (int number : {SIGINT, SIGTERM}) signal(number, [](int) { over = 1; });
    std::puts("ready");
    std::fflush(stdout);

    Lane lanes[] = {{a, b}, {b, a}};
    while (!over) {
        Nanoseconds next = now() + 100'000'000;
        for (const Lane& lane : lanes)
            if (!lane.under_way.empty()) next = std::min(next, lane.under_way.front().due);
        // A timer may be later than the delay is long: what is due soon is waited for with open eyes.
        const Nanoseconds left = std::max<Nanoseconds>(next - now() - 200'000, 0);
        pollfd ready[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
        const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
        ppoll(ready, 2, &timeout, nullptr);
        for (Lane& lane : lanes) lane.take(delay, nanoseconds_per_byte);
        for (Lane& lane : lanes) lane.deliver();
    }
    const std::int64_t frames = lanes[0].frames + lanes[1].frames, late = lanes[0].late + lanes[1].late;
    std::fprintf(stderr, "wire: %lld frames, %.1f microseconds late on average\n", static_cast<long long>(frames),
                 frames ? static_cast<double>(late) / static_cast<double>(frames) / 1000 : 0);
}
