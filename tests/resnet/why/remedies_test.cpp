// Are remedies what they are called, and judged by the gap that they close?
#include <gtest/gtest.h>

#include "engine/error.h"
#include "resnet/training/run_folder.h"
#include "resnet/why/remedies.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

Recipe plain8(std::uint64_t seed = 1) {
    Recipe r{.model = completed({.name = "plain8", .width = 4}), .pretrained = {}, .training = {}};
    r.training.epochs = 1, r.training.batch = 32, r.training.seed = seed;
    return r;
}

TEST(Remedies, AreFoundInRunsAsTheyWereTrained) {
    const Scratch scratch;
    for (std::size_t i = 0; i < std::size(remedies); ++i)
        train_into(scratch / std::to_string(i), with_remedy(plain8(), remedies[i], 3), few_pictures());
    Recipe both = with_remedy(plain8(), remedies[2], 3);
    both.training.schedule.warmup = 3;
    train_into(scratch / "both", both, few_pictures());
    const std::vector<FoundRun> runs = find_runs({scratch.folder()}, [](const std::string&) {});
    ASSERT_EQ(runs.size(), std::size(remedies) + 1);
    for (const FoundRun& run : runs) {
        const std::string name = run.folder.filename().string();
        EXPECT_EQ(remedy_of(run), name == "both" ? -1 : std::stoi(name)) << name;
    }
    EXPECT_EQ(without_remedies(runs).size(), 3u);  // plain, shortcut, and the one that is not among them
    const Remedied found = by_remedy(runs);
    EXPECT_EQ(found.depth, 8);
    for (std::size_t i = 0; i < std::size(remedies); ++i) EXPECT_EQ(found.errors(i).size(), 1u) << i;
}

TEST(Remedies, AreGivenToPlainNets) {
    const Recipe gated = with_remedy(plain8(), remedies[6], 3), warm = with_remedy(plain8(), remedies[1], 3);
    EXPECT_EQ(describe(gated.model), "resnet8, shortcut A, without batch norm, residual gates from 0");
    EXPECT_EQ(gated.model.width, 4);
    EXPECT_EQ(warm.training.schedule.warmup, 3);
    EXPECT_EQ(warm.model.name, "plain8");
    EXPECT_EQ(with_remedy(plain8(), remedies[3], 3).initialiser, "delta_orthogonal");
}

// Runs of plain and residual nets of depth 20 that end with such training errors, and of one remedy.
std::vector<FoundRun> invented(const std::vector<double>& plain, const std::vector<double>& residual,
                               const std::vector<double>& dirac) {
    std::vector<FoundRun> all;
    const auto add = [&](const char* kind, const char* initialiser, const std::vector<double>& errors) {
        for (std::size_t i = 0; i < errors.size(); ++i) {
            FoundRun f{.initialiser = initialiser, .run = invented_run(kind, 20, i + 1, {0.9, errors[i]})};
            f.run.epochs = 2;
            all.push_back(f);
        }
    };
    add("plain", "he_normal", plain);
    add("residual", "he_normal", residual);
    add("plain", "dirac", dirac);
    return all;
}

TEST(Remedies, AreJudgedByTheGapThatTheyClose) {
    using enum Outcome;
    const auto judged = [](const auto&... errors) {
        const std::vector<Claim> claims = judge_remedies(by_remedy(invented(errors...)));
        return std::pair(claims[0].outcome, claims[2].outcome);  // the gap, and dirac
    };
    const std::vector<double> plain{0.60, 0.61, 0.59}, residual{0.40, 0.41, 0.39};
    EXPECT_EQ(judged(plain, residual, std::vector{0.42, 0.43, 0.41}), std::pair(holds, holds));
    EXPECT_EQ(judged(plain, residual, std::vector{0.58, 0.57, 0.59}), std::pair(holds, fails));
    EXPECT_EQ(judged(plain, residual, std::vector{0.45, 0.50, 0.55}), std::pair(holds, unclear));
    EXPECT_EQ(judged(plain, residual, std::vector<double>{}), std::pair(holds, untested));
    EXPECT_EQ(judged(residual, plain, std::vector{0.42, 0.43, 0.41}), std::pair(fails, unclear));
    EXPECT_EQ(judged(std::vector{0.5, 0.6}, std::vector{0.4, 0.55}, std::vector{0.4, 0.4}),
              std::pair(unclear, unclear));
    EXPECT_EQ(judged(std::vector{0.9, 0.9}, std::vector{0.895, 0.9}, std::vector{0.4, 0.4}),
              std::pair(nothing_learned, nothing_learned));
    EXPECT_EQ(judged(std::vector{0.6}, std::vector{0.4}, std::vector{0.4}), std::pair(unclear, unclear));  // one seed
    EXPECT_EQ(judged(plain, std::vector<double>{}, std::vector{0.4, 0.4}), std::pair(untested, untested));
}

TEST(Remedies, AreComparedAtTheDeepestDepthThatHasThem) {
    std::vector<FoundRun> runs = invented({0.6, 0.61}, {0.4, 0.41}, {});
    runs.push_back({.initialiser = "he_normal", .run = invented_run("plain", 56, 1, {0.9, 0.8})});
    runs.back().run.epochs = 2;  // nothing to compare it with
    EXPECT_EQ(by_remedy(runs).depth, 20);
    EXPECT_THROW(remedies_study({runs.back()}), Error);
    runs[0].run.epochs = 3;  // not finished
    EXPECT_EQ(by_remedy(runs).errors(no_remedy).size(), 1u);
}

}  // namespace
}  // namespace deepen
