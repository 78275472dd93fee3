#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "engine/memory.h"
#include "engine/tensor.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Memory, CountsWhatIsInUseAndTheMostThatWas) {
    const auto before = memory::statistics().live_bytes;
    memory::reset_peak();
    {
        const Tensor t = Tensor::zeros({1000});
        EXPECT_GE(memory::statistics().live_bytes, before + 1000 * sizeof(Real));
    }
    EXPECT_EQ(memory::statistics().live_bytes, before);
    EXPECT_GE(memory::statistics().peak_bytes, before + 1000 * sizeof(Real));
    memory::reset_peak();
    EXPECT_EQ(memory::statistics().peak_bytes, before);
}

TEST(Memory, HandsFreedBlocksOutAgain) {
    memory::release_cached();
    const Real* first;
    {
        Storage block(12345);
        first = block.data();
    }
    EXPECT_GE(memory::statistics().cached_bytes, 12345 * sizeof(Real));
    Storage again(12345);
    EXPECT_EQ(again.data(), first);
    EXPECT_EQ(memory::statistics().cached_bytes, 0u);
}

// Found without a look at each: with one, this would take minutes.
TEST(Memory, HandsAThreadItsOwnBlocksHoweverManyOthersWereFreedSince) {
    memory::release_cached();
    std::vector<std::unique_ptr<Storage>> others;
    for (int i = 0; i < 100000; ++i) others.push_back(std::make_unique<Storage>(101));    // blocks of equal length
    std::unique_ptr<Storage> block = std::make_unique<Storage>(100);
    const Real* mine = block->data();
    block.reset();
    std::thread([&] { others.clear(); }).join();
    Storage again(100);
    EXPECT_EQ(again.data(), mine);
    for (int i = 0; i < 100000; ++i) others.push_back(std::make_unique<Storage>(101));
    others.clear();
    memory::release_cached();
}

TEST(Memory, DoesNotSpendALargeBlockOnASmallStorage) {
    memory::release_cached();
    { Storage large(100000); }
    const auto cached = memory::statistics().cached_bytes;
    Storage small(100);
    EXPECT_EQ(memory::statistics().cached_bytes, cached);
    memory::release_cached();
    EXPECT_EQ(memory::statistics().cached_bytes, 0u);
}

TEST(Memory, PoisonFillsNewStoragesWithNaN) {
    const bool before = memory::poison(true);
    const Tensor poisoned = Tensor::uninitialised({100});
    EXPECT_TRUE(memory::poison(before));
    for (Real v : poisoned.data()) EXPECT_TRUE(std::isnan(v));
}

TEST(Memory, FailsOnceWhenAsked) {
    memory::fail_after(1);
    Storage first(100);
    EXPECT_EQ(refusal_of([] { Storage second(100); }).find("out of memory: "), 0u);
    EXPECT_EQ(refusal_of([] { Storage third(100); }), nothing_refused);
}

TEST(Memory, RefusesMoreThanThereCanBe) {
    EXPECT_EQ(refusal_of([] { Storage storage(Index{1} << 62); }),
              "memory: 4611686018427387904 elements cannot be stored.");
    const std::string message = refusal_of([] { Storage storage(Index{1} << 50); });
    EXPECT_EQ(message.find("out of memory: "), 0u) << message;
    EXPECT_NE(message.find("Try a smaller batch or a smaller net."), std::string::npos) << message;
}

}  // namespace
}  // namespace deepen
