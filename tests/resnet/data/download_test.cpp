// `make data` without a network: the script runs on a small archive, whose size and MD5 are put in
// place of the real one's.
#include <sys/wait.h>

#include <cstdio>

#include "tests/scratch.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

const std::string content = "an archive\n";
const std::string content_md5 = "6e46f9fb73a7de7059a31235a2995e09";
const std::string nobody = "http://127.0.0.1:1/cifar-10-binary.tar.gz";   // a port at which no one listens

void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
}

class Download : public testing::Test {
protected:
    void SetUp() override {
        std::string script = read_text_file("resnet/data/download.sh");
        replace(script, "size=170052171", "size=" + std::to_string(content.size()));
        replace(script, "md5=c32a1d4ab5d03f1284b67883e8d87530", "md5=" + content_md5);
        scratch_.write("download.sh", script);
        source_ = scratch_.write("source.tar.gz", content);
    }

    // Runs the script on a source, with more variables set as asked; fills code_ and said_.
    void run(const std::string& url, const std::string& variables = "") {
        const std::string command = "env -u HOME XDG_CACHE_HOME='" + (scratch_ / "cache").string() + "' CIFAR10_URL='" +
                                    url + "' " + variables + " /bin/sh '" + (scratch_ / "download.sh").string() +
                                    "' 2>&1";
        FILE* pipe = popen(command.c_str(), "r");
        ASSERT_NE(pipe, nullptr);
        said_.clear();
        for (int c; (c = std::fgetc(pipe)) != EOF;) said_ += static_cast<char>(c);
        code_ = WEXITSTATUS(pclose(pipe));
    }

    // Where the same command cannot help, `again` is empty.
    void expect_refusal(const std::string& reason, const std::string& again) {
        EXPECT_EQ(code_, 1);
        for (const std::string& words : {reason, again, std::string("--data-path synthetic")})
            expect_mentions(said_, words);
        EXPECT_EQ(said_.find("run `make data` again") == said_.npos, again.empty()) << said_;
        EXPECT_FALSE(fs::exists(archive()));
    }
    static constexpr const char* to_go_on = "To have it, run `make data` again to go on where this attempt stopped; or "
                                            "get cifar-10-binary.tar.gz elsewhere and run `make data CIFAR10_URL=/path";

    fs::path archive() const { return scratch_ / "cache/deepen/cifar-10-binary.tar.gz"; }
    fs::path part() const { return archive().string() + ".part"; }
    void write_part(const std::string& bytes) { scratch_.write("cache/deepen/cifar-10-binary.tar.gz.part", bytes); }

    Scratch scratch_;
    fs::path source_;
    std::string said_;
    int code_ = 0;
};

TEST_F(Download, TakesALocalFileOnce) {
    for (const std::string& url : {source_.string(), "file://" + source_.string()}) {
        fs::remove(archive());
        run(url);
        EXPECT_EQ(code_, 0) << said_;
        expect_mentions(said_, "is ready.  Train on it with --data-path cifar10");
        EXPECT_EQ(read_text_file(archive()), content);
        EXPECT_FALSE(fs::exists(part()));
    }
    run(nobody);
    EXPECT_EQ(code_, 0) << said_;
    expect_mentions(said_, "is there and intact");
}

TEST_F(Download, ReplacesADamagedArchive) {
    scratch_.write("cache/deepen/cifar-10-binary.tar.gz", std::string("an archivf\n"));
    run(source_.string());
    EXPECT_EQ(code_, 0) << said_;
    expect_mentions(said_, "is damaged (its MD5 is ");
    expect_mentions(said_, "; removed.");
    EXPECT_EQ(read_text_file(archive()), content);
}

TEST_F(Download, RemovesADamagedArchiveEvenWhenThereIsNoOther) {
    scratch_.write("cache/deepen/cifar-10-binary.tar.gz", std::string("an arch"));
    run(nobody);
    expect_mentions(said_, "is damaged (7 bytes instead of 11); removed.");
    expect_refusal("cannot be downloaded; 0 of 11 bytes are here", to_go_on);
}

