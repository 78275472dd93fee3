#include "resnet/report/plan.h"

#include <gtest/gtest.h>

#include <map>

#include "resnet/data/data_path.h"
#include "tests/engine/threads.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// 70 pictures in batches of 16: four steps and one of 6 pictures per epoch.
const DataSplits& pictures() {
    static const DataSplits data = load_data("synthetic", {.train_count = 70, .test_count = 20});
    return data;
}

Recipe small_recipe(const std::string& model = "plain8", std::uint64_t seed = 1) {
    return {.model = {.name = model, .width = 2},
            .training = {.epochs = 3, .batch = 16, .schedule = {.base = 0.05}, .seed = seed}};
}

// Every file below `folder`, with its content.
std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        all[entry.path().string()] = entry.is_regular_file() ? read_text_file(entry.path()) : "";
    return all;
}

// A clock by which a step takes one second, then two, then three ...
struct Slowing {
    double now = 0, step = 0;
    int asked = 0;
    Clock clock() {
        return [this] { return now += asked++ % 2 ? ++step : 0; };
    }
};

TEST(Plan, TimesStepsButTheFirstAndTakesTheMedian) {
    Slowing slowing;
    const PictureCost cost = time_net(small_recipe(), pictures(), {.steps = 3, .clock = slowing.clock()});
    EXPECT_DOUBLE_EQ(cost.train, 3. / 16);               // of 2, 3 and 4 seconds, after 1 that is not counted
    // 5 is not counted; of 6, 7 and 8 seconds, for batches of 4, 16 and 4 pictures: 1.5, 0.4375 and 2
    EXPECT_DOUBLE_EQ(cost.test, 1.5);
}

TEST(Plan, TimesWhatWouldDiverge) {
    Recipe r = small_recipe();
    r.training.schedule.base = 1e30;
    EXPECT_GT(time_net(r, pictures()).train, 0);
}

TEST(Plan, TimesNetsOnSetsSmallerThanABatch) {
    const DataSplits few = load_data("synthetic", {.train_count = 10, .test_count = 0});
    const PictureCost cost = time_net(small_recipe(), few);
    EXPECT_GT(cost.train, 0);
    EXPECT_EQ(cost.test, 0);
}

TEST(Plan, CountsPicturesAndTestsThatAreLeft) {
    const PlannedRun whole = planned_run(small_recipe(), pictures(), {});
    EXPECT_EQ(whole.iterations, 15);
    EXPECT_EQ(whole.iterations_left, 15);
    EXPECT_EQ(whole.pictures_left, 210);
    EXPECT_EQ(whole.tests_left, 3);

    // After one epoch and two steps.
    const TrainingState state{.iteration = 7, .history = {{.epoch = 1}}};
    const PlannedRun begun = planned_run(small_recipe(), pictures(), state);
    EXPECT_EQ(begun.iterations_left, 8);
    EXPECT_EQ(begun.pictures_left, 210 - 70 - 32);
    EXPECT_EQ(begun.tests_left, 2);

    Recipe cut = small_recipe();
    cut.training.max_iterations = 6;                     // an epoch and a step
    const PlannedRun shorter = planned_run(cut, pictures(), {});
    EXPECT_EQ(shorter.iterations, 6);
    EXPECT_EQ(shorter.pictures_left, 70 + 16);
    EXPECT_EQ(shorter.tests_left, 2);
}

TEST(Plan, CountsEvaluation) {
    PlannedRun run = planned_run(small_recipe(), pictures(), {});
    run.cost = {.train = 0.5, .test = 0.1};
    EXPECT_DOUBLE_EQ(run.seconds(), 210 * 0.5 + 3 * 20 * 0.1);
}

