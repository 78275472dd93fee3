#include "engine/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/processors.h"

namespace deepen {
namespace {

thread_local bool inside_chunk = false;

// One parallel_for in progress.  Note [Each its own share]
//   What one layer wrote, the next reads, and cores have caches of their own: a map that comes from another core's
//   takes longer than one from memory.  So each thread begins with its own share of the chunks, the same from job
//   to job: it finds the pictures that it made.  Whoever is done with his helps the others.
class Job {
public:
    Job(const std::function<void(Index)>& work, Index chunks, int threads) : work_(work), shares_(threads) {
        for (int t = 0; t < threads; ++t) {
            shares_[t].next = t * chunks / threads;
            shares_[t].end = (t + 1) * chunks / threads;
        }
    }

    void run(int thread) {
        inside_chunk = true;
        for (std::size_t k = 0; k < shares_.size(); ++k) {
            Share& share = shares_[(thread + k) % shares_.size()];
            for (Index i; (i = share.next.fetch_add(1)) < share.end;) run_chunk(i);
        }
        inside_chunk = false;
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    struct alignas(64) Share {
        std::atomic<Index> next;
        Index end;
    };

    void run_chunk(Index i) {
        try {
            work_(i);
        } catch (...) {
            std::lock_guard lock(mutex_);
            if (!failure_ || i < failed_chunk_) failure_ = std::current_exception(), failed_chunk_ = i;
        }
    }

    const std::function<void(Index)>& work_;
    std::vector<Share> shares_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    Index failed_chunk_ = 0;
};

void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Waits until `value` is no longer `old`, and returns what it is.  A training step hands over some
// hundred jobs, often a few microseconds apart, and waking a sleeping thread takes longer than that:
// so it looks for a while before it sleeps.
template <class T>
T wait_for_change(const std::atomic<T>& value, T old, int looks) {
    for (int i = 0; i < looks; ++i) {
        const T now = value.load(std::memory_order_acquire);
        if (now != old) return now;
        relax();
    }
    value.wait(old, std::memory_order_acquire);
    return value.load(std::memory_order_acquire);
}

// Asked once: it reads files.
int processors_here() {
    static const int count = available_processors();
    return count;
}

// The threads besides the calling one.
class Pool {
public:
    explicit Pool(int helpers) : looks_(helpers < processors_here() ? 4000 : 0) {
        try {
            for (int i = 0; i < helpers; ++i) threads_.emplace_back([this, i] { serve(i + 1); });
        } catch (const std::exception& e) {              // the system's limit, or memory
            const std::size_t started = threads_.size();
            stop();
            throw Error(text("threads: only ", started + 1, " of ", helpers + 1, " could be started (", e.what(),
                             ").  Ask for fewer."));
        }
    }

    ~Pool() { stop(); }

    void run(Job& job) {
        job_ = &job;
        busy_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
        announce();
        job.run(0);
        for (int left = busy_.load(std::memory_order_acquire); left != 0;) left = wait_for_change(busy_, left, looks_);
    }

private:
    void stop() {
        job_ = nullptr;
        announce();
        for (std::thread& t : threads_) t.join();
    }

    void announce() {
        generation_.fetch_add(1, std::memory_order_release);
        generation_.notify_all();
    }

    void serve(int thread) {
        for (std::uint64_t seen = 0;;) {
            seen = wait_for_change(generation_, seen, looks_);
            if (!job_) return;
            job_->run(thread);
            busy_.fetch_sub(1, std::memory_order_release);
            busy_.notify_one();
        }
    }

    const int looks_;                     // 50 to 100 microseconds; none where threads outnumber processors
    Job* job_ = nullptr;                  // published by generation_; null: the end
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<int> busy_{0};
    std::vector<std::thread> threads_;
};

// Threads that are waited for when their block ends, however it does.  (std::jthread is missing in older libc++.)
struct Others {
    std::vector<std::thread> threads;
    ~Others() {
        for (std::thread& thread : threads) thread.join();
    }
};

// One job at a time: a second caller from another thread waits here.
struct Team {
    std::mutex one_job;
    std::atomic<int> count = processors_here();
    std::unique_ptr<Pool> pool;
};

thread_local Team* own_team = nullptr;                   // of a job in side_by_side()

Team& team() {
    static Team instance;
    return own_team ? *own_team : instance;
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
    Team& t = team();
    if (inside_chunk || chunks <= 1 || t.count == 1) {
        for (Index i = 0; i < chunks; ++i) work(i);
        return;
    }
    std::lock_guard lock(t.one_job);
    Job job(work, chunks, t.count);
    if (!t.pool) t.pool = std::make_unique<Pool>(t.count - 1);
    t.pool->run(job);
    job.rethrow();
}

void side_by_side(int jobs, Index count, const std::function<void(Index)>& work) {
    const int all = threads();
    require(jobs >= 1 && jobs <= all, "jobs: ", jobs, " at a time asked for; give 1 to ", all,
            ", the number of threads.");
    jobs = static_cast<int>(std::clamp<Index>(count, 1, jobs));
    std::atomic<Index> next = 0;
    std::atomic<bool> failed = false;
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
    const auto begin_one = [&](Index i) {
        try {
            work(i);
        } catch (...) {
            failures[static_cast<std::size_t>(i)] = std::current_exception();
            failed = true;
        }
    };
    const auto job = [&](int number) {
        Team share;
        share.count = all / jobs + (number < all % jobs ? 1 : 0);
        Team* const before = std::exchange(own_team, jobs > 1 ? &share : own_team);
        for (Index i; !failed && (i = next++) < count;) begin_one(i);
        own_team = before;
    };
    {
        Others others;                                   // are waited for at the end of this block
        for (int number = 1; number < jobs; ++number) others.threads.emplace_back(job, number);
        job(0);
    }
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

void parallel_ranges(Index n, Index grain, const std::function<void(Index, Index)>& work) {
    parallel_for((n + grain - 1) / grain, [&](Index chunk) {
        work(chunk * grain, std::min(n, (chunk + 1) * grain));
    });
}

}  // namespace deepen
