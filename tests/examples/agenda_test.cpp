// Is it said how long several experiments take, and does what is left stay true?
#include "examples/common/agenda.h"

#include <gtest/gtest.h>

#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Agenda, SaysWhatEachPartTakesAndWhatAllTake) {
    const Agenda agenda({{"signal", 41}, {"12 nets", 120, "to train, for lesion"}, {"lesion", 19}});
    EXPECT_EQ(agenda.plan(2),
              "plan, timed just now on 2 threads; what an earlier command has measured is not measured again:\n"
              "  signal      0:41\n"
              "  12 nets     2:00  to train, for lesion\n"
              "  lesion      0:19\n"
              "  total       3:00\n");
    EXPECT_EQ(agenda.remaining(), "in all: 3:00 remaining");
}

TEST(Agenda, HasNothingToSayOfOnePart) {
    const Agenda agenda({{"signal", 41}});
    EXPECT_EQ(agenda.plan(1) + agenda.remaining(), "");
}

TEST(Agenda, CorrectsWhatIsLeftByHowLongPartsTook) {
    Agenda agenda({{"a", 1000}, {"b", 500}});
    agenda.advance("a", 600, 1200);
    EXPECT_NEAR(agenda.seconds_remaining(), 2 * 900, 50);
    EXPECT_NEAR(agenda.seconds_remaining("b"), 2 * 500, 50);
    agenda.finish("a");
    EXPECT_NEAR(agenda.seconds_remaining(), 2 * 500, 50);
    EXPECT_THROW(agenda.advance("c", 1, 1), InternalError);
}

}  // namespace
}  // namespace deepen
