#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <new>
#include <numeric>
#include <stdexcept>
#include <latch>
#include <thread>
#include <vector>

#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "tests/allocations.h"
#include "tests/engine/refusal.h"
#include "tests/engine/threads.h"

namespace deepen {
namespace {

constexpr int thread_counts[] = {1, 2, 3, 7};

TEST(Parallel, RunsEachChunkOnce) {
    for (const int count : thread_counts) {
        const WithThreads scope(count);
        std::vector<std::atomic<int>> runs(1000);
        parallel_for(1000, [&](Index chunk) { ++runs[chunk]; });
        for (const auto& r : runs) EXPECT_EQ(r, 1);
    }
}

TEST(Parallel, OfNoChunksDoesNothing) {
    parallel_for(0, [](Index) { FAIL(); });
    parallel_ranges(0, 10, [](Index, Index) { FAIL(); });
}

TEST(Parallel, RangesCoverAllAndDoNotOverlap) {
    const WithThreads scope(3);
    for (const Index n : {1, 9, 10, 11, 95}) {
        std::vector<std::atomic<int>> seen(n);
        parallel_ranges(n, 10, [&](Index begin, Index end) {
            EXPECT_EQ(begin % 10, 0);
            EXPECT_LE(end - begin, 10);
            for (Index i = begin; i < end; ++i) ++seen[i];
        });
        for (const auto& s : seen) EXPECT_EQ(s, 1);
    }
}

TEST(Parallel, HandsTheFirstExceptionByChunkToTheCaller) {
    for (const int count : thread_counts) {
        const WithThreads scope(count);
        std::string message;
        try {
            parallel_for(100, [](Index chunk) {
                if (chunk >= 40) throw std::runtime_error("chunk " + std::to_string(chunk));
            });
        } catch (const std::runtime_error& error) {
            message = error.what();
        }
        EXPECT_EQ(message, "chunk 40");
        std::atomic<int> runs{0};
        parallel_for(10, [&](Index) { ++runs; });                // and the team still works
        EXPECT_EQ(runs, 10);
    }
}

TEST(Parallel, RunsNestedCallsInPlace) {
    const WithThreads scope(3);
    std::vector<std::atomic<int>> runs(64);
    parallel_for(8, [&](Index outer) {
        parallel_for(8, [&](Index inner) { ++runs[outer * 8 + inner]; });
    });
    for (const auto& r : runs) EXPECT_EQ(r, 1);
}

TEST(Parallel, ServesSeveralCallersAndHandsEachItsOwnException) {
    const WithThreads scope(3);
    std::atomic<int> runs{0}, failures{0};
    const auto call = [&](int caller) {
        for (int round = 0; round < 50; ++round) try {
                parallel_for(20, [&](Index chunk) {
                    ++runs;
                    if (caller % 2 && chunk >= 7) throw caller;
                });
            } catch (int thrower) {
                if (thrower == caller) ++failures;
            }
    };
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) callers.emplace_back(call, caller);
    for (std::thread& t : callers) t.join();
    EXPECT_EQ(runs, 4 * 50 * 20);
    EXPECT_EQ(failures, 2 * 50);
}

TEST(Parallel, RefusesATeamOfNobody) {
    EXPECT_EQ(refusal_of([] { set_threads(0); }), "threads: 0 asked for; give 1 to 1024.");
}

TEST(Parallel, EndsNoProgramWhereMemoryForItsThreadsIsOut) {
    int too_few = 0;
    // Fifty are more than there are allocations.
    for (int before = 0; before < 50; ++before) {
        const WithThreads fresh(7);
        std::atomic<int> runs{0};
        const std::function<void(Index)> work = [&](Index) { ++runs; };
        fail_allocation_after(before);
        try {
            parallel_for(10, work);
            EXPECT_EQ(runs, 10) << before;
        } catch (const std::bad_alloc&) {
        } catch (const Error& e) {
            ++too_few;
            EXPECT_NE(std::string(e.what()).find(" of 7 could be started"), std::string::npos) << e.what();
        }
        fail_allocation_after(-1);
    }
    EXPECT_GE(too_few, 6);                               // one for each helper, at least
}

// Everything that sums across chunks: sums over some axes, gradients of what was broadcast, matrices.
std::vector<Real> large_sums() {
    Tensor x = variable(random_tensor({64, 30, 40}, 1)), bias = variable(random_tensor({40}, 2));
    Tensor column = variable(random_tensor({30, 1}, 3)), scale = variable(random_tensor({}, 4));
    Tensor y = (x + bias) * column * scale / (bias * bias + 1);
    Tensor z = matmul(reshape(y, {640, 120}), reshape(slice(x, {{0, 40}}), {120, 400}));
    Tensor loss = sum(y) + mean(z) + sum(mean(x, {0, 1}) * sum(y, {0, 1})) + sum(max(softmax(y), {1}));
    loss.backward();
    std::vector<Real> all{loss.item()};
    for (const Tensor& v : {x, bias, column, scale}) {
        const std::vector<Real> gradient = v.grad().values();
        all.insert(all.end(), gradient.begin(), gradient.end());
    }
    return all;
}

TEST(Parallel, SumsHaveTheSameBitsAtAnyNumberOfThreads) {
    std::vector<Real> expected;
    for (const int count : thread_counts) {
        const WithThreads scope(count);
        const std::vector<Real> sums = large_sums();
        if (expected.empty()) expected = sums;
        EXPECT_EQ(sums, expected) << count << " threads";
    }
}

TEST(SideBySide, RunsJobsAtOnceEachOnItsShareOfTheThreads) {
    const WithThreads scope(5);
    std::latch both(2);                                  // opens only if two jobs run at once
    std::vector<int> shares(2);
    side_by_side(2, 2, [&](Index i) {
        both.arrive_and_wait();
        shares[static_cast<std::size_t>(i)] = threads();
        std::latch all(threads());                       // opens only if its threads are its own
        parallel_for(threads(), [&](Index) { all.arrive_and_wait(); });
    });
    std::sort(shares.begin(), shares.end());
    EXPECT_EQ(shares, (std::vector{2, 3}));
    EXPECT_EQ(threads(), 5);
}

TEST(SideBySide, HasTheSameBitsAsOneAfterTheOther) {
    const std::vector<Real> expected = large_sums();
    const WithThreads scope(4);
    std::vector<std::vector<Real>> sums(6);
    side_by_side(3, 6, [&](Index i) { sums[static_cast<std::size_t>(i)] = large_sums(); });
    for (const std::vector<Real>& s : sums) EXPECT_EQ(s, expected);
}

TEST(SideBySide, GoesInOrderAndBeginsNothingAfterAFailure) {
    for (int jobs : {1, 2}) {
        const WithThreads scope(2);
        std::atomic<Index> begun = 0;
        try {
            side_by_side(jobs, 100, [&](Index i) {
                ++begun;
                if (i == 3) throw Error("three");
                if (i > 3) std::this_thread::sleep_for(std::chrono::milliseconds(50));
            });
            ADD_FAILURE() << "no exception";
        } catch (const Error& e) {
            EXPECT_STREQ(e.what(), "three");
        }
        EXPECT_LE(begun, 3 + jobs);
    }
    EXPECT_THROW(side_by_side(threads() + 1, 1, [](Index) {}), Error);
    EXPECT_THROW(side_by_side(0, 1, [](Index) {}), Error);
}

}  // namespace
}  // namespace deepen