// Finished, begun, and not begun.
TEST(Plan, LooksAtWhatIsThereAndWritesNothing) {
    const Scratch scratch;
    const std::vector<Recipe> recipes = {small_recipe("plain8"), small_recipe("resnet8"), small_recipe("plain14")};
    train_into(scratch / "plain8-seed1", recipes[0], pictures());
    int steps = 0;
    Observer stops;
    stops.step = [&](const StepReport&) { ++steps; };
    stops.stop = [&] { return steps == 7; };
    train_into(scratch / "resnet8-seed1", recipes[1], pictures(), stops);
    const auto before = files_below(scratch.folder());

    std::vector<PlannedRun> runs = runs_in(scratch.folder(), recipes, pictures());
    time_nets(runs, recipes, pictures());
    EXPECT_TRUE(runs[0].finished);
    EXPECT_EQ(runs[0].seconds(), 0);
    EXPECT_EQ(runs[0].history.size(), 3u);
    EXPECT_FALSE(runs[1].finished);
    EXPECT_EQ(runs[1].iterations_left, 8);
    EXPECT_EQ(runs[1].history.size(), 1u);
    EXPECT_EQ(runs[2].iterations_left, 15);
    EXPECT_GT(runs[2].seconds(), 0);
    EXPECT_EQ(files_below(scratch.folder()), before);
}

TEST(Plan, RefusesRunsWithOtherSettings) {
    const Scratch scratch;
    train_into(scratch / "plain8-seed1", small_recipe(), pictures());
    Recipe other = small_recipe();
    other.training.schedule.base = 0.1;
    EXPECT_NE(refusal_of([&] { runs_in(scratch.folder(), {other}, pictures()); }).find("other settings"),
              std::string::npos);
}

TEST(Plan, TimesANetOfSeveralSeedsOnce) {
    Slowing slowing;
    const std::vector<Recipe> recipes = {small_recipe("plain8", 1), small_recipe("plain8", 2)};
    std::vector<PlannedRun> runs;
    for (const Recipe& r : recipes) runs.push_back(planned_run(r, pictures(), {}));
    time_nets(runs, recipes, pictures(), 1, {.steps = 3, .clock = slowing.clock()});
    EXPECT_EQ(slowing.asked, 16);                        // twice a step and a test batch
    EXPECT_DOUBLE_EQ(runs[1].cost.train, runs[0].cost.train);
}

// By a clock on which each step of each net takes a second, whatever else runs.
TEST(Plan, CountsAShareOfTheMachineWhereNetsAreSideBySide) {
    const WithThreads scope(2);
    thread_local double now = 0;
    const Timing timing{.steps = 3, .clock = [] { return now += 0.5; }};
    const std::vector<Recipe> recipes = {small_recipe("plain8")};
    std::vector<PlannedRun> alone = {planned_run(recipes[0], pictures(), {})}, together = alone;
    time_nets(alone, recipes, pictures(), 1, timing);
    time_nets(together, recipes, pictures(), 2, timing);
    EXPECT_GT(alone[0].cost.train, 0);
    EXPECT_DOUBLE_EQ(together[0].cost.train, alone[0].cost.train / 2);
    EXPECT_DOUBLE_EQ(together[0].cost.test, alone[0].cost.test / 2);
}

// --- in words --------------------------------------------------------------------------------------------

std::vector<PlannedRun> three_runs(double per_picture) {
    const std::vector<Recipe> recipes = {small_recipe("plain8"), small_recipe("plain14"), small_recipe("resnet14")};
    std::vector<PlannedRun> runs;
    for (const Recipe& r : recipes) runs.push_back(planned_run(r, pictures(), {}));
    runs[0].finished = true, runs[0].pictures_left = runs[0].tests_left = 0;
    runs[1].iterations_left = 5, runs[1].pictures_left = 70, runs[1].tests_left = 1;
    for (PlannedRun& run : runs) run.cost = {.train = per_picture, .test = 0.1};
    return runs;
}

TEST(Plan, SaysRunByRunAndInTotalWhatItTakes) {
    EXPECT_EQ(plan_text(three_runs(0.5), 2),
              "plan, from 3 training steps and 3 test batches of each net, timed just now on 2 threads:\n"
              "  plain8-seed1    finished before\n"
              "  plain14-seed1        0:37  5 of 15 steps of 8 s, 1 test of 2 s\n"
              "  resnet14-seed1       1:51  15 steps of 8 s, 3 tests of 2 s\n"
              "  total                2:28\n");
}

