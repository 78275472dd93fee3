// Does the Makefile build what has changed, and only that?  It is tried on a tree of six small files.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

class Makefile : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(tree / "tests");
        std::filesystem::copy("Makefile", tree / "Makefile");
        std::filesystem::copy("tests/packages.sh", tree / "tests" / "packages.sh");
        scratch.write("a tree/engine/one.cpp", std::string("int one() { return 1; }\n"));
        scratch.write("a tree/engine/two.cpp", std::string("int two() { return 2; }\n"));
        scratch.write("a tree/engine/build_info.cpp", std::string("const char* commit() { return DEEPEN_COMMIT; }\n"));
        scratch.write("a tree/examples/common/said.cpp", std::string("extern const char said[] = \"commit \";\n"));
        scratch.write("a tree/examples/degradation.cpp", std::string("#include <cstdio>\n"
                                                                     "const char* commit();\n"
                                                                     "int main() { std::puts(commit()); }\n"));
        scratch.write("a tree/build/packages-found", std::string());
    }

    // `commands` in the tree, without what a make above us has put into the environment.  They call its programs
    // ./build/..., as build/... is this one's (command.h).
    std::string said(const std::string& commands, int code = 0) const {
        const Exit o =
            run("cd '" + tree.string() + "' && env -i PATH=\"$PATH\" HOME=/nowhere sh -ec '" + commands + "'");
        EXPECT_EQ(o.code, code) << commands << "\n" << o.output;
        return o.output;
    }

    // The lines of what make said, sorted.
    std::string done(const std::string& flags = "") const { return said("make " + flags + " | sort"); }

    const Scratch scratch;
    const std::filesystem::path tree = scratch / "a tree";      // a space in the path of the source
};

const std::string everything = "compile engine/build_info.cpp\ncompile engine/one.cpp\ncompile engine/two.cpp\n"
                               "compile examples/common/*.cpp\ncompile examples/degradation.cpp\n"
                               "link build/degradation\n";

TEST_F(Makefile, CompilesAgainWhereTheCompilerOrItsFlagsAreOthersAndOnlyThen) {
    EXPECT_EQ(done(), everything);
    EXPECT_EQ(done(), "");
    for (const std::string flags : {"CXXFLAGS=-O0", "CXXFLAGS=-O0 ARCH=", "CXXFLAGS=-O0 ARCH= CXX=\"env g++\""}) {
        EXPECT_EQ(done(flags), everything) << flags;
        EXPECT_EQ(done(flags), "") << flags;
    }
}

// What `native` means, and which compiler g++ is, may change while its name does not.
TEST_F(Makefile, CompilesAgainWhereNativeMeansAnotherProcessor) {
    scratch.write("a tree/compiler", std::string("#!/bin/sh\nexec g++ $EXTRA \"$@\"\n"));
    said("chmod +x compiler");
    EXPECT_EQ(done("CXX=./compiler"), everything);
    EXPECT_EQ(said("EXTRA=-mno-sse4.1 make CXX=./compiler | sort"), everything);
    EXPECT_EQ(said("EXTRA=-mno-sse4.1 make CXX=./compiler | sort"), "");
}

// Its light files are compiled as one.
TEST_F(Makefile, CompilesAFolderAgainWhereAFileOfItIsAnotherIsNewOrIsGone) {
    const std::string folder = "compile examples/common/*.cpp\nlink build/degradation\n";
    EXPECT_EQ(done(), everything);
    said("echo >> examples/common/said.cpp");
    EXPECT_EQ(done(), folder);
    scratch.write("a tree/examples/common/more.cpp", std::string("int more() { return sizeof said; }\n"));
    EXPECT_NE(said("make 2>&1", 2).find("'said' was not declared"), std::string::npos);   // more.cpp comes before it
    said("sed -i \"1i extern const char said[8];\" examples/common/more.cpp");
    EXPECT_EQ(done(), folder);
    said("rm examples/common/more.cpp");
    EXPECT_EQ(done(), folder);
    EXPECT_EQ(done(), "");
    EXPECT_EQ(said("ar t ./build/libprograms.a"), "folder.o\n");
}

TEST_F(Makefile, LinksAgainWithOtherLibrariesWithoutCompiling) {
    done();
    EXPECT_EQ(done("LDFLAGS=-Wl,-O1"), "link build/degradation\n");
}

TEST_F(Makefile, CompilesOneFileAgainForAnotherCommit) {
    if (run("git --version").code != 0) GTEST_SKIP() << "no git here";
    done();
    EXPECT_EQ(said("./build/degradation"), "unknown\n");
    said("printf \"build\\ncompiler\\n\" > .gitignore; git init -q .; git add .;"
         "git -c user.name=n -c user.email=e commit -qm one");
    const std::string commit = said("git rev-parse --short=12 HEAD").substr(0, 12);
    EXPECT_EQ(done(), "compile engine/build_info.cpp\nlink build/degradation\n");
    EXPECT_EQ(said("./build/degradation"), commit + "\n");
    EXPECT_EQ(done(), "");
    said("echo >> engine/one.cpp; make");
    EXPECT_EQ(said("./build/degradation"), commit + "-dirty\n");
}

