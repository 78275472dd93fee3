// Does build/why do what it says?
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "engine/io/folder_lock.h"
#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const std::string data = " --data-path synthetic --synthetic-train 64 --synthetic-test 40";

TEST(Why, LooksIntoRunsAndWritesPages) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is missing";
    const Scratch scratch;
    const std::string folder = scratch.folder().string();
    for (const char* net : {"plain8", "resnet8", "resnet14"})
        expect("build/train --model " + std::string(net) + data + " --width 4 --epochs 1 --batch-size 16 " +
                   "--watch responses,gradients --output-dir " + folder + "/runs/" + net,
               0, "test error");
    const std::string flags = " --run " + folder + "/runs" + data + " --output-dir " + folder + "/out";
    const std::string why = "build/why lesion" + flags;
    const Exit responses = run("build/why responses" + flags), first = run(why);
    EXPECT_EQ(responses.code, 0) << responses.output;
    EXPECT_EQ(first.code, 0) << first.output;
    for (const char* words : {"Do residual nets respond less?", "the deeper the residual net"})
        expect_mentions(responses.output, words);
    for (const char* words : {"Can a net do without", "a guess has", "page: "}) expect_mentions(first.output, words);
    for (const char* file : {"lesion.html", "responses.html", "responses.svg", "lesion.png", "responses.csv"})
        EXPECT_TRUE(std::filesystem::exists(scratch / ("out/" + std::string(file)))) << file;
    const std::string numbers = run("cat " + folder + "/out/lesion.csv").output;
    expect_mentions(numbers, "kind,depth,seed,what,how_many,error\nplain,8,1,whole,0,0.");
    expect_mentions(numbers, "residual,14,1,without_block,1,0.");

    expect_mentions(run("cat " + folder + "/runs/resnet8/watch.csv").output, "\n1,gradients,7,layer3.0.conv2,");
    EXPECT_EQ(run("build/degradation --report-only " + folder + "/runs --output-dir " + folder + "/report").code, 0);
    expect_mentions(run("cat " + folder + "/report/report.html").output, "Inside the nets");

    // An interrupted command goes on with what was measured: here, one number of which is another by now.
    EXPECT_EQ(run("sed -i '2s/,.*/,0.4321/' " + folder + "/out/lesion-measured.csv").code, 0);
    EXPECT_EQ(run(why).code, 0);
    expect_mentions(run("cat " + folder + "/out/lesion.csv").output, "0.4321");
}

TEST(Why, RefusesWhatItCannotLookInto) {
    const Scratch scratch;
    const std::string folder = scratch.folder().string(), out = " --output-dir " + folder + "/out";
    expect("build/why", 2, "experiment is missing");
    expect("build/why lesions", 2, "lesion");
    expect("build/train --watch thoughts", 2, "responses");
    expect("build/why lesion --run " + folder + out, 2, "which pictures were these runs trained on?");
    expect("build/why lesion" + data + out, 2, "give them with --run DIR");
    expect("build/why signal --run " + folder + data + out, 2, "signal looks into untrained nets.  Leave --run out.");
    expect("build/why signal --synthetic-train 20" + out, 2, "--synthetic-train is for --data-path synthetic.");
    expect("build/why lesion --run " + folder + "/none" + out, 1, "/none is no folder.  Name folders of runs");
    expect("build/why lesion --points 5" + out, 2, "--points is for landscape.");
    expect("build/why shattered --pictures 20" + out, 2, "landscape, not for shattered.");
    expect("build/train --model resnet8 --width 4" + data + " --epochs 1 --output-dir " + folder + "/run", 0, "test");
    expect("cp -r " + folder + "/run " + folder + "/log && rm " + folder + "/log/weights.safetensors && " +
               "build/why responses --pictures 10 --run " + folder + "/run " + folder + "/log" + data + out,
           0, "/log has no weights.safetensors: left out");
    expect("build/why lesion --run docs/results/figure6/plain20-seed1" + data + out, 1,
           "was trained on other classes (airplane, ");
    expect("build/why landscape --points 4 --run " + folder + "/run" + data + out, 2, "is odd");
    expect("rm " + folder + "/run/weights.safetensors; build/why lesion --run " + folder + "/run" + data + out, 1,
           "weights.safetensors");
}

TEST(Why, PagesNameTheRunsThatTheyAreAbout) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "gnuplot is missing";
    const Scratch scratch;
    const std::string runs = (scratch / "runs").string(), out = (scratch / "out").string();
    for (const char* net : {"plain8", "resnet8"})
        expect("build/train --width 2" + data + " --epochs 1 --output-dir " + runs + "/" + net + " --model " + net, 0,
               "test error");
    expect("build/why remedies --run " + runs + data + " --output-dir " + out, 0, "Is the shortcut the only remedy?");
    const std::string page = run("cat " + out + "/remedies.html").output;
    for (const char* words : {"/runs/plain8 (commit ", "/runs/resnet8 (commit ", "64 training and 40 test pictures"})
        expect_mentions(page, words);
}

TEST(Why, SaysWhatAllWillTakeBeforeItBegins) {
    const Scratch scratch;
    const std::string out = (scratch / "out").string();
    const Exit o = run(signalled("build/why all --output-dir " + out, out + "/signal-measured.csv", "TERM"));
    EXPECT_EQ(o.code, 143) << o.output;
    std::size_t at = 0;
    for (const char* words : {"plan, timed just now on ", "\n  signal  ", "\n  shattered  ",
                              "\n  12 plain and residual nets ", "  to train, for responses, lesion, landscape\n",
                              "\n  21 nets with remedies ", "\n  lesion  ", "\n  total  ", "\nsignal takes about "}) {
        const std::size_t found = o.output.find(words, at);
        ASSERT_NE(found, o.output.npos) << words << "\n" << o.output;
        at = found;
    }
}

TEST(Why, TrainsSmallNetsAndSaysHowMuchIsLeftOfAll) {
    const Scratch scratch;
    const std::string out = (scratch / "out").string();
    const std::string log = out + "/nets/plain8-seed1/log.csv";
    const Exit o = run(signalled("build/why lesion --output-dir " + out, log, "TERM"));
    EXPECT_EQ(o.code, 143) << o.output;
    expect_mentions(o.output, "[1/12] plain8: ");
    EXPECT_TRUE(std::regex_search(o.output, std::regex("epoch 1/8 .*  in all: [0-9:]+ remaining"))) << o.output;
    expect_mentions(o.output, "give the same command again to go on.");
    const std::string remedied = out + "/nets-warm-up/plain20-seed1/log.csv";
    expect(signalled("build/why remedies --output-dir " + out, remedied, "TERM"), 143,
           "[2/21] plain20: no shortcuts, 68050 parameters, seed 1, warm-up\n");
}

TEST(Why, IsKeptOutOfAFolderThatAnotherProcessWritesInto) {
    const Scratch scratch;
    const std::string out = (scratch / "out").string();
    std::filesystem::create_directory(out);
    const FolderLock other(out);
    for (const char* experiment : {"lesion", "all"})
        expect(std::string("build/why ") + experiment + " --output-dir " + out, 1,
               "why: error: " + out + " is in use: another process writes into it.  Wait for its end, or choose "
               "another --output-dir.");
    EXPECT_TRUE(std::filesystem::is_empty(out));
}

}  // namespace
}  // namespace deepen
