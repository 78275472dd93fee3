#include "resnet/training/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/training/csv_line.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const std::string header = "epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds\n";

// What reading `rows` below a header complains of, without the folder's name.
std::string complaint(const std::string& bytes) {
    const Scratch scratch;
    const auto path = scratch.write("history.csv", bytes);
    const std::string message = refusal_of([&] { read_history(path); });
    const std::size_t name = message.find("history.csv");
    return name == std::string::npos ? message : message.substr(name);
}

TEST(History, ReadsWhatItWrote) {
    const Scratch scratch;
    const History written = {{1, 391, 0.1, 1.5 / 7, 0.61566, 1.25, 0.6069, 101.5},
                             {2, 782, 0.1, NAN, 0.9, INFINITY, NAN, 0}};
    write_history(scratch.folder() / "h.csv", written);
    const History read = read_history(scratch.folder() / "h.csv");
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].epoch, 1);
    EXPECT_EQ(read[0].iteration, 391);
    EXPECT_EQ(read[0].lr, 0.1);
    EXPECT_EQ(read[0].train_loss, 1.5 / 7);
    EXPECT_EQ(read[0].train_error, 0.61566);
    EXPECT_EQ(read[0].test_loss, 1.25);
    EXPECT_EQ(read[0].test_error, 0.6069);
    EXPECT_EQ(read[0].seconds, 101.5);
    EXPECT_TRUE(std::isnan(read[1].train_loss));
    EXPECT_EQ(read[1].test_loss, INFINITY);
    EXPECT_TRUE(std::isnan(read[1].test_error));
}

TEST(History, IsPlainText) {
    const Scratch scratch;
    write_history(scratch.folder() / "h.csv", {{1, 391, 0.1, 1.5, 0.25, 1.25, 0.5, 101.5}});
    EXPECT_EQ(read_text_file(scratch.folder() / "h.csv"), header + "1,391,0.1,1.5,0.25,1.25,0.5,101.5\n");
}

TEST(History, IsJsonToo) {
    const History history = {{1, 10, 0.1, 2.5, 0.75, 1.5, 0.5, 4},
                             {.epoch = 2, .iteration = 20, .lr = 0.1, .train_loss = HUGE_VAL, .seconds = 1e-7}};
    std::istringstream lines(history_json_lines(history));
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(line, R"({"epoch":1,"iteration":10,"lr":0.1,"train_loss":2.5,"train_error":0.75,)"
                    R"("test_loss":1.5,"test_error":0.5,"seconds":4})");
    ASSERT_TRUE(std::getline(lines, line));
    const auto second = nlohmann::json::parse(line);
    EXPECT_TRUE(second.at("train_loss").is_null());
    EXPECT_TRUE(second.at("test_error").is_null());
    EXPECT_EQ(second.at("seconds").get<double>(), 1e-7);
    EXPECT_FALSE(std::getline(lines, line));
}

TEST(History, MayHaveNoEpochYet) { EXPECT_EQ(complaint(header), nothing_refused); }