TEST(Plan, SaysWhetherSideBySideIsFaster) {
    const std::string plan = plan_text(three_runs(0.25), 2, 2);
    EXPECT_NE(plan.find("on 2 threads, 2 nets side by side:\n"), std::string::npos) << plan;
    EXPECT_NE(plan.find("  plain14-seed1        0:39  5 of 15 steps of 8 s, 1 test of 4 s\n"), std::string::npos)
        << plan;
    EXPECT_EQ(jobs_text(three_runs(0.5), 1, three_runs(0.25), 2),
              "  2 nets side by side (--jobs 2): 1:57; faster here than one net at a time\n");
    EXPECT_EQ(jobs_text(three_runs(0.25), 2, three_runs(0.5), 1),
              "  one net at a time (--jobs 1): 2:28; 2 nets side by side are faster here\n");
}

TEST(Plan, SaysPastAnHourHowToGoOn) {
    const std::string words = "the same command goes on from the last checkpoint.\n";
    EXPECT_EQ(plan_text(three_runs(10), 1).find(words), std::string::npos);
    EXPECT_NE(plan_text(three_runs(15), 1).find(words), std::string::npos);
    EXPECT_NE(plan_text(three_runs(15), 1).find("on 1 thread:"), std::string::npos);
    EXPECT_NE(plan_text(three_runs(15), 1).find("1:10:08\n"), std::string::npos) << plan_text(three_runs(15), 1);
}

TEST(Plan, SaysWhenNothingIsLeft) {
    std::vector<PlannedRun> runs = three_runs(1);
    runs.resize(1);
    EXPECT_EQ(plan_text(runs, 2), "plan: every run is finished already; nothing is left to train\n");
    runs = three_runs(1);
    for (PlannedRun& run : runs) run.elsewhere = !run.finished;
    EXPECT_EQ(plan_text(runs, 2), "plan: nothing is left to train in this share; 2 runs are left to others\n");
}

// --- the time remaining ----------------------------------------------------------------------------------

TEST(Forecast, BeginsWithThePlan) {
    const Forecast forecast(three_runs(0.5));
    EXPECT_DOUBLE_EQ(forecast.seconds_remaining(), 37 + 111);
    EXPECT_DOUBLE_EQ(forecast.seconds_remaining(2), 111);
    EXPECT_EQ(forecast.share(0), 1);
    EXPECT_NEAR(forecast.share(1), 2. / 3, 0.01);
    EXPECT_EQ(forecast.share(2), 0);
}

// Planned for a thousand seconds, of which each takes two.
TEST(Forecast, FollowsTheSpeedThatIsMeasured) {
    std::vector<PlannedRun> runs = three_runs(0.5);
    runs[2].cost = {.train = 10, .test = 0};
    Forecast forecast(runs);
    EXPECT_DOUBLE_EQ(forecast.seconds_remaining(2), 2100);
    for (int i = 0; i < 1100; ++i) forecast.advance(2, 1, 2);
    EXPECT_NEAR(forecast.seconds_remaining(2), 2000, 20);
    EXPECT_NEAR(forecast.seconds_remaining(), 2000 + 2 * 37, 20) << "those that wait are slower, too";
    for (int i = 0; i < 900; ++i) forecast.advance(2, 1, 0.5);      // the other program is gone
    EXPECT_NEAR(forecast.seconds_remaining(2), 100 * 0.5, 40);
    EXPECT_NEAR(forecast.share(2), 2000. / 2100, 1e-6);
    forecast.finish(2);
    EXPECT_EQ(forecast.seconds_remaining(2), 0);
    EXPECT_EQ(forecast.share(2), 1);
}

TEST(Forecast, OfTheLongestRunIsWhatItTakesOnItsShareOfTheMachine) {
    const Forecast forecast(three_runs(0.5), 2);         // 37 and 111 seconds of the whole machine
    EXPECT_DOUBLE_EQ(forecast.seconds_remaining(2), 222);
    EXPECT_DOUBLE_EQ(forecast.seconds_remaining(), 222) << "and not 148: for most of the time it is alone";
}

TEST(Forecast, IsNeverLessThanNothing) {
    Forecast forecast(three_runs(0.5));
    forecast.advance(1, 1000, 1000);
    EXPECT_EQ(forecast.seconds_remaining(1), 0);
}

}  // namespace
}  // namespace deepen
