#include "resnet/report/curves.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>

#include "engine/error.h"
#include "resnet/report/curves_text.h"
#include "resnet/report/gnuplot.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

bool gnuplot_is_missing() { return std::system("gnuplot --version > /dev/null 2>&1") != 0; }

std::string ours(const Experiment& runs) { return curves_figure({.runs = runs}, Look::ours); }
std::string as_in_the_paper(const Experiment& runs) { return curves_figure({.runs = runs}, Look::paper); }

int count(const std::string& all, const std::string& piece) {
    int found = 0;
    for (std::size_t i = all.find(piece); i != std::string::npos; i = all.find(piece, i + 1)) ++found;
    return found;
}

TEST(Gnuplot, IsAskedForByThePackageThatHasIt) {
    EXPECT_EQ(refusal_of([] { run_gnuplot("plot x", "no-such-gnuplot"); }),
              "the program no-such-gnuplot is missing, and it draws the curves.  Install it (the Debian package is "
              "gnuplot-nox), then try again.");
}

// What posix_spawnp's child does where it is the one to find nothing.
TEST(Gnuplot, IsMissingWhereItEndsWith127AndNoWord) {
    const Scratch scratch;
    const auto fake = scratch.write("fake", "#!/bin/sh\nexit 127\n");
    ::chmod(fake.c_str(), 0755);
    expect_mentions(refusal_of([&] { run_gnuplot("plot x", fake.string()); }), "fake is missing");
    scratch.write("fake", "#!/bin/sh\necho 'sh: 1: cat: not found' >&2\nexit 127\n");
    expect_mentions(refusal_of([&] { run_gnuplot("plot x", fake.string()); }), "status 127: sh: 1: cat: not found");
}

TEST(Gnuplot, HandsItsComplaintsOn) {
    const Scratch scratch;
    const auto fake =
        scratch.write("fake", "#!/bin/sh\ncat > /dev/null\necho 'line 7: no such terminal' >&2\nexit 3\n");
    ::chmod(fake.c_str(), 0755);
    EXPECT_EQ(refusal_of([&] { run_gnuplot("plot x", fake.string()); }),
              fake.string() + " failed with exit status 3: line 7: no such terminal\n");
    scratch.write("fake", "#!/bin/sh\nkill -9 $$\n");
    EXPECT_EQ(refusal_of([&] { run_gnuplot("plot x", fake.string()); }),
              fake.string() + " was killed by signal 9 while it drew the curves.");
}

TEST(Gnuplot, ReadsItsScriptAndMayWriteMuch) {
    const Scratch scratch;
    const auto echo = scratch.write("echo", "#!/bin/sh\ncat\n");
    ::chmod(echo.c_str(), 0755);
    const std::string script(1 << 20, 'x');  // more than any pipe holds
    EXPECT_EQ(run_gnuplot(script, echo.string()), script);
}

TEST(Gnuplot, MayHaveItsFilesInAnotherFolder) {
    const Scratch scratch;
    const std::string folder = (scratch / "nowhere").string();
    const Environment elsewhere("TMPDIR", folder.c_str());
    expect_mentions(refusal_of([] { run_gnuplot("plot x"); }),
                    "a temporary file in " + folder + ": No such file or directory.  Free some space there, or set");
}

TEST(Curves, AreNotTakenFromAProgramThatDrawsNone) {
    const Scratch scratch;
    ::chmod(scratch.write("gnuplot", "#!/bin/sh\necho hello\n").c_str(), 0755);
    const Environment path("PATH", (scratch.folder().string() + ":" + std::getenv("PATH")).c_str());
    expect_mentions(refusal_of([] {
                        ours({invented_run("residual", 56, 3, {0.5, 0.25})});
                    }),
                    "gnuplot ended well, but what it printed is no drawing: \"hello");
}

TEST(Curves, AreKeptAsNumbers) {
    EXPECT_EQ(curves_csv({invented_run("residual", 56, 3, {0.5, 0.25})}),
              "kind,depth,seed,epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds\n"
              "residual,56,3,1,391,0.1,1,0.5,1,0.52,10\n"
              "residual,56,3,2,782,0.1,0.5,0.25,0.5,0.27,20\n");
}

TEST(Curves, NeedAnEpoch) {
    EXPECT_EQ(refusal_of([] { ours({invented_run("plain", 20, 1, {})}); }),
              "no curves to draw: none of the 1 runs has finished an epoch.");
}

TEST(Curves, NameEveryNetInAPanelForItsKind) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = ours(invented_experiment());
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
    for (const char* words : {"plain-20", "plain-56", "resnet-20", "resnet-56", "plain nets", "residual nets",
                              "training error", "test error", "each seed", "iterations (391 per epoch)"})
        EXPECT_EQ(count(svg, words), words == std::string("iterations (391 per epoch)") ? 2 : 1) << words;
}

TEST(Curves, DoNotTakeTheOnlyEpochOfARunForAWholeOne) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    EXPECT_EQ(count(ours({invented_run("plain", 20, 1, {0.5})}), "per epoch"), 0);
}

