#include <gtest/gtest.h>

#include "engine/shape.h"
#include "tests/engine/refusal.h"

namespace deepen {
namespace {

TEST(Shape, CountsElementsAndPrintsItself) {
    EXPECT_EQ(Shape({8, 32, 32, 3}).size(), 24576);
    EXPECT_EQ(Shape({8, 32, 32, 3}).str(), "[8,32,32,3]");
    EXPECT_EQ(Shape({4, 0, 2}).size(), 0);
}

TEST(Shape, HasRowsAlongItsLastAxis) {
    EXPECT_EQ(Shape({8, 32, 32, 3}).row(), 3);
    EXPECT_EQ(Shape({7}).row(), 7);
    EXPECT_EQ(Shape().row(), 1);
}

TEST(Shape, OfNoAxesIsAScalar) {
    EXPECT_EQ(Shape().rank(), 0);
    EXPECT_EQ(Shape().size(), 1);
    EXPECT_EQ(Shape().str(), "[]");
}

TEST(Shape, CountsAxesFromEitherEnd) {
    Shape s{2, 3, 5};
    EXPECT_EQ(s[0], 2);
    EXPECT_EQ(s[-1], 5);
    s.set(-2, 7);
    EXPECT_EQ(s, (Shape{2, 7, 5}));
    EXPECT_EQ(normalise_axis("test", -3, s), 0);
}

TEST(Shape, DiffersInRankOrInAnyLength) {
    EXPECT_FALSE((Shape{2, 3}) == (Shape{2, 3, 1}));
    EXPECT_FALSE((Shape{2, 3}) == (Shape{3, 2}));
    EXPECT_FALSE(Shape{} == Shape{1});
}

TEST(Shape, RefusesWhatIsNone) {
    EXPECT_EQ(refusal_of([] { Shape({2, -1}); }), "shape: negative axis length in [2,-1].");
    EXPECT_EQ(refusal_of([] { Shape({1, 2, 3, 4, 5, 6, 7}); }),
              "shape: 7 axes asked for; at most 6 are supported.  Reshape the data to fewer axes.");
    EXPECT_EQ(refusal_of([] { Shape({Index{1} << 40, Index{1} << 40}); }),
              "shape: [1099511627776,1099511627776] has more elements than fit into 64 bits.");
    EXPECT_EQ(refusal_of([] { (void)Shape({2, 3})[2]; }), "shape: axis 2 asked of [2,3], which has 2 axes.");
    EXPECT_EQ(refusal_of([] { normalise_axis("sum", -3, {2, 3}); }),
              "sum: axis -3 does not exist in [2,3].  Axes run from 0 to 1, or from -1 backwards.");
}

TEST(Broadcasting, AlignsTheLastAxes) {
    EXPECT_EQ(broadcast_shapes("test", {2, 3, 4}, {4}), (Shape{2, 3, 4}));
    EXPECT_EQ(broadcast_shapes("test", {2, 1, 4}, {3, 1}), (Shape{2, 3, 4}));
    EXPECT_EQ(broadcast_shapes("test", {}, {5, 6}), (Shape{5, 6}));
    EXPECT_EQ(broadcast_shapes("test", {1}, {0, 3}), (Shape{0, 3}));
}

TEST(Broadcasting, RefusesLengthsThatNeitherAgreeNorAreOne) {
    EXPECT_EQ(refusal_of([] { broadcast_shapes("add", {2, 3, 4}, {3}); }),
              "add: shapes [2,3,4] and [3] do not broadcast: aligned from the last axis, lengths must be equal or one "
              "of them 1, but axis -1 has 4 and 3.  Reshape one of them.");
    EXPECT_NE(refusal_of([] { broadcast_shapes("add", {0, 2}, {3, 2}); }).find("axis -2 has 0 and 3"),
              std::string::npos);
}

}  // namespace
}  // namespace deepen