TEST_F(Download, RefusesASourceThatIsNotTheArchiveAndLeavesItAlone) {
    const fs::path other = scratch_.write("other.tar.gz", std::string("no archive\n"));
    run(other.string());
    expect_refusal("other.tar.gz is not that archive: its MD5 is ", "");
    expect_mentions(said_, "To have it, get cifar-10-binary.tar.gz elsewhere");
    scratch_.write("other.tar.gz", std::string("an arch"));
    run("file://" + other.string());
    expect_refusal("other.tar.gz is not that archive: 7 bytes instead of 11", "");
    EXPECT_EQ(read_text_file(other), "an arch");
    run((scratch_ / "absent").string());
    expect_refusal("absent is not there", "");
}

TEST_F(Download, SaysWhatToDoWithoutANetworkAndKeepsWhatHasArrived) {
    write_part("an ar");
    run(nobody);
    expect_refusal(nobody + " cannot be downloaded; 5 of 11 bytes are here", to_go_on);
    EXPECT_EQ(read_text_file(part()), "an ar");
}

TEST_F(Download, FinishesWhatHasArrivedInFull) {
    write_part(content);
    run(nobody);
    EXPECT_EQ(code_, 0) << said_;
    EXPECT_EQ(read_text_file(archive()), content);
}

TEST_F(Download, DoesNotBelieveWhatHasArrivedDamaged) {
    write_part("no archive\n");
    run(nobody);
    expect_refusal("is not the archive: its MD5 is ", "To have it, run `make data` again to begin anew; or get");
    EXPECT_FALSE(fs::exists(part()));
    write_part("an archive and more\n");
    run(nobody);
    expect_refusal("0 of 11 bytes are here", to_go_on);
}

TEST_F(Download, NamesTheToolsItNeeds) {
    fs::create_directories(scratch_ / "bin");
    for (const std::string tool : {"mkdir", "wc", "tr", "md5sum", "cut", "rm"}) {
        for (const std::string folder : {"/bin/", "/usr/bin/"}) {
            if (fs::exists(folder + tool) && !fs::exists(scratch_ / ("bin/" + tool))) {
                fs::create_symlink(folder + tool, scratch_ / ("bin/" + tool));
            }
        }
    }
    run(nobody, "PATH='" + (scratch_ / "bin").string() + "'");
    expect_refusal("neither curl nor wget is installed", "install one of them and run `make data` again; or get");
}

TEST_F(Download, RefusesToGuessACacheFolder) {
    run(source_.string(), "XDG_CACHE_HOME=");
    EXPECT_EQ(code_, 1);
    expect_mentions(said_, "neither XDG_CACHE_HOME nor HOME is set");
}

// Else the server that has sent something else would be asked for the same 162 MiB again.
TEST_F(Download, OfWhatCameWholeAndIsSomethingElseIsNotAdvisedAgain) {
    const fs::path tools = scratch_ / "bin/curl";
    scratch_.write("bin/curl", std::string("#!/bin/sh\nwhile [ \"$1\" != --output ]; do shift; done\n") +
                                   "printf 'no archive\\n' > \"$2\"\n");
    fs::permissions(tools, fs::perms::owner_all);
    run(nobody, "PATH='" + tools.parent_path().string() + ":/usr/bin:/bin'");
    expect_refusal("what came from " + nobody + " is not the archive: its MD5 is ", "");
}

TEST_F(Download, RefusesACacheFolderThatCannotBeMade) {
    scratch_.write("cache", std::string("a file"));
    run(source_.string());
    EXPECT_EQ(code_, 1);
    expect_refusal("deepen cannot be made", "set XDG_CACHE_HOME to another folder, and run `make data` again; or");
}

}  // namespace
}  // namespace deepen