TEST_F(Makefile, ForgetsTheObjectOfADeletedSource) {
    done();
    expect_mentions(said("ar t ./build/libdeepen.a"), "two.o");
    said("rm engine/two.cpp; make");
    EXPECT_EQ(said("ar t ./build/libdeepen.a | sort"), "build_info.o\none.o\n");
}

TEST_F(Makefile, BuildsOutsideATreeThatIsReadOnly) {
    const std::string elsewhere = (scratch / "elsewhere").string(), build = "BUILD=" + elsewhere;
    said("mkdir " + elsewhere + "; touch " + elsewhere + "/packages-found; find . | sort > ../before");
    EXPECT_EQ(said("make " + build + " all demo | grep -c ^compile"), "5\n");
    said("make " + build + " clean; find . | sort | cmp - ../before");
    EXPECT_EQ(said("find " + elsewhere), elsewhere + "\n");
}

TEST_F(Makefile, MakesEachThingOnceForTwoTargetsAndNothingBeforeCleanIsOver) {
    std::string both = said("make all demo 2>&1 | grep -v \"^build/\\|^ \" | sort");
    EXPECT_EQ(both, everything + "unknown\n");
    both = said("make clean all 2>&1");
    EXPECT_EQ(both.substr(0, 13), "rm -rf build\n");
    for (const char* line : {"compile engine/one.cpp", "link build/degradation"}) expect_mentions(both, line);
}

TEST_F(Makefile, RefusesWhatItDoesNotKnow) {
    expect_mentions(said("make REAL=doubel 2>&1", 2), "REAL=doubel is unknown.  Try float or double");
    expect_mentions(said("make SANITIZE=undefined 2>&1", 2), "SANITIZE=undefined is unknown.  Try address");
    expect_mentions(said("make DECODERS=libpng 2>&1", 2), "DECODERS=libpng is unknown.  Try stb_image");
    expect_mentions(said("make \"BUILD=a b\" 2>&1", 2), "BUILD=a b has a space in it");
    said("rm ./build/packages-found");
    const std::string wrong = said("make ARCH=pdp11 2>&1", 2);
    expect_mentions(wrong, "does not take its flags (above).  Is it the right ARCH?");
    expect_mentions(wrong, "pdp11");
    EXPECT_EQ(wrong.find("Missing:"), wrong.npos) << wrong;
}

// Writes a program for the shell, and returns " path".
std::string program_of(const Scratch& scratch, const char* name, const std::string& body) {
    const std::string path = scratch.write(name, "#!/bin/sh\n" + body).string();
    EXPECT_EQ(run("chmod +x " + path).code, 0);
    return " " + path;
}

const std::string passed = "echo '[  PASSED  ] 3 tests.'; ";

TEST(RunSh, CountsWhatPassedFailedAndWasSkipped) {
    const Scratch scratch;
    const auto program = [&](const char* name, const std::string& body) { return program_of(scratch, name, body); };
    const std::string good = program("good", passed);
    const std::string some = program("some", passed + "echo '[  SKIPPED ] 2 tests, listed below:'");
    const std::string two = "echo '[  FAILED  ] A.B (3 ms)'; echo '[  FAILED  ] A.C (0 ms)'; ";
    const std::string bad = program("bad", two + passed + "exit 1");
    const std::string dead = program("dead", "kill -9 $$");
    for (const std::string& each : {good, some, bad, dead})
        expect("SHARDS=1 sh tests/run.sh" + each, 0, "==" + each + "\n");
    const auto sum = [](const std::string& programs) { return run("sh tests/run.sh --sum" + programs); };
    EXPECT_EQ(sum(good + good).output, "6 passed, 0 failed\n");
    EXPECT_EQ(sum(good + some).output, "6 passed, 0 failed, 2 skipped\n");
    EXPECT_EQ(sum(bad + some).output, "6 passed, 2 failed, 2 skipped\n");
    EXPECT_EQ(sum(dead + good).output, "3 passed, 1 failed\n");
    EXPECT_EQ(sum(some).code, 0);
    EXPECT_EQ(sum(bad).code, 1);
    EXPECT_EQ(sum(dead).code, 1);
    expect("sh tests/run.sh --sum" + good + " " + (scratch / "never").string(), 1,
           "never has not run\n3 passed, 1 failed\n");
}

TEST(RunSh, AddsWhatTwoProcessesSay) {
    const Scratch scratch;
    const std::string first_only = "[ $GTEST_TOTAL_SHARDS = 2 ] && [ $GTEST_SHARD_INDEX = 0 ] || exit 1\n";
    const std::string second_ends = program_of(scratch, "second_ends", first_only + passed);
    expect("SHARDS=2 sh tests/run.sh" + second_ends, 0, "second_ends ended with status 1");
    EXPECT_EQ(run("sh tests/run.sh --sum" + second_ends).output, "3 passed, 1 failed\n");
    const std::string both_pass = program_of(scratch, "both_pass", passed);
    expect("SHARDS=2 sh tests/run.sh" + both_pass, 0, "[  PASSED  ] 3 tests.\n[  PASSED  ] 3 tests.\n");
    EXPECT_EQ(run("sh tests/run.sh --sum" + both_pass).output, "6 passed, 0 failed\n");
}

TEST(LintSh, FindsTheTreeFromAnywhere) {
    expect("cd tests && sh lint.sh </dev/null", 0, "lint: nothing found");
}

}  // namespace
}  // namespace deepen
