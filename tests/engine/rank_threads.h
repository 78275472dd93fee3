// Runs ranks as threads of one process: their messages go through memory, and may be late.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/ranks/transport.h"

namespace deepen {

class RankThreads {
public:
    explicit RankThreads(int count) : count_(count) {}

    // Calls work(rank) on `count` threads at once; the first exception, by rank, reaches the caller.
    template <class Work>
    void run(Work work) {
        std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count_));
        std::vector<std::thread> threads;
        for (int rank = 0; rank < count_; ++rank)
            threads.emplace_back([&, rank] {
                End end(*this, rank);
                ranks::set_transport(&end);
                try {
                    work(rank);
                } catch (...) {
                    failures[static_cast<std::size_t>(rank)] = std::current_exception();
                }
                ranks::set_transport(nullptr);
            });
        for (std::thread& thread : threads) thread.join();
        for (const std::exception_ptr& failure : failures)
            if (failure) std::rethrow_exception(failure);
    }

    int late = 0;                                        // a message is there when it has been asked for so often

private:
    using Way = std::tuple<int, int, int>;               // from, to, tag

    struct Sent : ranks::Message {
        bool done() override { return true; }
    };

    struct Received : ranks::Message {
        Received(RankThreads& all, Way way, std::span<std::byte> to) : all(all), way(way), to(to) {}
        RankThreads& all;
        Way way;
        std::span<std::byte> to;
        int asked = 0;
        bool there = false;

        bool done() override {
            if (there) return true;
            if (++asked <= all.late) return false;
            const std::lock_guard lock(all.mutex_);
            auto& waiting = all.mail_[way];
            if (waiting.empty()) return false;
            if (waiting.front().size() != to.size()) throw std::logic_error("a message of another size came");
            std::copy(waiting.front().begin(), waiting.front().end(), to.begin());
            waiting.pop_front();
            return there = true;
        }
    };

    class End : public ranks::Transport {
    public:
        End(RankThreads& all, int rank) : all_(all), rank_(rank) {}
        int rank() const override { return rank_; }
        int count() const override { return all_.count_; }
        int count_on_this_host() const override { return all_.count_; }
        std::string host(int) const override { return "here"; }
        std::unique_ptr<ranks::Message> send(std::span<const std::byte> bytes, int to, int tag) override {
            const std::lock_guard lock(all_.mutex_);
            all_.mail_[{rank_, to, tag}].emplace_back(bytes.begin(), bytes.end());
            return std::make_unique<Sent>();
        }
        std::unique_ptr<ranks::Message> receive(std::span<std::byte> bytes, int from, int tag) override {
            return std::make_unique<Received>(all_, Way(from, rank_, tag), bytes);
        }

    private:
        RankThreads& all_;
        const int rank_;
    };

    const int count_;
    std::mutex mutex_;
    std::map<Way, std::deque<std::vector<std::byte>>> mail_;
};

}  // namespace deepen
