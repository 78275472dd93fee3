// Do the documents still speak of the code that is there?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "engine/build_info.h"
#include "engine/real.h"

namespace fs = std::filesystem;

namespace deepen {
namespace {

std::string content(const fs::path& path) {
    std::ifstream in(path);
    EXPECT_TRUE(in) << path << " cannot be read; tests run from the repository's root";
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_below(const fs::path& folder, const std::set<std::string>& endings) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (endings.contains(entry.path().extension().string())) files.push_back(entry.path());
    return files;
}

std::set<std::string> sources() {
    std::set<std::string> paths;
    for (const char* folder : {"engine", "layers", "resnet", "examples"})
        for (const fs::path& path : files_below(folder, {".h", ".cpp"})) paths.insert(path.generic_string());
    return paths;
}

std::vector<fs::path> documents() {
    std::vector<fs::path> all = files_below("docs", {".md"});
    all.push_back("README.md");
    all.push_back("CHANGELOG.md");
    return all;
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
    return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// What tests/mutants/run.py looks for, in the place where it looks: once each, or `make mutants` ends there.
TEST(Mutants, FitTheCodeThatIsThere) {
    std::string name, code, before;
    const auto check = [&] {
        if (name.empty()) return;
        const std::size_t found = code.find(before);
        EXPECT_FALSE(before.empty()) << name;
        EXPECT_TRUE(found != code.npos && code.find(before, found + 1) == code.npos) << name << " does not fit";
    };
    std::size_t mutants = 0;
    for (const std::string& line : lines_of(content("tests/mutants/list.txt"))) {
        const std::size_t colon = line.find(": ");
        const bool head = !line.empty() && std::islower(static_cast<unsigned char>(line[0])) && colon != line.npos;
        if (head) {
            check();
            name = line.substr(0, colon), code = content(line.substr(colon + 2)), before.clear();
            ++mutants;
        } else if (line.starts_with("- ") || line.starts_with("  ")) {
            std::string words = line.substr(2);
            if (before.empty()) words.erase(0, words.find_first_not_of(' '));
            before += (before.empty() ? "" : "\n") + words;
        }
    }
    check();
    EXPECT_GT(mutants, 70u);
}

// --- what is named exists ------------------------------------------------------------------------------

// A file of the reading order.
struct Listed {
    std::string path;
    bool starred;
};

// In their order.  An entry is "- [`FILE.h`](../FILE.h) [`.cpp`](../FILE.cpp) ★: what it is about".
std::vector<Listed> listed() {
    std::vector<Listed> files;
    const std::string text = content("docs/reading-order.md");
    for (const std::smatch& entry : matches(text, std::regex(R"(\n- ((?:\[[^\]]*\]\([^)]*\)\s*)+)((?:★)?):)"))) {
        const std::string links = entry[1];
        for (const std::smatch& m : matches(links, std::regex(R"(\]\(\.\./([^)]+)\))")))
            files.push_back({m[1], entry[2].length() > 0});
    }
    return files;
}

bool is_lesson(const std::string& path) { return path.starts_with("examples/lesson"); }

TEST(ReadingOrder, ListsEverySourceFileOnce) {
    std::map<std::string, int> counts;
    for (const Listed& file : listed()) ++counts[file.path];
    for (const std::string& path : sources()) EXPECT_EQ(counts[path], 1) << path << ": links in docs/reading-order.md";
    EXPECT_EQ(counts.size(), sources().size());
}

// But for lessons, which show what the files after them explain.
TEST(ReadingOrder, ComesToAFileAfterAllThatItIncludes) {
    std::set<std::string> read;
    for (const auto& [path, starred] : listed()) {
        read.insert(path);
        if (is_lesson(path)) continue;
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex(R"re((?:^|\n)#include "([^"]+)")re")))
            EXPECT_TRUE(read.contains(m[1])) << path << " comes before " << m[1] << ", which it includes";
    }
}

// An hour's reading that has no need of the rest: a note that it cites is on the path, too.
TEST(ReadingOrder, HasAShortPathOfStars) {
    const std::regex told(R"(Note \[([^\]]+)\]\n//  )"), cited(R"(Note \[([^\]]+)\])"), broken(R"(\n *// *)");
    std::string path;
    for (const Listed& file : listed())
        if (file.starred) path += content(file.path);
    std::set<std::string> known;
    for (const std::smatch& m : matches(path, told)) known.insert(m[1]);
    const std::string unbroken = std::regex_replace(path, broken, " ");
    for (const std::smatch& m : matches(unbroken, cited)) EXPECT_TRUE(known.contains(m[1])) << "Note [" << m[1] << "]";
    EXPECT_GT(lines_of(path).size(), 800u);
    EXPECT_LE(lines_of(path).size(), 1200u);
}

// A .cpp that goes with a header continues that header's chapter; all others open one.
TEST(Sources, OpenAsChapters) {
    const std::set<std::string> all = sources();
    for (const std::string& path : all) {
        const bool continues = path.ends_with(".cpp") && all.contains(path.substr(0, path.size() - 3) + "h");
        EXPECT_TRUE(continues || content(path).starts_with("// ")) << path;
    }
}

TEST(Documents, LinkOnlyToFilesThatExist) {
    for (const fs::path& path : documents()) {
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex(R"(\]\(([^)#]+)[^)]*\))")))
            EXPECT_TRUE(m[1].str().starts_with("http") || fs::exists(path.parent_path() / m[1].str()))
                << path << " links to " << m[1];
    }
}

// A file or lesson named between backticks is one click away.
TEST(Documents, LinkToTheFilesThatTheyName) {
    for (const fs::path path : {"docs/tutorial.md", "docs/reading-order.md"}) {
        const std::string text = content(path);
        for (const std::smatch& m :
             matches(text, std::regex(R"((.?)`((?:engine|layers|resnet|examples|docs|build/lesson)[^`\s]*)`)"))) {
            const bool is_file = m[2].str().find_first_of("./") != std::string::npos;
            EXPECT_TRUE(!is_file || m[1] == "[") << path << " names " << m[2] << " without a link";
        }
    }
}

TEST(Documents, CiteTheVersionThatTheProgramsTell) {
    const std::string line = "\nversion: " + build_info().version + "\n";
    EXPECT_NE(content("CITATION.cff").find(line), std::string::npos) << "CITATION.cff should say" << line;
    EXPECT_NE(content("CHANGELOG.md").find("\n## " + build_info().version), std::string::npos) << "CHANGELOG.md";
}

// --- tests -----------------------------------------------------------------------------------------------

// What this program runs, "Suite.Name", without the parameters of instances.
std::set<std::string> registered_tests() {
    std::set<std::string> names;
    const testing::UnitTest& all = *testing::UnitTest::GetInstance();
    for (int s = 0; s < all.total_test_suite_count(); ++s)
        for (int t = 0; t < all.GetTestSuite(s)->total_test_count(); ++t) {
            std::string suite = all.GetTestSuite(s)->name(), name = all.GetTestSuite(s)->GetTestInfo(t)->name();
            names.insert(suite.substr(suite.find('/') + 1) + "." + name.substr(0, name.find('/')));
        }
    return names;
}

// Gradients are checked in the double build alone, which is taken at its word.
std::set<std::string> all_tests() {
    std::set<std::string> tests = registered_tests();
    for (const fs::path& path : files_below("tests", {".cpp"})) {
        if (!path.generic_string().ends_with("_gradients.cpp")) continue;
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex(R"((?:^|\n)TEST(?:_F|_P)?\((\w+), (\w+)\))")))
            tests.insert(m[1].str() + "." + m[2].str());
    }
    return tests;
}

// "Files.AreOldOrNew*:Checkpoint*" -> the parts between colons.
std::vector<std::string> patterns_of(const std::string& filter) {
    std::vector<std::string> parts;
    std::istringstream in(filter);
    for (std::string part; std::getline(in, part, ':');) parts.push_back(part);
    return parts;
}

bool matches_a_test(const std::string& pattern, const std::set<std::string>& tests) {
    const std::string dots = std::regex_replace(pattern, std::regex(R"(\.)"), "\\.");
    const std::regex whole(std::regex_replace(dots, std::regex(R"(\*)"), ".*"));
    return std::any_of(tests.begin(), tests.end(), [&](const std::string& t) { return std::regex_match(t, whole); });
}

// Cited by name, by pattern, or in a command.
std::vector<std::string> cited_tests(const std::string& text) {
    std::vector<std::string> cited;
    const std::regex by_name(R"(`([A-Z]\w*(?:\*|\.[A-Z*][\w*]*)(?::[A-Z][\w*.]*)*)`)");
    const std::regex in_command(R"(--gtest_filter='?([\w*:.]*[\w*]))");
    for (const std::regex& pattern : {by_name, in_command})
        for (const std::smatch& m : matches(text, pattern))
            for (const std::string& part : patterns_of(m[1])) cited.push_back(part);
    return cited;
}

TEST(Documents, CiteOnlyTestsThatRun) {
    const std::set<std::string> tests = all_tests();
    for (const fs::path& path : documents())
        for (const std::string& cited : cited_tests(content(path)))
            EXPECT_TRUE(matches_a_test(cited, tests)) << path << " cites the test " << cited;
}

TEST(Documents, CitationsAreRecognised) {
    EXPECT_EQ(cited_tests("see `Files.*:Checkpoint*`, `Sgd.FollowsItsFormulas`, `Makefile`, `config.json`"),
              (std::vector<std::string>{"Files.*", "Checkpoint*", "Sgd.FollowsItsFormulas"}));
    EXPECT_EQ(cited_tests("build/run-tests --gtest_filter='A*:*Fuzz*'"), (std::vector<std::string>{"A*", "*Fuzz*"}));
    const std::set<std::string> tests{"Sgd.FollowsItsFormulas"};
    EXPECT_TRUE(matches_a_test("Sgd.Follows*", tests));
    EXPECT_FALSE(matches_a_test("Sgd", tests));
    EXPECT_FALSE(matches_a_test("SgdxFollowsItsFormulas", tests));
}

// --- commands --------------------------------------------------------------------------------------------

// What is in code blocks and between backticks, one command per line.
std::vector<std::string> commands_of(const std::string& text) {
    const std::regex in_backticks("`([^`]+)`");
    std::vector<std::string> commands;
    bool fenced = false;
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with("```")) fenced = !fenced;
        else if (fenced || line.starts_with("    ")) commands.push_back(line);
        else
            for (const std::smatch& m : matches(line, in_backticks)) commands.push_back(m[1]);
    }
    return commands;
}

