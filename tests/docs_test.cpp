// Do the documents still speak of the code that is there?
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

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

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
    return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

// How often each file is listed; `engine/tensor.{h,cpp}` lists two.
std::map<std::string, int> listed() {
    std::map<std::string, int> counts;
    const std::string text = content("docs/reading-order.md");
    for (const std::smatch& m : matches(text, std::regex("\n- `([^`]+)`"))) {
        const std::string path = m[1];
        const std::size_t brace = path.find("{h,cpp}");
        if (brace == std::string::npos) ++counts[path];
        else
            for (const char* ending : {"h", "cpp"}) ++counts[path.substr(0, brace) + ending];
    }
    return counts;
}

TEST(ReadingOrder, ListsEverySourceFileOnce) {
    const std::map<std::string, int> counts = listed();
    for (const std::string& path : sources()) {
        const auto found = counts.find(path);
        EXPECT_EQ(found == counts.end() ? 0 : found->second, 1) << path << " in docs/reading-order.md";
    }
}

TEST(ReadingOrder, ListsNothingThatIsNotThere) {
    for (const auto& [path, count] : listed()) EXPECT_TRUE(fs::exists(path)) << path << " in docs/reading-order.md";
}

// A .cpp that goes with a header continues that header's chapter; all others open one.
TEST(Sources, OpenAsChapters) {
    const std::set<std::string> all = sources();
    for (const std::string& path : all) {
        const bool continues = path.ends_with(".cpp") && all.contains(path.substr(0, path.size() - 3) + "h");
        EXPECT_TRUE(continues || content(path).starts_with("// ")) << path;
    }
}

TEST(Documents, NameOnlyTestsThatExist) {
    std::set<std::string> tests;
    for (const fs::path& path : files_below("tests", {".cpp"})) {
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex(R"((?:^|\n)TEST(?:_F|_P)?\((\w+), (\w+)\))")))
            tests.insert(m[1].str() + "." + m[2].str());
    }
    for (const fs::path& path : files_below("docs", {".md"})) {
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex("`([A-Z][A-Za-z0-9]*\\.[A-Z][A-Za-z0-9]*)`")))
            EXPECT_TRUE(tests.contains(m[1])) << path << " names the test " << m[1];
    }
}

TEST(Documents, LinkOnlyToFilesThatExist) {
    for (const fs::path& path : files_below("docs", {".md"})) {
        const std::string text = content(path);
        for (const std::smatch& m : matches(text, std::regex(R"(\]\(([^)#]+)[^)]*\))")))
            EXPECT_TRUE(m[1].str().starts_with("http") || fs::exists(path.parent_path() / m[1].str()))
                << path << " links to " << m[1];
    }
}

}  // namespace
}  // namespace deepen
