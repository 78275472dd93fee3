// Do the pages of results say what their logs give?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/curves.h"
#include "resnet/report/merge.h"
#include "resnet/report/results_page.h"
#include "resnet/report/terminal.h"
#include "resnet/report/verdict.h"
#include "resnet/training/history.h"

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
    ASSERT_EQ(runs.size(), 12u);
    const std::string page = with_single_blanks(read_text_file("docs/results/demo/README.md"));
    const Verdict verdict = judge(runs, {.pictures = 5000, .batch = 32, .test_pictures = 1000});
    int number = 0;
    for (const Claim* claim : verdict.claims()) {
        const std::string said = with_single_blanks(heading(++number, *claim) + " " + answer(*claim));
        EXPECT_NE(page.find(said), page.npos) << said;
    }
}

// Drawn by the gnuplot that draws here?  Another version draws the same in other words.
std::string drawn_by(const std::string& svg) {
    const std::size_t begin = svg.find("Produced by"), end = svg.find('\n', begin);
    return begin == svg.npos ? "" : svg.substr(begin, end - begin);
}

class PageOfRuns : public testing::TestWithParam<const char*> {};

TEST_P(PageOfRuns, IsWhatItsLogsGive) {
    const std::filesystem::path folder = text("docs/results/", GetParam()), path = folder / "README.md";
    const auto all = merge(find_runs({folder}, [](const std::string& line) { ADD_FAILURE() << line; }));
    ASSERT_EQ(all.size(), 1u);
    const std::string page = read_text_file(path);
    EXPECT_EQ(results_page(page, path, all[0]), page) << "run make figure6";
    EXPECT_NE(page.find("JPEG copies"), page.npos);
    const Curves curves{all[0].finished(), all[0].unfinished(), {}};
    EXPECT_EQ(read_text_file(folder / "curves.csv"), curves_csv(curves.ours())) << "run make figure6";
    EXPECT_EQ(read_text_file(folder / "runs.csv"), runs_csv(all)) << "run make figure6";
    if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
    for (const auto& [name, look] : {std::pair("figure6.svg", Look::paper), std::pair("curves.svg", Look::ours)}) {
        const std::string committed = read_text_file(folder / name), drawn = curves_figure(curves, look);
        EXPECT_TRUE(committed == drawn || drawn_by(committed) != drawn_by(drawn)) << name << ": run make figure6";
    }
}

INSTANTIATE_TEST_SUITE_P(Results, PageOfRuns, testing::Values("figure6", "whole-schedule"));

// Each run has its row: "| [cosine](cosine/log.csv) | ... | 10.51 % |".
TEST(Results, OfTheRecipesAreWhatTheirLogsGive) {
    const std::filesystem::path folder = "docs/results/recipes";
    std::istringstream lines(read_text_file(folder / "README.md"));
    std::map<std::string, std::string> said;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("| ["))
            said[line.substr(3, line.find(']') - 3)] = line.substr(line.rfind('|', line.size() - 2) + 2);
    std::size_t runs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_directory()) continue;
        const std::string name = entry.path().filename();
        const double error = read_history(entry.path() / "log.csv").back().test_error;
        EXPECT_EQ(said[name], format("%.2f %% |", 100 * error)) << name;
        ++runs;
    }
    EXPECT_EQ(said.size(), runs);
}

}  // namespace
}  // namespace deepen
