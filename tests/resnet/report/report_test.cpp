#include "resnet/report/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "engine/error.h"
#include "engine/io/files.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

class Report : public testing::Test {
protected:
    void SetUp() override {
        if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
    }
};

TEST_F(Report, BeginsWithTheVerdict) {
    const std::string page = report_html(invented_experiment(), {});
    const std::size_t first =
        page.find("<strong>Holds:</strong> plain-56 has 31.0 points more training error than plain-20 (");
    const std::size_t second = page.find("<strong>Holds:</strong> resnet-56 has 5.0 points less training error than");
    EXPECT_LT(first, second);
    EXPECT_NE(second, page.npos);
    EXPECT_LT(second, page.find("<table>"));
    EXPECT_LT(page.find("<table>"), page.find("<svg"));
}

// Word for word what a terminal shows.
TEST_F(Report, HasEverySentenceOfTheVerdict) {
    std::string page = report_html(invented_experiment(), {});
    for (const char* tag : {"<strong>", "</strong>"})
        for (std::size_t i = page.find(tag); i != page.npos; i = page.find(tag)) page.erase(i, std::strlen(tag));
    int number = 0;
    const Verdict verdict = judge(invented_experiment());
    for (const Claim* claim : verdict.claims()) {
        EXPECT_TRUE(has(page, "<h3>" + heading(++number, *claim) + "</h3>\n<p>" + answer(*claim) + "</p>")) << number;
    }
}

TEST_F(Report, TabulatesDifferencesWithTheirIntervals) {
    const std::string page = report_html(invented_experiment(), {});
    EXPECT_TRUE(
        has(page, "<th scope=\"row\">plain-56 minus plain-20</th><td>+31.00<small>+17.16 to +44.84, df 1.5</small>"));
    EXPECT_TRUE(has(page, "<th scope=\"row\">resnet-56 minus resnet-20</th><td>-5.00<small>published runs: 13.74"));
    EXPECT_TRUE(has(page, "(plain-56 minus plain-20) minus (resnet-56 minus resnet-20)"));
    const std::string one = report_html({invented_run("plain", 20, 1, {0.3}), invented_run("plain", 56, 1, {0.6})}, {});
    EXPECT_TRUE(has(one, "<td>+30.00<small>published runs: 15.52</small></td>")) << one.substr(one.find("+30.00"), 90);
}

TEST_F(Report, HasTheCurvesInOurLookAndInThePapers) {
    const std::string page = report_html(invented_experiment(), {});
    const std::size_t ours = page.find("<title>Error against iterations, plain nets and residual nets</title>");
    const std::size_t paper = page.find("<title>The same in the look of the paper's Figure 6</title>");
    EXPECT_LT(ours, paper);
    EXPECT_NE(paper, page.npos);
}

TEST_F(Report, TabulatesMeansAndRanges) {
    const std::string page = report_html(invented_experiment(), {.parameters = {{"plain-20", 269722}}});
    EXPECT_TRUE(
        has(page,
            "<th scope=\"row\">plain-20</th><td>269,722</td><td>41.00&nbsp;%<small>40.00 &ndash; 42.00</small></td>"
            "<td>43.00&nbsp;%<small>42.00 &ndash; 44.00</small></td><td>20.0</td><td>2</td>"));
    EXPECT_TRUE(has(page, "<th scope=\"row\">resnet-56</th><td>&ndash;</td>"));
}

TEST_F(Report, NeedsNothingBesidesItself) {
    const std::string page = report_html(invented_experiment(), {});
    for (const char* reference : {"<script", "<link", "<img", "src=", "@import", "url(", "<?xml", "<!DOCTYPE svg"})
        EXPECT_FALSE(has(page, reference)) << reference;
    EXPECT_TRUE(has(page, "prefers-color-scheme: dark"));
    EXPECT_FALSE(has(page, "GNUPLOT"));
}

TEST_F(Report, SaysWhatWasRunAndNoMore) {
    const std::string page =
        report_html(invented_experiment(), {.command = "compare --data-path \"a<b>&c\"", .commit = "bb71bb4"});
    EXPECT_TRUE(has(page, "<code>compare --data-path &quot;a&lt;b&gt;&amp;c&quot;</code>"));
    EXPECT_TRUE(has(page, "<dt>seeds</dt><dd>1, 2</dd>"));
    EXPECT_TRUE(has(page, "<code>bb71bb4</code>"));
    EXPECT_FALSE(has(page, "<dt>machine</dt>"));
}

