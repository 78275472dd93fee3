#include "engine/batch_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/conv/algorithm.h"
#include "engine/ops.h"
#include "engine/ranks/share.h"
#include "tests/engine/rank_threads.h"
#include "tests/engine/threads.h"

namespace deepen {
namespace {

TEST(Leaves, CoverABatchOnceInPowersOfTwo) {
    for (Index pictures : {0, 1, 2, 3, 7, 16, 100, 128, 1000})
        for (Index size : {0, 1, 2, 5, 8, 14, 32, 1000})
            for (Index least : {1, 3, 12, 64, 5000})
                for (Index enough : {0, 20, 400}) {
                    const Leaves leaves = cut_batch(pictures, size, least, enough);
                    SCOPED_TRACE(testing::Message() << pictures << " pictures of " << size << ", at least " << least
                                                    << ", enough " << enough);
                    EXPECT_TRUE(std::has_single_bit(std::size_t(leaves.width)));
                    EXPECT_TRUE(std::has_single_bit(std::size_t(leaves.pieces)));
                    EXPECT_TRUE(leaves.width == 1 || leaves.pieces == 1);
                    EXPECT_EQ(leaves.count() == 0, pictures == 0);
                    EXPECT_EQ(leaves.begin(0), 0);
                    EXPECT_EQ(leaves.begin(leaves.count()), pictures * size);
                    for (Index leaf = 0; leaf < leaves.count(); ++leaf) {
                        EXPECT_LE(leaves.begin(leaf), leaves.end(leaf));
                        const Index picture = leaf / leaves.pieces * leaves.width;
                        if (leaf % leaves.pieces == 0) {
                            EXPECT_EQ(leaves.begin(leaf), picture * size);
                        }
                    }
                    if (leaves.count() > 1) {
                        EXPECT_GE(leaves.width * size, least * leaves.pieces);
                    }
                }
}

TEST(Leaves, AreAsManyAsTheBatchFeeds) {
    EXPECT_EQ(cut_batch(128, 1, 1, 16).count(), 16) << "no larger than leaves 16 for threads to share";
    EXPECT_EQ(cut_batch(1024, 1, 1, 16).count(), 128) << "as many of each 128 pictures";
    EXPECT_EQ(cut_batch(1024 / 4, 1, 1, 16, 16, 4).count(), 128) << "of which some lie together";
    EXPECT_EQ(cut_batch(4096, 1, 1, 4).count(), 1024) << "and no upper limit";
    EXPECT_EQ(cut_batch(4096, 1, 16, 16).count(), 256);
    EXPECT_EQ(cut_batch(1, 56, 1, 0).count(), 32) << "one picture is cut into pieces";
}

// A sum that shows how it was taken.
struct Term {
    char words[1000] = "";
    Term() = default;
    Term(const std::string& said) { said.copy(words, sizeof words - 1); }
    Term& operator+=(const Term& other) { return *this = Term("(" + std::string(words) + "+" + other.words + ")"); }
    template <class F>
    void for_numbers(F f) {
        f(words, sizeof words);
    }
};

std::string tree_of(std::vector<Index> order) {
    TreeSum<Term> sum(static_cast<Index>(order.size()));
    for (Index leaf : order) sum.add(leaf, {std::to_string(leaf)});
    return std::string(sum.total().words);
}

TEST(TreeSum, AddsNeighboursInPairsInWhateverOrderTheyCome) {
    const std::map<Index, std::string> trees = {{1, "0"}, {2, "(0+1)"}, {3, "((0+1)+2)"}, {5, "(((0+1)+(2+3))+4)"},
                                                {7, "(((0+1)+(2+3))+((4+5)+6))"}};
    std::mt19937 random(1);
    for (const auto& [leaves, tree] : trees) {
        std::vector<Index> order(static_cast<std::size_t>(leaves));
        std::iota(order.begin(), order.end(), 0);
        for (int i = 0; i < 50; ++i, std::shuffle(order.begin(), order.end(), random)) EXPECT_EQ(tree_of(order), tree);
    }
}

TEST(TreeSum, HasTheSameTreeWhenThreadsRace) {
    const auto sum = [](int count) {
        const WithThreads with(count);
        TreeSum<Term> sum(101);
        parallel_for(101, [&](Index leaf) { sum.add(leaf, {std::to_string(leaf)}); });
        return std::string(sum.total().words);
    };
    const std::string expected = sum(1);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(sum(8), expected);
}

// What several processes will do: each adds up the subtree that it owns, and the sums are added like leaves.
// Where the order of two terms matters, as it does not for numbers that are added.
struct Digits {
    double value = 0;

