// Do the pages of results say what their logs give?
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "engine/io/files.h"
#include "resnet/training/verdict.h"

namespace deepen {
namespace {

std::vector<deepen::Run> runs_of(const std::string& csv) {
    std::vector<deepen::Run> runs;
    std::istringstream lines(csv);
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);) {
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream in(line);
        std::string kind;
        int depth = 0;
        std::uint64_t seed = 0;
        EpochRecord e;
        in >> kind >> depth >> seed >> e.epoch >> e.iteration >> e.lr >> e.train_loss >> e.train_error >> e.test_loss >>
            e.test_error >> e.seconds;
        EXPECT_TRUE(in) << line;
        if (e.epoch == 1) runs.push_back({kind, depth, seed, {}});
        runs.back().history.push_back(e);
    }
    return runs;
}

std::string with_single_blanks(const std::string& words) {
    std::istringstream in(words);
    std::string all;
    for (std::string word; in >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
}

TEST(Results, OfTheDemoAreWhatItsLogGives) {
    const auto runs = runs_of(read_text_file("docs/results/demo/curves.csv"));
    ASSERT_EQ(runs.size(), 8u);
    const std::string page = with_single_blanks(read_text_file("docs/results/demo/README.md"));
    const Verdict verdict = judge(runs, {.pictures = 5000, .batch = 32, .test_pictures = 1000});
    int number = 0;
    for (const Claim* claim : verdict.claims()) {
        const std::string said = with_single_blanks(heading(++number, *claim) + " " + answer(*claim));
        EXPECT_NE(page.find(said), page.npos) << said;
    }
}

}  // namespace
}  // namespace deepen
