#include "resnet/report/results_page.h"

#include <gtest/gtest.h>

#include "engine/error.h"
#include "engine/io/files.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

// Some runs in folders below `folder`, as if they had been read there.
MergedRuns merged(const fs::path& folder, const Experiment& runs) {
    MergedRuns all;
    for (const deepen::Run& run : runs) {
        FoundRun found;
        found.folder = folder / text(run.kind, run.depth, "-seed", run.seed);
        found.commit = "0123456789ab";
        found.run = run;
        fs::create_directories(found.folder);
        all.found.push_back(found);
    }
    return all;
}

TEST(ResultsPage, OfOneRunSaysWhatIsMissing) {
    const Scratch scratch;
    const std::string page = results_page("", scratch / "README.md",
                                          merged(scratch.folder(), {invented_run("residual", 20, 1, {0.5, 0.25})}));
    EXPECT_TRUE(has(page, "| training / test error, % | seed 1 |\n|---|---|\n| resnet-20 | 25.00 / 27.00 |\n")) << page;
    EXPECT_TRUE(has(page, "Not tested: this needs\nplain nets of two depths, and there are none.")) << page;
    EXPECT_TRUE(has(page, "Nets of one seed, where a 95 % interval needs two: resnet-20.")) << page;
    EXPECT_TRUE(
        has(page, "| [resnet-20, seed 1](residual20-seed1/log.csv) | 782 | 25.00 % | 27.00 % | 0123456 | – |\n"))
        << page;
}

TEST(ResultsPage, HasMeansOfSeedsGapsWhereThereIsNoneAndIntervals) {
    const Scratch scratch;
    Experiment runs = invented_experiment();
    std::erase_if(runs, [](const deepen::Run& r) { return r.kind == "residual" && r.depth == 56 && r.seed == 2; });
    const std::string page = results_page("", scratch / "README.md", merged(scratch.folder(), runs));
    EXPECT_TRUE(has(page,
                    "| seed 1 | seed 2 | mean |\n|---|---|---|---|\n| plain-20 | 40.00 / 42.00 | 42.00 / 44.00 | "
                    "41.00 / 43.00 |\n"))
        << page;
    EXPECT_TRUE(has(page, "| resnet-56 | 25.00 / 27.00 | – | – |\n")) << page;
    EXPECT_TRUE(has(page, "95 % interval 17.2 to 44.8")) << page;
    EXPECT_TRUE(has(page, "needs two: resnet-56.")) << page;
    EXPECT_LT(page.find("| [plain-20, seed 1]"), page.find("| [plain-20, seed 2]"));
    EXPECT_LT(page.find("| [plain-20, seed 2]"), page.find("| [plain-56, seed 1]"));
}

TEST(ResultsPage, ShowsHowFarAnUnfinishedRunIs) {
    const Scratch scratch;
    deepen::Run run = invented_run("plain", 20, 1, {0.5, 0.25});
    run.epochs = 10;
    const std::string page = results_page("", scratch / "README.md", merged(scratch.folder(), {run}));
    EXPECT_TRUE(has(page, "| plain-20 | 2 of 10 epochs |")) << page;
    EXPECT_TRUE(has(page, "No run is finished yet.")) << page;
    EXPECT_TRUE(has(page, "| 782 so far | 25.00 % |")) << page;
}

TEST(ResultsPage, LeavesWhatIsWrittenByHand) {
    const Scratch scratch;
    const MergedRuns runs = merged(scratch.folder(), {invented_run("plain", 20, 1, {0.5})});
    const std::string page =
        "# Mine\n\nBefore.\n<!-- errors: mine to word -->\nold\n<!-- end of errors -->\nAfter: errors.\n";
    const std::string written = results_page(page, scratch / "README.md", runs);
    EXPECT_TRUE(written.starts_with("# Mine\n\nBefore.\n<!-- errors: mine to word -->\n\n| training")) << written;
    EXPECT_TRUE(written.ends_with(" |\n\n<!-- end of errors -->\nAfter: errors.\n")) << written;
    EXPECT_FALSE(has(written, "old"));
    EXPECT_EQ(results_page(written, scratch / "README.md", runs), written);
}

TEST(ResultsPage, RefusesAPageWithoutPlaceForResults) {
    const Scratch scratch;
    const MergedRuns runs = merged(scratch.folder(), {invented_run("plain", 20, 1, {0.5})});
    EXPECT_EQ(
        refusal_of([&] { results_page("# Mine\n", "my.md", runs); }),
        "my.md has no part for results, such as\n    <!-- errors: -->\n    <!-- end of errors -->\nAdd these lines, "
        "or name a page that does not exist yet.");
    EXPECT_EQ(refusal_of([&] { results_page("<!-- errors: -->\n", "my.md", runs); }),
              "my.md has a line <!-- errors: ... --> and below it no line <!-- end of errors -->.  Put it where that "
              "part ends.");
}

TEST(ResultsPage, TakesTheMachineFromAFileThatCannotBreakTheTable) {
    const Scratch scratch;
    const MergedRuns runs = merged(scratch.folder(), {invented_run("plain", 20, 1, {0.5})});
    scratch.write("plain20-seed1/machine.txt", "two cores | <b>\x1b\nmore\n");
    const std::string page = results_page("", scratch / "README.md", runs);
    EXPECT_TRUE(has(page, "| 0123456 | two cores \\| &lt;b>? |\n")) << page;
    EXPECT_FALSE(has(page, "more"));
}

TEST(ResultsPage, LinksToFoldersOfAnyName) {
    const Scratch scratch;
    MergedRuns runs = merged(scratch.folder(), {invented_run("plain", 20, 1, {0.5})});
    runs.found[0].folder = scratch / "we ird(x)|y";
    EXPECT_TRUE(has(results_page("", scratch / "README.md", runs), "](we%20ird%28x%29%7Cy/log.csv) | 391 "))
        << results_page("", scratch / "README.md", runs);
}

TEST(ResultsPage, ReplacesNoFilesOfOthers) {
    const Scratch scratch;
    const fs::path page = scratch / "mine.md", theirs = scratch.write("runs.csv", "precious");
    const auto refusal = [&](const fs::path& of, const fs::path& output) {
        return refusal_of([&] { require_place_for_page(of, output); });
    };
    expect_mentions(refusal(page, "runs/report"), "mine.md is a new page, and would replace " + theirs.string());
    expect_mentions(refusal(scratch / "no/page.md", "runs/report"), "there is no folder ");
    EXPECT_EQ(refusal(page, scratch.folder()), nothing_refused);
    EXPECT_EQ(refusal(page, scratch.folder() / "no/.."), nothing_refused);
    EXPECT_EQ(refusal(scratch / "no/page.md", scratch / "no/"), nothing_refused);
    scratch.write("mine.md", "# Mine");
    EXPECT_EQ(refusal(page, "runs/report"), nothing_refused);
}

}  // namespace
}  // namespace deepen
