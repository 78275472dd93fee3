// Do the lessons show what they say?  (Built by `make`; run here from the repository's root.)
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "engine/error.h"
#include "tests/examples/command.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

std::string output_of(const std::string& program) {
    const Exit o = run(program);
    EXPECT_EQ(o.code, 0) << program << " (run make first?) said:\n" << o.output;
    return o.output;
}

// The numbers of every line that matches `pattern`, one group a number.
std::vector<std::vector<double>> rows(const std::string& output, const char* pattern) {
    std::vector<std::vector<double>> found;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);)
        if (std::smatch m; std::regex_search(line, m, std::regex(pattern))) {
            found.emplace_back();
            for (std::size_t i = 1; i < m.size(); ++i) found.back().push_back(std::stod(m[i]));
        }
    return found;
}

TEST(Lesson0, GradientsAreTheDifferenceQuotients) {
    const auto table = rows(output_of("build/lesson0_residual_block"), R"(^   [a-z]+\d +(\S+) +(\S+)$)");
    ASSERT_EQ(table.size(), 6u);
    for (const auto& row : table) EXPECT_NEAR(row[0], row[1], 1e-6);
}

TEST(Lesson0, TheResidualBlockLearnsFromItsInput) {
    const auto steps = rows(output_of("build/lesson0_residual_block"), R"(^ +(\d+) +(\S+) +(\S+)$)");
    ASSERT_EQ(steps.size(), 6u);
    EXPECT_LT(steps.back()[1], 0.2 * steps.front()[1]);
    for (const auto& row : steps) EXPECT_LT(row[1], row[2]) << "residual against plain, step " << row[0];
}

TEST(Lesson1, GradientsAreThoseByHand) {
    const auto table =
        rows(output_of("build/lesson1_autograd"), R"(^  [a-z]   [a-z]+ +\S+ +(\S+) +(\S+) +(\S+)   dz/d)");
    ASSERT_EQ(table.size(), 5u);
    for (const auto& row : table) {
        EXPECT_EQ(row[0], row[2]) << "the tape";
        EXPECT_EQ(row[1], row[2]) << "the engine";
    }
    EXPECT_EQ(table.back()[0], 10.3891);
}

TEST(Lesson1, GradientsAddInADiamond) {
    const auto parts = rows(output_of("build/lesson1_autograd"), R"(^  (?:through a|through b|at x ).*= +(\S+))");
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0][0] + parts[1][0], 14);
}

TEST(Lesson1, AStepAgainstTheGradientLowersTheLoss) {
    const auto steps = rows(output_of("build/lesson1_autograd"), R"(w = \S+ +loss = (\S+) )");
    ASSERT_EQ(steps.size(), 2u);
    EXPECT_LT(steps[1][0], steps[0][0]);
}

TEST(Lessons, ExplainThemselvesAndRefuseWhatTheyDoNotKnow) {
    int lessons = 0;
    for (const auto& entry : std::filesystem::directory_iterator("examples")) {
        const std::string name = entry.path().stem().string(), program = "build/" + name;
        if (!name.starts_with("lesson")) continue;
        ++lessons;
        expect(program + " --help", 0, "usage: " + name);
        expect(program + " --version", 0, "\ncommit ");
        expect(program + " --nonsense", 2, "--nonsense");
    }
    EXPECT_EQ(lessons, 7);
    expect("build/lesson1_autograd 3", 2, "lesson1_autograd --help");
}

TEST(Lessons, FailWhereTheirOutputCannotBeWritten) {
    expect("(build/lesson1_autograd > /dev/full)", 1, "cannot write the output: No space left on device.");
    expect("(build/lesson1_autograd >&-)", 1, "cannot write the output: Bad file descriptor.");
}

TEST(Lesson2, TheFitComesToLieOnTheCurve) {
    const std::string output = output_of("build/lesson2_fit_a_curve");
    const auto losses = rows(output, R"(^ +\d+   (0\.\d+)$)");
    ASSERT_EQ(losses.size(), 6u);
    EXPECT_LT(losses.back()[0], losses.front()[0] / 100);
    const std::string plot = output.substr(output.find("  |"));
    EXPECT_GT(std::count(plot.begin(), plot.end(), '@'), 5 * std::count(plot.begin(), plot.end(), 'o'));
}