TEST(Curves, DrawOnePanelForOneKindAndNoThinLinesForOneSeed) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = ours({invented_run("plain", 20, 1, {0.5, 0.25})});
    EXPECT_EQ(count(svg, "plain nets"), 1);
    EXPECT_EQ(count(svg, "residual nets"), 0);
    EXPECT_EQ(count(svg, "each seed"), 0);
}

TEST(Curves, MarkWhereTheLearningRateFell) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    deepen::Run run = invented_run("plain", 20, 1, {0.5, 0.25, 0.2});
    EXPECT_EQ(count(ours({run}), "lr 0.01"), 0);
    run.history[2].lr = 0.01;
    EXPECT_EQ(count(ours({run}), "lr 0.01"), 1);
}

TEST(Curves, LeaveTheLearningRateWhereItCanBeRead) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    // How far below the top the label is, in units, where the net's test error stays at `error`.
    const auto place = [](double error) {
        deepen::Run run = invented_run("plain", 20, 1, std::vector<double>(6, error - 0.02));
        for (std::size_t i = 2; i < 6; ++i) run.history[i].lr = 0.01;
        const std::string svg = as_in_the_paper({run});
        const std::size_t words = svg.find("lr 0.01"), place = svg.rfind("translate(", words);
        return std::stod(svg.substr(svg.find(',', place) + 1));
    };
    const double usual = place(0.07);
    EXPECT_EQ(place(0.10), usual);
    EXPECT_GT(place(0.19), usual + 10);  // the axis ends at 20 %
}

TEST(Curves, SurviveDivergedRunsAndUnequalLengths) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Experiment runs = {invented_run("plain", 20, 1, {0.5, NAN, NAN}), invented_run("residual", 20, 1, {NAN}),
                             invented_run("plain", 56, 1, {0, 0, 0, 0, 0})};
    EXPECT_NE(ours(runs).find("</svg>"), std::string::npos);
    EXPECT_NE(same_depth_figure(runs).find("</svg>"), std::string::npos);
    EXPECT_NE(curves_text(runs, {}).find("plain-56"), std::string::npos);
}

TEST(Curves, CompareTwinsAtTheDeepestDepthThatHasThem) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = same_depth_figure(invented_experiment());
    EXPECT_EQ(count(svg, "plain-56"), 1);
    EXPECT_EQ(count(svg, "resnet-56"), 1);
    EXPECT_EQ(count(svg, "-20"), 0);
    EXPECT_EQ(same_depth_figure({invented_run("plain", 20, 1, {0.5}), invented_run("residual", 56, 1, {0.5})}), "");
}

TEST(Curves, FitATerminalInColourOrWithout) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    for (int width : {60, 80, 110, 200})
        for (bool colour : {false, true}) {
            const std::string drawing =
                curves_text(invented_experiment(), {.colour = colour, .width = [=] { return width; }});
            EXPECT_EQ(drawing.find('\x1b') != std::string::npos, colour);
            std::istringstream lines(drawing);
            for (std::string line; std::getline(lines, line);) EXPECT_LT(columns(line), width) << line;
            for (const char* name : {"plain-20", "plain-56", "resnet-20", "resnet-56"})
                EXPECT_EQ(count(drawing, name), 1) << name;
        }
}

TEST(Curves, HaveAMarkEachOnATerminal) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    Experiment runs;
    for (int depth : {8, 14, 20, 26, 32, 38, 44})
        runs.push_back(invented_run("plain", depth, 1, {0.9 - 0.01 * depth, 0.8 - 0.01 * depth}));
    const std::string drawing = curves_text(runs, {.width = [] { return 60; }});
    expect_mentions(drawing, "\n   o x + * # @ A training error\n   . : , ' - ~ a test error");
    EXPECT_GT(count(drawing, "A"), 5);
}

// In the paper's look: 64,000 iterations in 164 epochs that end at `train` and `test`.
deepen::Run whole_schedule(const std::string& kind, int depth, double train, double test) {
    deepen::Run run = invented_run(kind, depth, 1, std::vector<double>(164, train));
    run.history.back().iteration = 64'000;
    for (EpochRecord& e : run.history) e.test_error = test;
    return run;
}

TEST(PaperLook, CountsInTenThousandsOfIterationsAndOursInThousands) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Experiment runs{whole_schedule("plain", 20, 0.01, 0.09)};
    EXPECT_EQ(count(as_in_the_paper(runs), "iterations (10⁴)"), 1);
    EXPECT_EQ(count(as_in_the_paper(runs), ">6<"), 1);
    EXPECT_EQ(count(ours(runs), ">60k<"), 1);
    const Experiment few{invented_run("plain", 20, 1, {0.5, 0.25})};
    EXPECT_EQ(count(as_in_the_paper(few), "10⁴"), 0);
    EXPECT_EQ(count(as_in_the_paper(few), ">600<"), 1);
}