TEST(History, RefusesALineNamingFileLineAndWhatWasExpected) {
    const std::string first = "1,391,0.1,1.5,0.6,1.2,0.6,100\n";
    EXPECT_EQ(complaint(""),
              "history.csv, line 1: expected the header " + header.substr(0, header.size() - 1) + ", found \"\".");
    EXPECT_EQ(complaint("epoch,loss\n"), "history.csv, line 1: expected the header " +
                                             header.substr(0, header.size() - 1) + ", found \"epoch,loss\".");
    EXPECT_EQ(complaint(header + first + "2,782,0.1"),
              "history.csv, line 3: expected a line that ends, found \"2,782,0.1\".");
    EXPECT_EQ(complaint(header + "1,391,0.1\n"),
              "history.csv, line 2: expected 8 fields; train_loss is missing, found \"1,391,0.1\".");
    EXPECT_EQ(complaint(header + "1,391,0.1,1.5,0.6,1.2,0.6,100,7\n"),
              "history.csv, line 2: expected 8 fields, found \"1,391,0.1,1.5,0.6,1.2,0.6,100,7\".");
    EXPECT_EQ(complaint(header + "one,391,0.1,1.5,0.6,1.2,0.6,100\n"),
              "history.csv, line 2: expected epoch as a whole number of at least 1, found \"one\".");
    EXPECT_EQ(complaint(header + "1,391,0.1,1.5x,0.6,1.2,0.6,100\n"),
              "history.csv, line 2: expected train_loss as a number, found \"1.5x\".");
    EXPECT_EQ(complaint(header + "1,391,nan,1.5,0.6,1.2,0.6,100\n"),
              "history.csv, line 2: expected lr of at least 0, found \"nan\".");
    EXPECT_EQ(complaint(header + "1,391,0.1,1.5,61.5,1.2,0.6,100\n"),
              "history.csv, line 2: expected train_error within 0 .. 1, or nan, found \"61.5\".");
    EXPECT_EQ(complaint(header + first + "3,1173,0.1,1.5,0.6,1.2,0.6,100\n"),
              "history.csv, line 3: expected epoch 2, found \"3,1173,0.1,1.5,0.6,1.2,0.6,100\".");
    EXPECT_EQ(complaint(header + first + "2,391,0.1,1.5,0.6,1.2,0.6,100\n"),
              "history.csv, line 3: expected more iterations than on the line before, found "
              "\"2,391,0.1,1.5,0.6,1.2,0.6,100\".");
}

TEST(History, QuotesOnlyALittleOfAnUnfitFile) {
    EXPECT_EQ(complaint(std::string("\x1b[2J\0", 5) + std::string(1000000, 'x')),
              "history.csv, line 1: expected the header " + header.substr(0, header.size() - 1) + ", found \"?[2J?" +
                  std::string(55, 'x') + "...\".");
}

TEST(History, TakesNoMemoryForMillionsOfFields) {
    const std::string commas(1000000, ',');
    EXPECT_EQ(CsvLine("log.csv", 1, commas).fields().size(), 1000u);
    EXPECT_EQ(CsvLine("log.csv", 1, "1,,3").fields(), (std::vector<std::string_view>{"1", "", "3"}));
    EXPECT_EQ(complaint(header + commas + "\n"),
              "history.csv, line 2: expected epoch as a whole number of at least 1, found \"\".");
}

TEST(History, RefusesWhatIsNoFile) {
    const Scratch scratch;
    const auto missing = scratch.folder() / "none.csv";
    EXPECT_EQ(refusal_of([&] { read_history(missing); }),
              text("cannot read ", missing, ": No such file or directory (open)."));
    EXPECT_EQ(refusal_of([&] { read_history(scratch.folder()); }),
              text("cannot read ", scratch.folder(), ": it is a folder."));
}

TEST(History, IsReplacedWholeOrNotAtAll) {
    const Scratch scratch;
    const auto path = scratch.folder() / "h.csv";
    write_history(path, {{1, 391}});
    write_history(path, {{1, 391}, {2, 782}});
    EXPECT_EQ(read_history(path).size(), 2u);
    const auto files = std::filesystem::directory_iterator(scratch.folder());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file was left behind";

    const auto nowhere = scratch.folder() / "no-such-folder" / "h.csv";
    EXPECT_EQ(refusal_of([&] { write_history(nowhere, {}); }),
              text("cannot write ", nowhere, ": No such file or directory (open of a temporary file beside it)."));
}

TEST(History, IsLeftAloneWhereItCannotBeReplaced) {
    const Scratch scratch;
    std::filesystem::create_directory(scratch.folder() / "h.csv");   // renaming a file over a folder fails
    const std::string message = refusal_of([&] { write_history(scratch.folder() / "h.csv", {}); });
    EXPECT_NE(message.find("it is a folder"), std::string::npos) << message;
    const auto files = std::filesystem::directory_iterator(scratch.folder());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

}  // namespace
}  // namespace deepen
