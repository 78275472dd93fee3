// Do functions on ranges add up to one?
#include "engine/ranges.h"

#include <gtest/gtest.h>

namespace deepen {
namespace {

TEST(RangeFunctions, InTurnWorkOnWhatTheOneBeforeLeft) {
    const Real first = 0, second = 0;
    const RangeFunction twice{[](Index begin, Index end, const Real* from, Real* to) {
        for (Index i = 0; i < end - begin; ++i) to[i] = 2 * from[i];
    }, {&first}, 4};
    const RangeFunction plus_index{[](Index begin, Index end, const Real* from, Real* to) {
        for (Index i = begin; i < end; ++i) to[i - begin] = from[i - begin] + Real(i);
    }, {&second}, 6};
    const RangeFunction both = in_turn({twice, plus_index});
    EXPECT_EQ(both.unit, 12);
    EXPECT_EQ(both.reads, (std::vector<const Real*>{&first, &second}));

    const std::vector<Real> from{1, 2, 3};
    std::vector<Real> to(3), in_place = from;
    both.run(12, 15, from.data(), to.data());
    both.run(12, 15, in_place.data(), in_place.data());
    EXPECT_EQ(to, (std::vector<Real>{14, 17, 20}));
    EXPECT_EQ(in_place, to);
}

TEST(RangeFunctions, OfWhichThereAreNoneAreNone) {
    EXPECT_FALSE(in_turn({}));
    EXPECT_EQ(in_turn({}).unit, 1);
}

}  // namespace
}  // namespace deepen