TEST_F(Report, AdmitsWhatShortRunsCannotShow) {
    Experiment runs = {invented_run("plain", 20, 1, {0.5, 0.25})};
    EXPECT_TRUE(has(report_html(runs, {}), "their learning rate was not lowered within 2 epochs."));
    runs[0].history[1].lr = 0.01;
    EXPECT_TRUE(has(report_html(runs, {}), "before the end of that schedule nets may still change places"));
    runs[0].history[1].iteration = 64000;
    EXPECT_FALSE(has(report_html(runs, {}), "What these runs cannot show"));
}

TEST_F(Report, SpeaksOfRangesOnlyWhereThereAreSome) {
    const char* ranges = "means over seeds, with their ranges below";
    EXPECT_TRUE(has(report_html(invented_experiment(), {}), ranges));
    EXPECT_FALSE(has(report_html({invented_run("plain", 20, 1, {0.5})}, {}), ranges));
}

TEST_F(Report, SaysWhenNothingWasLearned) {
    const Experiment runs = {invented_run("plain", 20, 1, {0.89}), invented_run("plain", 56, 1, {0.91})};
    EXPECT_TRUE(has(report_html(runs, {}), "<strong>Nothing was learned here:</strong>"));
}

TEST_F(Report, ShowsADashWhereThereIsNoNumber) {
    const std::string page = report_html({invented_run("plain", 20, 1, {0.5, NAN})}, {});
    EXPECT_TRUE(has(page, "<th scope=\"row\">plain-20</th><td>&ndash;</td><td>&ndash;</td><td>&ndash;</td><td>"));
}

TEST_F(Report, DrawsUnfinishedRunsAndLeavesThemOutOfClaims) {
    deepen::Run unfinished = invented_run("residual", 110, 1, {0.7});
    unfinished.epochs = 3;
    const std::string page =
        report_html({{.runs = invented_experiment(), .unfinished = {unfinished}, .remark = "1 < 3"}});
    EXPECT_TRUE(has(page, "<p class=\"soft\">1 &lt; 3</p>"));
    EXPECT_FALSE(has(page, "<th scope=\"row\">resnet-110</th>"));
    EXPECT_TRUE(has(page, "resnet-110*"));
}

TEST_F(Report, PutsDifferentRecipesSideBySideAndClaimsNothingBetweenThem) {
    const std::string page = report_html(
        {{.title = "Recipe A: training.batch 128", .runs = invented_experiment()},
         {.title = "Recipe B: training.batch <64>",
          .runs = {invented_run("plain", 20, 1, {0.5, 0.25}), invented_run("plain", 110, 1, {0.9, 0.85})}}});
    EXPECT_TRUE(has(page,
                    "<th scope=\"col\">Recipe A: training.batch 128</th>"
                    "<th scope=\"col\">Recipe B: training.batch &lt;64&gt;</th>"));
    EXPECT_TRUE(has(page,
                    "<tr><th scope=\"row\">plain-20</th><td>41.00 / 43.00&nbsp;%</td>"
                    "<td>25.00 / 27.00&nbsp;%</td></tr>"));
    EXPECT_TRUE(has(page, "<tr><th scope=\"row\">plain-110</th><td>&ndash;</td><td>85.00 / 87.00&nbsp;%</td></tr>"));
    EXPECT_TRUE(has(page, "<tr><th scope=\"row\">resnet-20</th><td>30.00 / 32.00&nbsp;%</td><td>&ndash;</td></tr>"));
    EXPECT_TRUE(has(page, "<strong>Holds:</strong> plain-56 has 31.0 points more"));
    EXPECT_TRUE(has(page, "<strong>Holds:</strong> plain-110 has 60.0 points more"));
    EXPECT_FALSE(has(page, "plain-110 minus plain-56"));
}

TEST_F(Report, NeedsAnEpoch) {
    EXPECT_EQ(refusal_of([] { report_html({}, {}); }), "nothing to report: none of the 0 runs has finished an epoch.");
}

TEST_F(Report, IsWrittenAsAFile) {
    const Scratch scratch;
    write_report(scratch.folder() / "report.html", invented_experiment(), {});
    EXPECT_EQ(read_text_file(scratch.folder() / "report.html"), report_html(invented_experiment(), {}));
}

}  // namespace
}  // namespace deepen
