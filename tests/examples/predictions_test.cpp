#include "examples/common/predictions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace deepen {
namespace {

const Prediction tom{"tom.jpg", {{1, 0.86}, {0, 0.14}}, ""};
const std::vector<std::string> names = {"dog", "cat"};

TEST(Predictions, AreBarsOfHashesInAFile) {
    EXPECT_EQ(as_text(tom, names, {}),
              "tom.jpg\n"
              "   86.0 %  #################     cat\n"
              "   14.0 %  ##                    dog\n");
}

TEST(Predictions, AreBarsInEighthsAndColourAtATerminal) {
    EXPECT_EQ(as_text(tom, names, {.interactive = true, .unicode = true}),
              "tom.jpg\n"
              "   86.0 %  █████████████████▎    cat\n"
              "   14.0 %  ██▊                   dog\n");
    EXPECT_EQ(as_text({"t", {{1, 1}}, ""}, names, {.interactive = true, .colour = true}),
              "t\n  100.0 %  \x1b[32m####################\x1b[0m  cat\n");
}

TEST(Predictions, NumberClassesThatHaveNoNames) {
    EXPECT_EQ(as_text({"t", {{281, 0}}, ""}, {}, {}), "t\n    0.0 %                        class 281\n");
}

TEST(Predictions, LetNoForeignBytesSteerTheTerminal) {
    EXPECT_EQ(as_text({"\x1b[2J", {{0, 1}}, ""}, {"\x1b[31m"}, {}), "?[2J\n  100.0 %  ####################  ?[31m\n");
    EXPECT_EQ(as_text({"t", {{0, 1}}, ""}, {"dog\n 99.9 %  cat\xC2\x9B"}, {}),
              "t\n  100.0 %  ####################  dog? 99.9 %  cat?\n");
}

TEST(Predictions, AreJsonWhateverTheirNames) {
    using Json = nlohmann::json;
    const Json good = Json::parse(as_json({"a \"b\" \xff", {{1, 0.75}}, ""}, {"dog", "c\nat"}));
    EXPECT_EQ(good["picture"], "a \"b\" \xEF\xBF\xBD");
    EXPECT_EQ(good["guesses"][0]["class"], 1);
    EXPECT_EQ(good["guesses"][0]["name"], "c\nat");
    EXPECT_EQ(good["guesses"][0]["probability"], 0.75);
    EXPECT_FALSE(good.contains("error"));
    EXPECT_FALSE(Json::parse(as_json(tom, {}))["guesses"][0].contains("name"));

    const Json bad = Json::parse(as_json({"x", {}, "x: \x1b empty."}, names));
    EXPECT_EQ(bad["error"], "x: \x1b empty.");
    EXPECT_FALSE(bad.contains("guesses"));
}

}  // namespace
}  // namespace deepen