TEST(PaperLook, NamesTheNetThatEndsAboveTheZoom) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    Experiment runs;
    for (int depth : {20, 32, 44, 56}) runs.push_back(whole_schedule("plain", depth, 0.02, 0.1));
    runs.push_back(whole_schedule("plain", 110, 0.65, 0.66));
    const std::string paper = as_in_the_paper(runs);
    EXPECT_EQ(count(paper, "↑ plain-110: 65.0 %, test 66.0 %"), 1);
    EXPECT_EQ(count(paper, "plain-110"), 1);  // there is no end to put its name at
    EXPECT_EQ(count(ours(runs), "↑"), 0);
    EXPECT_EQ(count(ours(runs), "plain-110"), 1);
}

TEST(Curves, ThatOthersPublishedAreGreyAndBehindOurs) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    Curves curves{.runs = {invented_run("plain", 20, 1, {0.5, 0.25})}, .published = {}};
    const std::string alone = curves_figure(curves, Look::ours);
    EXPECT_EQ(count(alone, "published"), 0);
    curves.published = {invented_run("plain", 32, 0, {0.6, 0.2}), invented_run("residual", 20, 0, {0.6, 0.3})};
    for (Look look : {Look::ours, Look::paper}) {
        const std::string svg = curves_figure(curves, look);
        EXPECT_EQ(count(svg, ">published<"), 1);
        EXPECT_EQ(count(svg, "plain-32"), 1);
        EXPECT_EQ(count(svg, "resnet-20"), 0) << "there is no panel of residual nets";
        EXPECT_LT(svg.rfind("rgb(180, 180, 180)"), svg.rfind("rgb(156,  23, 158)"));
        EXPECT_NE(svg.rfind("rgb(180, 180, 180)"), svg.npos);
    }
    curves.published = {invented_run("plain", 32, 0, {0.6, 0.3, 0.2})};
    EXPECT_EQ(count(curves_figure(curves, Look::ours), "published, to iteration 1173"), 1);
}

TEST(PaperLook, SaysWhichNetDiverged) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    EXPECT_EQ(count(as_in_the_paper({invented_run("plain", 20, 1, {0.5, NAN})}), "plain-20 diverged"), 1);
}

TEST(Curves, AreDrawnForPagesForPrintAndAsPixels) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    std::vector<std::string> said;
    write_figures(scratch.folder(), "-A", {.runs = invented_experiment()},
                  [&](const std::string& line) { said.push_back(line); });
    EXPECT_EQ(said, std::vector<std::string>());
    for (const char* name : {"curves", "figure6", "same-depth"}) {
        const std::string path = (scratch / name).string() + "-A.";
        EXPECT_NE(read_text_file(path + "svg").find("<svg"), std::string::npos);
        EXPECT_EQ(read_text_file(path + "pdf").substr(0, 5), "%PDF-");
        EXPECT_EQ(read_text_file(path + "png").substr(0, 4), "\x89PNG");
    }
    EXPECT_EQ(read_text_file(scratch / "curves-A.csv"), curves_csv(invented_experiment()));
}

TEST(Curves, OfUnfinishedRunsAreInTheFilesToo) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const Curves curves{{invented_run("plain", 20, 1, {0.6})}, {invented_run("plain", 56, 1, {0.9})}, {}};
    write_figures(scratch.folder(), "", curves, [](const std::string&) {});
    const std::string numbers = read_text_file(scratch / "curves.csv");
    EXPECT_NE(numbers.find("\nplain,56,1,1,"), numbers.npos) << numbers;
    EXPECT_EQ(read_text_file(scratch / "curves.svg"), curves_figure(curves, Look::ours));
    EXPECT_EQ(read_text_file(scratch / "figure6.svg"), curves_figure(curves, Look::paper));
    EXPECT_EQ(count(read_text_file(scratch / "figure6.svg"), "plain-56*"), 1);
    EXPECT_FALSE(std::filesystem::exists(scratch / "same-depth.svg")) << "plain nets alone";
}

TEST(Curves, GoWithoutTheFormatsThatGnuplotCannotDraw) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Scratch scratch;
    const char* without = "#!/bin/sh\nPATH=${PATH#*:}; gnuplot \"$@\" | sed 's/ pdfcairo / /'\n";
    ::chmod(scratch.write("gnuplot", without).c_str(), 0755);
    const Environment path("PATH", (scratch.folder().string() + ":" + std::getenv("PATH")).c_str());
    std::string said;
    write_figures(scratch.folder(), "", {.runs = invented_experiment()},
                  [&](const std::string& line) { said += line; });
    EXPECT_EQ(said,
              "no pdf figures: this gnuplot was built without cairo.  Debian's gnuplot-nox has it; any converter "
              "makes them of the SVG, such as rsvg-convert.");
    EXPECT_TRUE(std::filesystem::exists(scratch / "curves.svg"));
    EXPECT_TRUE(std::filesystem::exists(scratch / "curves.png"));
    EXPECT_FALSE(std::filesystem::exists(scratch / "curves.pdf"));
}

}  // namespace
}  // namespace deepen