TEST(Documents, CommandsAskForTargetsAndProgramsThatExist) {
    const std::string makefile = content("Makefile") + content("packaging/install.mk");
    std::set<std::string> targets;
    for (const std::smatch& m : matches(makefile, std::regex(R"(\n([a-z0-9-]+):)"))) targets.insert(m[1]);
    const std::set<std::string> built{"run-tests", "answer", "fuzz", "mine"};    // mine: the reader's own
    const std::regex asked(R"((?:^|[;&|]) *make((?: +[\w=./:,-]+)*))");
    const std::regex program(R"((?:^|[\s;&|])build/(?:double/|address/|thread/|fuzz/)?([\w-]+)(?= |$))");
    for (const fs::path& path : documents()) {
        for (const std::string& command : commands_of(content(path))) {
            for (const std::smatch& m : matches(command, asked)) {
                std::istringstream words(m[1]);
                for (std::string word; words >> word;)
                    EXPECT_TRUE(word.find_first_of("=/-") != std::string::npos || targets.contains(word))
                        << path << ": `" << command << "` asks make for " << word;
            }
            for (const std::smatch& m : matches(command, program))
                EXPECT_TRUE(fs::exists("examples/" + m[1].str() + ".cpp") || built.contains(m[1]))
                    << path << ": `" << command << "` runs " << m[1];
        }
    }
}

