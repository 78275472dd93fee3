// Do the manual, the completion and --help know the same flags?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "examples/common/checks.h"
#include "examples/common/manual.h"
#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// A program with one flag of each kind.
class Manual : public testing::Test {
protected:
    Manual() : app("Counts the weights of a net.  'Tis 3-dimensional.", "count") {
        app.add_option("WHAT", what, "what to count")->check(one_of({"weights", "layers"}));
        app.add_option("-d,--depth", depth, "weighted layers")->type_name("N");
        app.add_option("--real", real, "number type")->check(one_of({"float", "double"}))->type_name("TYPE");
        app.add_option("--range", depth, "within bounds")->check(within(0, 9));
        app.add_flag("--brief", brief, "only the number");
        app.add_flag("--secret", brief, "for ourselves")->group("");
        app.footer(".count resnet20 \\\n  --brief");
    }

    CLI::App app;
    std::string what, real;
    int depth = 0;
    bool brief = false;
};

TEST_F(Manual, IsAPageThatRoffReadsAsItIsMeant) {
    const std::string page = man_page(app, "deepen count");
    EXPECT_TRUE(page.starts_with(".TH deepen\\-count 1 \"\" \"Deepen ")) << page;
    for (const char* part : {".SH NAME\ndeepen\\-count \\- counts the weights of a net\n",
                             ".SH SYNOPSIS\n.B deepen count [OPTIONS] WHAT\n", "'Tis 3\\-dimensional.\n",
                             ".TP\n.B \\-d, \\-\\-depth N\nweighted layers\n",
                             ".nf\n\\&.count resnet20 \\e\n  \\-\\-brief\n.fi\n"})
        EXPECT_NE(page.find(part), page.npos) << part << "\n" << page;
    EXPECT_EQ(page.find("secret"), page.npos);
}

TEST_F(Manual, CompletesFlagsAndTheirWords) {
    EXPECT_EQ(completions(app, {"--"}),
              "--help\tPrint this help message and exit\n--depth\tweighted layers\n--real\tnumber type\n"
              "--range\twithin bounds\n--brief\tonly the number\n");
    EXPECT_EQ(completions(app, {"--depth", "3", "--br"}), "--brief\tonly the number\n");
    EXPECT_EQ(completions(app, {"--real", ""}), "float\t\ndouble\t\n");
    EXPECT_EQ(completions(app, {"--real", "d"}), "double\t\n");
    EXPECT_EQ(completions(app, {"-d", ""}), "") << "any number: nothing to propose";
    EXPECT_EQ(completions(app, {"--brief", "w"}), "weights\t\n") << "--brief takes no word, so this is WHAT";
    EXPECT_EQ(completions(app, {}), "weights\t\nlayers\t\n");
    EXPECT_EQ(completions(app, {"--unheard-of"}), "");
}

TEST_F(Manual, CompletesCommands) {
    app.add_subcommand("sum", "adds up");
    EXPECT_EQ(completions(app, {"su"}), "sum\tadds up\n");
}

// The flags at the beginnings of lines, behind `margin`; "-b, --batch-size N" is one, "--lr, --rate R" are two.
std::set<std::string> flags_in(const std::string& text, const std::string& margin) {
    std::set<std::string> flags;
    const std::regex flag("--([a-z0-9-]+)");
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(margin + "-")) continue;
        line.erase(0, margin.size());
        line = line.substr(0, std::min(line.find('\t'), line.find("  ")));   // what it does
        for (std::sregex_iterator m(line.begin(), line.end(), flag), end; m != end; ++m) flags.insert((*m)[1]);
    }
    return flags;
}

std::vector<std::string> programs() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("examples"))
        if (entry.path().extension() == ".cpp") names.push_back(entry.path().stem().string());
    return names;
}

TEST(Programs, HaveTheSameFlagsInHelpManualAndCompletion) {
    for (const std::string& name : programs()) {
        const std::string help = run("build/" + name + " --help").output;
        const std::set<std::string> flags = flags_in(help, "  ");
        EXPECT_GE(flags.size(), 2u) << name;
        const std::string page = std::regex_replace(run("build/" + name + " --man").output, std::regex(R"(\\-)"), "-");
        EXPECT_EQ(flags_in(page, ".B "), flags) << name;
        EXPECT_EQ(flags_in(run("build/" + name + " --complete --").output, ""), flags) << name;
    }
}

TEST(Deepen, KnowsEveryProgram) {
    const std::string help = run("build/deepen --help").output;
    for (const std::string& name : programs())
        if (name != "deepen") {
            EXPECT_NE(help.find("\n  " + name + " "), help.npos) << name;
            expect("build/deepen " + name + " --help", 0, "usage: deepen " + name + " [OPTIONS]");
        }
}

TEST(Deepen, PassesOnArgumentsAndExitCodesUnderItsName) {
    expect("build/deepen train --epoks 3", 2, "deepen train: error: ");
    expect("build/deepen train --epoks 3", 2, "Try `deepen train --help`");
    expect("build/deepen summary resnet20 --format csv", 0, "name,type,detail");
    expect("build/deepen evaluate --weights nowhere.safetensors", 1, "deepen evaluate: error: ");
    expect("build/deepen help train", 0, "  deepen train --model resnet20\n");
    expect("build/deepen help", 0, "usage: deepen COMMAND [OPTIONS]");
    expect("build/deepen", 2, "a command is missing");
    expect("build/deepen trian", 2, "did you mean train?");
    expect("build/deepen --complete train --schedule p", 0, "paper\t");
}

TEST(Plot, DrawsRunsInTheTerminalOrAsAFigure) {
    if (gnuplot_is_missing()) GTEST_SKIP() << "no gnuplot here";
    const std::string runs = "docs/results/figure6/plain20-seed1 docs/results/figure6/resnet20-seed1/log.csv";
    const Scratch scratch;
    expect("build/plot " + runs, 0, "resnet20-seed1");
    for (const std::string name : {"a.svg", "a.pdf", "a.png"}) {
        expect("build/plot " + runs + " --x iterations --output " + (scratch / name).string(), 0, "");
        EXPECT_GT(std::filesystem::file_size(scratch / name), 1000u) << name;
    }
    expect("build/plot " + runs + " --output " + (scratch / "a.gif").string(), 2, "ends in .svg, .pdf or .png");
    expect("build/plot " + scratch.folder().string(), 1, "holds no log.csv");
    expect("build/plot docs/results/recipes", 1, "holds some: name them, docs/results/recipes/");
    expect("build/plot docs/results/recipes/cosine docs/results/recipes/cosine/log.csv", 2,
           "is a run that is named already.");
    expect("head -n 1 docs/results/recipes/cosine/log.csv > " + (scratch / "log.csv").string() + "; build/plot " +
               scratch.folder().string(), 1, "no epoch of this run is over yet.");
    expect("build/plot", 2, "RUN is missing");
}

TEST(Deepen, SaysWhatIsMissingWhereItIsNotInstalledAsAWhole) {
    const Scratch scratch;
    const std::string path = scratch / "deepen";
    run("cp build/deepen " + path);
    expect(path + " train", 1, "cannot run ");
    expect(path + " train", 1, "Is Deepen installed as a whole?");
}

}  // namespace
}  // namespace deepen
