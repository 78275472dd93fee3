#include "resnet/report/panels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/resnet/training/invented.h"

namespace deepen {
namespace {

// The top of the paper's axes for plain nets that end with these training errors, and test errors two points higher.
double zoom(const std::vector<double>& ends) {
    Experiment runs;
    for (double end : ends) runs.push_back(invented_run("plain", 8 + 6 * int(runs.size()), 1, {0.9, end}));
    return zoomed_axes_of(panels_of(runs)).top;
}

TEST(Zoom, IsThePapersWhereTheNetsGetThere) {
    EXPECT_EQ(zoom({0.18}), 20);
    EXPECT_EQ(zoom({0.01, 0.05, 0.179}), 20);
}

TEST(Zoom, GrowsWithTheEndsOfShortRuns) {
    EXPECT_EQ(zoom({0.01, 0.19}), 25);
    EXPECT_EQ(zoom({0.45, 0.796, 0.47, 0.38}), 100);  // the demo's: no net is left out
    EXPECT_EQ(zoom({0.45, 0.56}), 60);
}

TEST(Zoom, LeavesOneNetInFiveAboveIfThatHalvesTheAxis) {
    EXPECT_EQ(zoom({0.01, 0.02, 0.03, 0.65}), 80);  // one in four
    EXPECT_EQ(zoom({0.01, 0.02, 0.03, 0.04, 0.65}), 20);
    EXPECT_EQ(zoom({0.01, 0.02, 0.03, 0.04, 0.22}), 25);                        // it would win little
    EXPECT_EQ(zoom({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.21, 0.85}), 25);  // one is enough, of two allowed
}

TEST(Zoom, WaitsForNoUnfinishedRun) {
    const Experiment finished{invented_run("plain", 20, 1, {0.9, 0.1})}, others{invented_run("plain", 56, 1, {0.85})};
    EXPECT_EQ(zoomed_axes_of(panels_of(finished, others)).top, 20);
    EXPECT_EQ(zoomed_axes_of(panels_of({}, others)).top, 100);
}

TEST(Tics, AreRoundNumbersAndAtMostSeven) {
    EXPECT_EQ(tics(64'000), (std::vector<Index>{0, 10'000, 20'000, 30'000, 40'000, 50'000, 60'000}));
    EXPECT_EQ(tics(8000), (std::vector<Index>{0, 2000, 4000, 6000, 8000}));
    EXPECT_EQ(tics(1), (std::vector<Index>{0, 1}));
    for (Index last = 1; last < 3000; ++last) {
        EXPECT_GE(tics(last).size(), 2u) << last;
        EXPECT_LE(tics(last).size(), 7u) << last;
    }
}

TEST(Labels, StandWhereTheirLinesEndIfThereIsRoom) {
    EXPECT_EQ(label_heights({10, 3, 17}, 20, 2), (std::vector<double>{10, 3, 17}));
}

TEST(Labels, MoveApartByAsMuchAsTheyWouldOverlapAroundWhereTheyBelong) {
    EXPECT_EQ(label_heights({10, 10}, 20, 2), (std::vector<double>{9, 11}));
    EXPECT_EQ(label_heights({10, 9, 11}, 20, 2), (std::vector<double>{10, 8, 12}));
    EXPECT_EQ(label_heights({5, 6, 7.5}, 20, 2),
              (std::vector<double>{4.166666666666667, 6.166666666666667, 8.166666666666668}));
}

TEST(Labels, StayBetweenTheAxesEnds) {
    EXPECT_EQ(label_heights({0, 0.5, 0.2}, 20, 2), (std::vector<double>{0, 4, 2}));
    EXPECT_EQ(label_heights({20, 50}, 20, 2), (std::vector<double>{18, 20}));
    EXPECT_EQ(label_heights({NAN, 1}, 20, 2), (std::vector<double>{0, 2}));
    EXPECT_EQ(label_heights({}, 20, 2), std::vector<double>());
}

}  // namespace
}  // namespace deepen
