// Does --help fit the window?
#include <gtest/gtest.h>

#include <sstream>

#include "examples/common/help.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

std::string help(int width) {
    CLI::App app("Counts the weights of a net, of any net that anybody has ever drawn, and prints how many.", "count");
    app.set_help_flag("-h,--help", "show this help");
    app.formatter(std::make_shared<Help>([width] { return width; }));
    static std::vector<std::string> files, more;
    static std::vector<double> mean;
    static int depth;
    static bool brief;
    depth = 20;
    app.add_option("FILE", files, "files with nets")->required()->expected(1, -1)->type_name("");
    app.add_option("-d,--depth", depth, "number of weighted layers, counted as He et al. counted them in 2015")
        ->capture_default_str()
        ->type_name("N")
        ->group("Net");
    CLI::Option* means =
        app.add_option("--mean", mean, "of each colour")->delimiter(',')->expected(3)->type_name("R,G,B");
    app.add_option("--with", more, "more files")->expected(1, -1)->type_name("FILE");
    app.add_option("--a-name-longer-than-its-column", depth, "has its words below")->type_name("NAME");
    app.add_flag("--brief", brief, "only the number")->excludes(means)->group("Net");
    app.footer("Examples:\n  count resnet20\n  count resnet56");
    return app.help();
}

TEST(Help, IsOneColumnOfNamesAndOneOfWrappedDescriptions) {
    EXPECT_EQ(help(60),
              "usage: count [OPTIONS] FILE...\n"
              "\n"
              "Counts the weights of a net, of any net that anybody has\n"
              "ever drawn, and prints how many.\n"
              "\n"
              "Arguments:\n"
              "  FILE...         files with nets (required)\n"
              "\n"
              "Options:\n"
              "  -h, --help      show this help\n"
              "  --mean R,G,B    of each colour (not with --brief)\n"
              "  --with FILE...  more files\n"
              "  --a-name-longer-than-its-column NAME\n"
              "                  has its words below\n"
              "\n"
              "Net:\n"
              "  -d, --depth N   number of weighted layers, counted as He\n"
              "                  et al. counted them in 2015 (default: 20)\n"
              "  --brief         only the number (not with --mean)\n"
              "\n"
              "Examples:\n"
              "  count resnet20\n"
              "  count resnet56\n");
}

TEST(Help, BreaksNoWordAndFitsAnyWindow) {
    const auto words = [](const std::string& text) {
        std::vector<std::string> all;
        std::istringstream in(text);
        for (std::string word; in >> word;) all.push_back(word);
        return all;
    };
    const std::vector<std::string> expected = words(help(1000));
    for (const int width : {40, 50, 66, 80, 100}) {
        const std::string text = help(width);
        EXPECT_EQ(words(text), expected) << width;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width) << line;
        EXPECT_EQ(text.find("\n\n\n"), text.npos) << text;
    }
}

TEST(Help, IsEightyColumnsWideWhereThereIsNoWindow) {
    testing::internal::CaptureStdout();                  // a file
    EXPECT_EQ(help_width(), 80);
    testing::internal::GetCapturedStdout();
}

}  // namespace
}  // namespace deepen
