#include "engine/ranks/exchange.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "engine/error.h"
#include "engine/ranks/share.h"
#include "tests/engine/rank_threads.h"

namespace deepen {
namespace {

// Nodes that show how they were made: "(0+1)".
struct Words : ranks::Nodes {
    static constexpr std::size_t length = 400;
    std::map<ranks::TreeNode, std::string> all;

    std::size_t size() override { return length; }
    std::vector<std::byte> bytes(ranks::TreeNode node) override {
        std::vector<std::byte> padded(length);
        std::memcpy(padded.data(), all.at(node).data(), all.at(node).size());
        return padded;
    }
    void take(ranks::TreeNode node, std::span<const std::byte> bytes) override {
        all[node] = reinterpret_cast<const char*>(bytes.data());
    }
    void add(ranks::TreeNode left, ranks::TreeNode right, ranks::TreeNode sum) override {
        const std::string words = "(" + all.at(left) + "+" + all.at(right) + ")";
        all.erase(left), all.erase(right);
        all[sum] = words;
    }
};

// The sum of leaves begin .. end-1 of `leaves`, below a node.
std::string tree(Index level, Index number, Index leaves) {
    if (level == 0) return std::to_string(number);
    const std::string left = tree(level - 1, 2 * number, leaves);
    if ((2 * number + 1) << (level - 1) >= leaves) return left;
    return "(" + left + "+" + tree(level - 1, 2 * number + 1, leaves) + ")";
}

// All nodes whose leaves are all in begin .. end-1, and whose parent's are not.
Words own_nodes(Index begin, Index end, Index leaves, Index height) {
    Words words;
    const auto inside = [&](Index level, Index number) {
        return begin <= number << level && std::min((number + 1) << level, leaves) <= end && number << level < leaves;
    };
    for (Index level = 0; level <= height; ++level)
        for (Index number = 0; number << level < leaves; ++number)
            if (inside(level, number) && (level == height || !inside(level + 1, number / 2)))
                words.all[{level, number}] = tree(level, number, leaves);
    return words;
}

TEST(Exchange, AddsTheTreeOfOneProcessHoweverLeavesAreSharedOut) {
    std::mt19937 random(1);
    for (const Index leaves : {2, 3, 5, 8, 16, 21, 64})
        for (int count = 2; count <= 9; ++count) {
            std::set<Index> begins{0};
            for (int r = 1; r < count; ++r) begins.insert(std::uniform_int_distribution<Index>(1, leaves)(random));
            std::vector<Index> bounds(begins.begin(), begins.end());
            bounds.resize(static_cast<std::size_t>(count + 1), leaves);      // the last ranks without leaves
            Index height = 0;
            while ((leaves - 1) >> height > 0) ++height;
            RankThreads threads(count);
            threads.late = count % 4;
            threads.run([&](int rank) {
                const auto r = static_cast<std::size_t>(rank);
                if (bounds[r] == bounds[r + 1]) return;
                Words words = own_nodes(bounds[r], bounds[r + 1], leaves, height);
                ranks::Exchange exchange(*ranks::transport(), bounds, words, 2);
                ranks::wait_until([&] { return exchange.advance(); }, [&] { return exchange.awaited(); });
                EXPECT_EQ(words.all.at(exchange.root()), tree(height, 0, leaves))
                    << "rank " << rank << " of " << testing::PrintToString(bounds);
            });
        }
}

TEST(Exchange, SendsAsManyMessagesAsTheTreeIsHighWhereRanksAreAPowerOfTwo) {
    for (int count : {2, 4, 8, 16}) {
        RankThreads threads(count);
        threads.run([&](int rank) {
            std::vector<Index> bounds;
            for (int r = 0; r <= count; ++r) bounds.push_back(4 * r);
            Words words = own_nodes(4 * rank, 4 * rank + 4, 4 * count, 10);
            const Index before = ranks::traffic().messages;
            ranks::Exchange exchange(*ranks::transport(), bounds, words, 2);
            ranks::wait_until([&] { return exchange.advance(); }, [&] { return exchange.awaited(); });
            EXPECT_EQ(1 << (ranks::traffic().messages - before), count);
        });
    }
}

TEST(ShareOut, MakesSharesThatBeginWithALeaf) {
    EXPECT_EQ(ranks::share_out(128, 16, 3), (std::vector<Index>{0, 32, 80, 128}));
    EXPECT_EQ(ranks::share_out(80, 16, 8), (std::vector<Index>{0, 16, 32, 48, 64, 80, 80, 80, 80}));
    EXPECT_EQ(ranks::share_out(5, 4, 2), (std::vector<Index>{0, 4, 5}));
    EXPECT_EQ(ranks::share_out(5, 8, 3), (std::vector<Index>{0, 5, 5, 5}));
}

TEST(Ranks, TellEachOther) {
    for (int count : {1, 2, 3, 4, 7}) {
        RankThreads threads(count);
        threads.run([&](int rank) {
            EXPECT_EQ(ranks::sum({1, double(rank)}), (std::vector<double>{double(count), count * (count - 1) / 2.0}));
            std::string words = rank == 0 ? "of rank 0" : "";
            ranks::broadcast(words);
            EXPECT_EQ(words, "of rank 0");
            int number = rank;
            const int first = (count + 1) / 2;
            if (rank == 0 || rank >= first)
                ranks::broadcast(std::as_writable_bytes(std::span(&number, 1)), std::max(first, 1));
            EXPECT_EQ(number, rank >= first ? 0 : rank);
            EXPECT_NO_THROW(ranks::require_same("their words", "the same"));
        });
    }
}

TEST(Ranks, RefuseToGoOnWhereTheyDiffer) {
    RankThreads threads(3);
    threads.run([](int rank) {
        try {
            ranks::require_same("the settings", rank == 2 ? "batch 64" : "batch 128");
            ADD_FAILURE() << "rank " << rank;
        } catch (const Error& e) {
            EXPECT_STREQ(e.what(), "the ranks differ in the settings: rank 0 (here) and rank 2 (here).  Give all of "
                                   "them the same program, flags and data.");
        }
    });
}

TEST(Ranks, GiveUpAfterAWhile) {
    RankThreads threads(2);
    const double before = ranks::patience();
    ranks::set_patience(0.05);
    threads.run([](int rank) {
        if (rank == 1) return;                           // is gone
        try {
            ranks::sum({1});
            ADD_FAILURE() << "rank 1 has answered";
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find("no answer from rank 1 on here for 0.05 seconds"), std::string::npos);
        }
    });
    ranks::set_patience(before);
}

// A rank that sends and does not take anything: its answers are there, what we have sent it stays with us.
class Deaf : public ranks::Transport {
public:
    int rank() const override { return 0; }
    int count() const override { return 2; }
    int count_on_this_host() const override { return 2; }
    std::string host(int rank) const override { return rank == 1 ? "there" : "here"; }
    std::unique_ptr<ranks::Message> send(std::span<const std::byte>, int, int) override {
        return std::make_unique<Ended>(false);
    }
    std::unique_ptr<ranks::Message> receive(std::span<std::byte>, int, int) override {
        return std::make_unique<Ended>(true);
    }

private:
    struct Ended : ranks::Message {
        explicit Ended(bool there) : there(there) {}
        bool there;
        bool done() override { return there; }
    };
};

TEST(Ranks, NameTheOneThatDoesNotTakeTheirMessages) {
    Deaf deaf;
    const double before = ranks::patience();
    ranks::set_patience(0.01);
    ranks::set_transport(&deaf);
    const auto complaint = [](const auto& call) -> std::string {
        try {
            call();
            return "none";
        } catch (const Error& e) {
            return e.what();
        }
    };
    int number = 0;
    Words nodes = own_nodes(0, 1, 2, 1);
    for (const std::string& words :
         {complaint([] { ranks::sum({1}); }),
          complaint([&] { ranks::broadcast(std::as_writable_bytes(std::span(&number, 1))); }),
          complaint([&] {
              ranks::Exchange exchange(deaf, {0, 1, 2}, nodes, 0);
              ranks::wait_until([&] { return exchange.advance(); }, [&] { return exchange.awaited(); });
          })})
        EXPECT_EQ(words.find("no answer from rank 1 on there"), 0u) << words;
    ranks::set_transport(nullptr);
    ranks::set_patience(before);
}

}  // namespace
}  // namespace deepen
