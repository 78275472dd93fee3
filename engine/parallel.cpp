#include "engine/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/error.h"

namespace deepen {
namespace {

thread_local bool inside_chunk = false;

// One parallel_for in progress.  Chunks are handed out by counting up.
struct Job {
    const std::function<void(Index)>& work;
    const Index chunks;
    std::atomic<Index> next{0};
    std::mutex mutex;
    std::exception_ptr failure;
    Index failed_chunk = 0;

    void run() {
        inside_chunk = true;
        for (Index i; (i = next.fetch_add(1)) < chunks;) {
            try {
                work(i);
            } catch (...) {
                std::lock_guard lock(mutex);
                if (!failure || i < failed_chunk) failure = std::current_exception(), failed_chunk = i;
            }
        }
        inside_chunk = false;
    }
};

// The threads besides the calling one.  They sleep between jobs.
class Pool {
public:
    explicit Pool(int helpers) {
        for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { serve(); });
    }

    ~Pool() {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (std::thread& t : threads_) t.join();
    }

    void run(Job& job) {
        {
            std::lock_guard lock(mutex_);
            job_ = &job;
            busy_ = static_cast<int>(threads_.size());
            ++generation_;
        }
        wake_.notify_all();
        job.run();
        std::unique_lock lock(mutex_);
        idle_.wait(lock, [this] { return busy_ == 0; });
    }

private:
    void serve() {
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
            if (stopping_) return;
            seen = generation_;
            Job& job = *job_;
            lock.unlock();
            job.run();
            lock.lock();
            if (--busy_ == 0) idle_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_, idle_;
    Job* job_ = nullptr;
    std::uint64_t generation_ = 0;
    int busy_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

// One job at a time: a second caller from another thread waits here.
struct Team {
    std::mutex one_job;
    int count = std::max(1u, std::thread::hardware_concurrency());
    std::unique_ptr<Pool> pool;
};

Team& team() {
    static Team instance;
    return instance;
}

}  // namespace

void set_threads(int count) {
    require(count >= 1 && count <= 1024, "threads: ", count, " asked for; give 1 to 1024.");
    std::lock_guard lock(team().one_job);
    team().count = count;
    team().pool.reset();
}

int threads() { return team().count; }

void parallel_for(Index chunks, const std::function<void(Index)>& work) {
    Job job{work, chunks};
    if (inside_chunk || chunks <= 1) {
        for (Index i = 0; i < chunks; ++i) work(i);
        return;
    }
    Team& t = team();
    std::lock_guard lock(t.one_job);
    if (!t.pool) t.pool = std::make_unique<Pool>(t.count - 1);
    t.pool->run(job);
    if (job.failure) std::rethrow_exception(job.failure);
}

void parallel_ranges(Index n, Index grain, const std::function<void(Index, Index)>& work) {
    parallel_for((n + grain - 1) / grain, [&](Index chunk) {
        work(chunk * grain, std::min(n, (chunk + 1) * grain));
    });
}

}  // namespace deepen
