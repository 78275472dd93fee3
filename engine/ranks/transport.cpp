#include "engine/ranks/transport.h"

#include <chrono>
#include <cstdint>
#include <thread>

#include "engine/error.h"

namespace deepen::ranks {
namespace {

thread_local Transport* ours = nullptr;
double seconds_of_patience = 60;

// Exchanges within a step have even tags (share.cpp).
constexpr int tag_of_sums = 1, tag_of_broadcasts = 3;
constexpr std::size_t longest_difference = 2000;         // bytes

template <class Number>
std::span<std::byte> bytes_of(std::vector<Number>& numbers) {
    return std::as_writable_bytes(std::span(numbers));
}

void wait_for(Message& message, int from) {
    wait_until([&] { return message.done(); }, [&] { return from; });
}

}  // namespace

void set_transport(Transport* transport) { ours = transport; }
Transport* transport() { return ours; }
int count() { return ours ? ours->count() : 1; }
int rank() { return ours ? ours->rank() : 0; }
void set_patience(double seconds) { seconds_of_patience = seconds; }
double patience() { return seconds_of_patience; }

Traffic& traffic() {
    thread_local Traffic all;
    return all;
}

// Most answers come within microseconds, and a processor that sleeps is slow to wake; but where ranks outnumber
// processors, the one that is waited for needs ours.
void wait_until(const std::function<bool()>& done, const std::function<int()>& awaited,
                const std::function<void()>& others) {
    using Clock = std::chrono::steady_clock;
    using Seconds = std::chrono::duration<double>;
    const auto start = Clock::now();
    const auto waited = [&] { return Seconds(Clock::now() - start).count(); };
    for (double now = 0; !done(); now = waited()) {
        others();
        if (now > 0.002) std::this_thread::sleep_for(std::chrono::microseconds(100));
        else std::this_thread::yield();
        if (now < seconds_of_patience) continue;
        throw Error(text("no answer from rank ", awaited(), ours ? " on " + ours->host(awaited()) : "", " for ",
                         seconds_of_patience, " seconds: it, its machine or the way to it is gone.  The same command "
                         "goes on from the last checkpoint."));
    }
    traffic().waited += waited();
}

std::vector<double> sum(std::vector<double> numbers) {
    if (count() == 1) return numbers;
    const std::size_t size = numbers.size();
    std::vector<std::vector<double>> all(static_cast<std::size_t>(count()), std::vector<double>(size));
    all[static_cast<std::size_t>(rank())] = numbers;
    std::vector<std::pair<int, std::unique_ptr<Message>>> sent;
    for (int other = 0; other < count(); ++other)
        if (other != rank()) sent.emplace_back(other, ours->send(bytes_of(numbers), other, tag_of_sums));
    std::vector<double> total(size);
    for (int from = 0; from < count(); ++from) {
        std::vector<double>& theirs = all[static_cast<std::size_t>(from)];
        if (from != rank()) {
            const auto message = ours->receive(bytes_of(theirs), from, tag_of_sums);
            wait_for(*message, from);
        }
        for (std::size_t i = 0; i < size; ++i) total[i] += theirs[i];
    }
    for (const auto& [to, message] : sent) wait_for(*message, to);
    return total;
}

// In a tree: who has it gives it to one more, then both do, and so on.
void broadcast(std::span<std::byte> bytes, int first) {
    const int group = count() - first + 1;               // rank 0 and the others, counted 0, 1, 2, ...
    const int me = rank() == 0 ? 0 : rank() - first + 1;
    const auto rank_of = [&](int member) { return member == 0 ? 0 : member + first - 1; };
    std::vector<std::pair<int, std::unique_ptr<Message>>> sent;
    for (int have = 1; have < group; have *= 2) {
        if (me < have && me + have < group) {
            const int to = rank_of(me + have);
            sent.emplace_back(to, ours->send(bytes, to, tag_of_broadcasts));
        } else if (me >= have && me < 2 * have) {
            const auto message = ours->receive(bytes, rank_of(me - have), tag_of_broadcasts);
            wait_for(*message, rank_of(me - have));
        }
    }
    for (const auto& [to, message] : sent) wait_for(*message, to);
}

void broadcast(std::string& text) {
    if (count() == 1) return;
    std::uint64_t size = text.size();
    broadcast(std::as_writable_bytes(std::span(&size, 1)));
    text.resize(size);
    broadcast(std::as_writable_bytes(std::span(text.data(), text.size())));
}

void require_same(const std::string& what, const std::string& said,
                  const std::function<std::string(const std::string&, const std::string&)>& difference) {
    if (count() == 1) return;
    std::string first = said;
    broadcast(first);
    std::vector<double> differs(static_cast<std::size_t>(count()));
    differs[static_cast<std::size_t>(rank())] = first != said;
    differs = sum(std::move(differs));
    std::string who, how;
    int one = 0;                                         // that differs
    for (int r = count() - 1; r > 0; --r)
        if (differs[static_cast<std::size_t>(r)] > 0)
            who = text(r, " (", ours->host(r), ")", who.empty() ? "" : ", ", who), one = r;
    if (who.empty()) return;

    if (difference) {                                    // as that rank tells it
        std::vector<char> words(longest_difference);
        if (rank() == one) how = difference(first, said), how.copy(words.data(), words.size() - 1);
        const auto bytes = std::as_writable_bytes(std::span(words));
        if (rank() == one) wait_for(*ours->send(bytes, 0, tag_of_sums), 0);
        if (rank() == 0) wait_for(*ours->receive(bytes, one, tag_of_sums), one);
        how = text(".  Rank ", one, " finds that ", words.data());
    }
    throw Error(text("the ranks differ in ", what, ": rank 0 (", ours->host(0), ") and rank ", who, how,
                     ".  Give all of them the same program, flags and data."));
}

}  // namespace deepen::ranks