TEST(Lesson4, WhatAShortcutPassesOnAddsToWhatTheBlockDoes) {
    const auto table = rows(output_of("build/lesson4_residual_block"),
                            R"(^ +(-?\d\.\d{4}) +(-?\d\.\d{4}) +(-?\d\.\d{4}) +(-?\d\.\d{4})$)");
    ASSERT_EQ(table.size(), 4u);
    for (const auto& row : table) {
        EXPECT_NEAR(row[0] + row[1], row[3], 1.6e-4);    // printed with four decimals
        EXPECT_GT(std::abs(row[1]), 1e-3);               // and not all of it the shortcut's
    }
}

// The readings printed below the three tables.
TEST(Lesson4, ReadsItsTablesRight) {
    const auto table =
        rows(output_of("build/lesson4_residual_block"), R"(^ +(\d+) +([0-9.e+-]+) +#*\|#* +([0-9.e+-]+) +#*\|#*$)");
    constexpr std::size_t lines = 11;
    ASSERT_EQ(table.size(), 3 * lines);
    const auto plain = [&](int setting, std::size_t line) { return table[setting * lines + line][1]; };
    const auto residual = [&](int setting, std::size_t line) { return table[setting * lines + line][2]; };

    EXPECT_LT(plain(0, 0), 1e-6);                        // vanishes
    EXPECT_GT(residual(0, 0), 1);                        // is carried
    EXPECT_GT(plain(1, 0), 0.1);                         // survives
    EXPECT_GT(residual(1, 0), 1000);                     // explodes
    for (std::size_t i = 0; i < lines; ++i) {
        EXPECT_GE(plain(2, i), 1);                       // neither vanishes
        EXPECT_GE(residual(2, i), 1);
    }
    EXPECT_GT(plain(2, 0), 100 * residual(2, 0));        // grows far more
}

// As README, reading order and the lesson itself say.
TEST(Lesson6, HasItsNetInSixtyLines) {
    std::ifstream source("examples/lesson6_resnet50.cpp");
    int lines = -1;  // not yet there
    for (std::string line; std::getline(source, line);) {
        if (line.starts_with("// --- ResNet-50 in sixty lines")) lines = 0;
        else if (line.starts_with("// ---")) break;
        else if (lines >= 0 && !line.empty()) ++lines;
    }
    EXPECT_GT(lines, 50);
    EXPECT_LE(lines, 60);
}

// Names, shapes and weights are those of the library's net, and so is what it computes.  It learns: here which way
// stripes run, from few pictures in few steps.
TEST(Lesson6, BuildsTheLibrarysResNet50AndItLearns) {
    const Scratch scratch;
    for (int i = 0; i < 132; ++i) {
        Bytes pixels;
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x)
                pixels.insert(pixels.end(), 3, ((i % 2 ? x : y) + i) / 4 % 2 ? 200 + i % 50 : 20 + i % 30);
        scratch.write(text(i < 96 ? "train/" : "test/", i % 2 ? "down/" : "along/", i, ".png"), png(pixels, 32, 32));
    }
    const std::string output = output_of("build/lesson6_resnet50 " + scratch.folder().string());
    const auto sizes = rows(output, R"(for 2 classes: (\d+) tensors, (\d+) parameters; the library's: (\d+)$)");
    ASSERT_EQ(sizes.size(), 1u) << output;
    EXPECT_EQ(sizes[0], (std::vector<double>{161, 23512130, 23512130}));
    const auto difference = rows(output, R"(difference of their logits: (\S+) of)");
    ASSERT_EQ(difference.size(), 1u) << output;
    EXPECT_LT(difference[0][0], 1e-5);
    expect_mentions(output, "Guessing is wrong on 50.0 % of them.");
    const auto epochs = rows(output, R"(^ +\d+   (\S+) +(\S+) % +(\S+) %$)");
    ASSERT_EQ(epochs.size(), 4u) << output;
    EXPECT_LT(epochs.back()[0], epochs.front()[0]) << output;
    EXPECT_LE(epochs.back()[1], 20) << output;
    EXPECT_LE(epochs.back()[2], 30) << output;
}

}  // namespace
}  // namespace deepen
