#include "resnet/training/curves.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>

#include "engine/error.h"
#include "resnet/training/gnuplot.h"
#include "tests/resnet/training/invented.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

bool gnuplot_is_missing() { return std::system("gnuplot --version > /dev/null 2>&1") != 0; }

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
    const std::string script(1 << 20, 'x');              // more than any pipe holds
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
    expect_mentions(refusal_of([] { curves_svg({invented_run("residual", 56, 3, {0.5, 0.25})}); }),
                    "gnuplot ended well, but what it printed is no drawing: \"hello");
}

TEST(Curves, AreKeptAsNumbers) {
    const Scratch scratch;
    write_curves_csv(scratch.folder() / "curves.csv", {invented_run("residual", 56, 3, {0.5, 0.25})});
    EXPECT_EQ(read_text_file(scratch.folder() / "curves.csv"),
              "kind,depth,seed,epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds\n"
              "residual,56,3,1,391,0.1,1,0.5,1,0.52,10\n"
              "residual,56,3,2,782,0.1,0.5,0.25,0.5,0.27,20\n");
}

TEST(Curves, NeedAnEpoch) {
    EXPECT_EQ(refusal_of([] { curves_svg({invented_run("plain", 20, 1, {})}); }),
              "no curves to draw: none of the 1 runs has finished an epoch.");
}

TEST(Curves, NameEveryNetInAPanelForItsKind) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = curves_svg(invented_experiment());
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
    for (const char* words : {"plain-20", "plain-56", "resnet-20", "resnet-56", "plain nets", "residual nets",
                              "training error", "test error", "range over seeds", "epoch (391 iterations each)"})
        EXPECT_EQ(count(svg, words), words == std::string("epoch (391 iterations each)") ? 2 : 1) << words;
}

TEST(Curves, DrawOnePanelForOneKindAndNoBandForOneSeed) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = curves_svg({invented_run("plain", 20, 1, {0.5, 0.25})});
    EXPECT_EQ(count(svg, "plain nets"), 1);
    EXPECT_EQ(count(svg, "residual nets"), 0);
    EXPECT_EQ(count(svg, "range over seeds"), 0);
}

TEST(Curves, MarkWhereTheLearningRateFell) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    deepen::Run run = invented_run("plain", 20, 1, {0.5, 0.25, 0.2});
    EXPECT_EQ(count(curves_svg({run}), "lr 0.01"), 0);
    run.history[2].lr = 0.01;
    EXPECT_EQ(count(curves_svg({run}), "lr 0.01"), 1);
}

TEST(Curves, SurviveDivergedRunsAndUnequalLengths) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const Experiment runs = {invented_run("plain", 20, 1, {0.5, NAN, NAN}), invented_run("residual", 20, 1, {NAN}),
                                   invented_run("plain", 56, 1, {0, 0, 0, 0, 0})};
    EXPECT_NE(curves_svg(runs).find("</svg>"), std::string::npos);
    EXPECT_NE(same_depth_svg(runs).find("</svg>"), std::string::npos);
    EXPECT_NE(curves_text(runs, {}).find("plain-56"), std::string::npos);
}

TEST(Curves, CompareTwinsAtTheDeepestDepthThatHasThem) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is not installed";
    const std::string svg = same_depth_svg(invented_experiment());
    EXPECT_EQ(count(svg, "plain-56"), 1);
    EXPECT_EQ(count(svg, "resnet-56"), 1);
    EXPECT_EQ(count(svg, "-20"), 0);
    EXPECT_EQ(same_depth_svg({invented_run("plain", 20, 1, {0.5}), invented_run("residual", 56, 1, {0.5})}), "");
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

}  // namespace
}  // namespace deepen
