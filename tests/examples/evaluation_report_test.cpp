#include "examples/common/evaluation_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace deepen {
namespace {

EvaluationReport report_of(const std::vector<std::string>& classes) {
    EvaluationReport r{.weights = "w.safetensors",
                       .model = "resnet8",
                       .net = "resnet8, shortcut A",
                       .data = "pets",
                       .split = "test",
                       .classes = classes,
                       .totals = {},
                       .confusion = Confusion(static_cast<Index>(classes.size()))};
    return r;
}

void add(EvaluationReport& r, int truth, int answer, int times) {
    std::vector<Real> logits(r.classes.size());
    logits[answer] = 1;
    for (int i = 0; i < times; ++i) {
        const Tensor row({1, static_cast<Index>(logits.size())}, logits);
        r.totals.add(row, std::vector{truth}, 0.5);
        r.confusion.add(row, std::vector{truth});
    }
}

TEST(EvaluationReport, TellsErrorsByClassAndWhatWasTakenForWhat) {
    EvaluationReport r = report_of({"cat", "dog\x1b\n"});
    add(r, 0, 0, 9), add(r, 0, 1, 1), add(r, 1, 1, 30);
    EXPECT_EQ(as_text(r),
              "resnet8, shortcut A, from w.safetensors\n"
              "pets, test split: 40 pictures of 2 classes\n"
              "errors 1 of 40 (2.50 %), mean loss 0.50000\n"
              "\n"
              "class   pictures     wrong   most often taken for\n"
              "cat           10    10.0 %   dog?? (1)\n"
              "dog??         30     0.0 %   \n"
              "\n"
              "truth \\ answer   0   1\n"
              " 0 cat           9   1\n"
              " 1 dog??         0  30\n");
}

TEST(EvaluationReport, ListsTheWorstOfManyClasses) {
    std::vector<std::string> names;
    for (int k = 0; k < 30; ++k) names.push_back("class " + std::to_string(k));
    EvaluationReport r = report_of(names);
    for (int k = 0; k < 30; ++k) add(r, k, k, 10), add(r, k, 0, k);
    const std::string all = as_text(r);
    EXPECT_NE(all.find("top-5 errors "), all.npos);
    EXPECT_LT(all.find("class 29 "), all.find("class 28 "));
    EXPECT_EQ(all.find("class 9 "), all.npos);
    EXPECT_NE(all.find("These are the worst 20 of 30 classes; --json lists them all.\n"), all.npos);
    EXPECT_EQ(all.find("truth \\ answer"), all.npos);
}

TEST(EvaluationReport, InJsonHasEveryCount) {
    EvaluationReport r = report_of({"cat", "d\xff", "e", "f", "g", "h"});
    add(r, 0, 0, 3), add(r, 1, 0, 1);
    const auto j = nlohmann::json::parse(as_json(r));
    EXPECT_EQ(j["errors"], 1);
    EXPECT_EQ(j["pictures"], 4);
    EXPECT_EQ(j["error"], 0.25);
    EXPECT_EQ(j["top5_errors"], 0);
    EXPECT_EQ(j["mean_loss"], 0.5);
    EXPECT_EQ(j["classes"].size(), 6u);
    EXPECT_EQ(j["classes"][1]["name"], "d\xEF\xBF\xBD");
    EXPECT_EQ(j["classes"][1]["answers"][0]["name"], "cat");
    EXPECT_EQ(j["classes"][1]["answers"][0]["count"], 1);
}

}  // namespace
}  // namespace deepen