// A flag is known to the program's source, or to what programs share.
TEST(Documents, CommandsGiveFlagsThatExist) {
    std::string shared;
    for (const fs::path& path : files_below("examples/common", {".h", ".cpp"})) shared += content(path);
    const std::regex called(R"(build/([\w-]+))"), given(R"( (--[a-z][a-z-]*))");
    for (const fs::path& path : documents())
        for (const std::string& command : commands_of(content(path))) {
            std::smatch program;
            if (!std::regex_search(command, program, called)) continue;
            const fs::path source = "examples/" + program[1].str() + ".cpp";
            if (!fs::exists(source)) continue;
            const std::string known = shared + content(source);
            const auto knows = [&](const std::string& flag) { return known.find(flag) != std::string::npos; };
            for (const std::smatch& m : matches(command, given))
                EXPECT_TRUE(knows(m[1].str() + "\"") || knows(m[1].str() + ","))
                    << path << ": `" << command << "` gives " << m[1];
        }
}

// --- how they read ---------------------------------------------------------------------------------------

// Tables, links and code take the room that they need.
TEST(Documents, ProseFitsAWindow) {
    for (const fs::path& path : documents()) {
        bool fenced = false;
        for (const std::string& line : lines_of(content(path))) {
            if (line.starts_with("```")) fenced = !fenced;
            if (fenced || line.starts_with("    ") || line.starts_with("|") || line.find("](") != line.npos) continue;
            const auto bytes_after_the_first = [](unsigned char c) { return (c & 0xC0) == 0x80; };   // UTF-8
            const auto columns = line.size() - std::count_if(line.begin(), line.end(), bytes_after_the_first);
            EXPECT_LE(columns, 100u) << path << ": " << line;
        }
    }
}

}  // namespace
}  // namespace deepen