    Digits& operator+=(const Digits& after) {
        value = 3 * value + after.value;
        return *this;
    }
    template <class F>
    void for_numbers(F f) {
        f(&value, 1);
    }
};

TEST(TreeSum, AddsInTheSameOrderOnAnyNumberOfRanks) {
    constexpr Index pictures = 13;
    const auto total = [&](Index here, Index first) {
        const Leaves leaves = cut_batch(here, 1, 1);
        TreeSum<Digits> sums(leaves);
        for (Index leaf = 0; leaf < here; ++leaf) sums.add(leaf, {static_cast<double>(first + leaf)});
        return sums.total().value;
    };
    const double alone = total(pictures, 0);
    for (int count : {2, 3, 4, 8}) {
        const std::vector<Index> bounds = ranks::share_out(pictures, 1, count);
        RankThreads(count).run([&](int rank) {
            const ranks::Share share(bounds);
            const auto r = static_cast<std::size_t>(rank);
            EXPECT_EQ(total(bounds[r + 1] - bounds[r], bounds[r]), alone) << "rank " << rank << " of " << count;
        });
    }
}

TEST(TreeSum, OfSubtreesIsTheSumOfTheTree) {
    for (Index leaves : {16, 13}) {
        std::vector<Index> all(static_cast<std::size_t>(leaves));
        std::iota(all.begin(), all.end(), 0);
        for (Index width : {2, 4, 8}) {
            TreeSum<Term> whole((leaves + width - 1) / width);
            for (Index first = 0; first < leaves; first += width) {
                const Index last = std::min(first + width, leaves);
                TreeSum<Term> part(last - first);
                for (Index leaf = first; leaf < last; ++leaf) part.add(leaf - first, {std::to_string(leaf)});
                whole.add(first / width, part.total());
            }
            EXPECT_EQ(std::string(whole.total().words), tree_of(all)) << width << " leaves each of " << leaves;
        }
    }
}

TEST(RangeSums, AddARangeAtATimeWithinALeafAndTheTreeAcross) {
    const auto sum = [](std::vector<std::pair<Index, Index>> ranges) {
        RangeSums<Term> sums(4, 40);
        std::reverse(ranges.begin(), ranges.end());
        for (const auto& [begin, end] : ranges) sums.add(begin, end, {std::to_string(begin)});
        return std::string(sums.total().words);
    };
    EXPECT_EQ(sum({{0, 10}, {10, 20}, {20, 30}, {30, 40}}), "((0+10)+(20+30))");
    EXPECT_EQ(sum({{0, 5}, {5, 10}, {10, 20}, {20, 40}}), "(((0+5)+10)+20)") << "pictures 2 and 3 are one range";
    EXPECT_EQ(sum({{0, 5}, {5, 10}, {10, 20}, {20, 30}, {30, 40}}), "(((0+5)+10)+(20+30))");
    EXPECT_EQ(sum({{0, 15}, {15, 30}, {30, 40}}), "((0+15)+30)") << "one leaf, as a range lies across every cut";
    EXPECT_EQ(sum({{0, 40}}), "0");
}

// So that an eighth of the batch can be summed elsewhere, moments and all: no algorithm writes a range across its
// borders.
TEST(Convolution, WritesNoRangeAcrossAnEighthOfABatch) {
    const std::vector<std::pair<Shape, ConvOptions>> layers = {
        {{32, 32, 3, 16, 3}, {.padding = 1}}, {{32, 32, 16, 16, 3}, {.padding = 1}},
        {{32, 32, 16, 32, 3}, {.stride = 2, .padding = 1}}, {{16, 16, 32, 32, 3}, {.padding = 1}},
        {{8, 8, 64, 64, 3}, {.padding = 1}}, {{16, 16, 32, 64, 1}, {.stride = 2}}, {{8, 8, 32, 64, 1}, {}}};
    constexpr Index batch = 128, eighth = batch / 8;
    for (auto [sizes, options] : layers)
        for (ConvAlgorithm id : {ConvAlgorithm::im2col, ConvAlgorithm::pointwise, ConvAlgorithm::winograd,
                                 ConvAlgorithm::direct}) {
            const Shape x_shape{batch, sizes[0], sizes[1], sizes[2]}, w_shape{sizes[4], sizes[4], sizes[2], sizes[3]};
            const ConvGeometry g = conv_geometry(x_shape, w_shape, options);
            options.algorithm = id;
            const Tensor x = Tensor::ones(x_shape), w = Tensor::ones(w_shape);
            const auto expect_cut = [&](const RangeList& ranges, Index picture, const char* what) {
                EXPECT_FALSE(ranges.sorted().empty());
                for (const auto& [begin, end] : ranges.sorted())
                    EXPECT_EQ(begin / (eighth * picture), (end - 1) / (eighth * picture))
                        << what << " " << begin << " .. " << end << " of " << x_shape << " by " << w_shape
                        << ", algorithm " << int(id);
            };
            const ConvolutionAlgorithm* algorithm = nullptr;
            try {
                algorithm = &choose_convolution(g, id);
            } catch (const std::exception&) {
                continue;                                // does not suit
            }
            Tensor y = Tensor::zeros({batch, g.out_height, g.out_width, g.out_channels}), dx = Tensor::zeros(x_shape);
            Tensor dw = Tensor::zeros(w_shape);
            RangeList of_y, of_dx;
            algorithm->forward(g, x, w.data().data(), {.data = y.data().data(), .ranges = &of_y});
            algorithm->backward(g, x, w.data().data(), std::as_const(y),
                                {.data = dx.data().data(), .ranges = &of_dx}, dw.data().data());
            expect_cut(of_y, g.out_positions() * g.out_channels, "y");
            expect_cut(of_dx, g.picture_size(), "dx");
        }
}

}  // namespace
}  // namespace deepen
