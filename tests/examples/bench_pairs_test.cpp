// Is a comparison what its pairs were, and does it end where it is told to?
#include "examples/common/bench_pairs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/io/files.h"
#include "tests/engine/refusal.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Gives those milliseconds, one after the other, and nothing after the last.
Measure in_turn(const std::string& name, std::vector<double> ms, double peak_mb = 100) {
    return [=, i = std::size_t(0)](const StepSetting&) mutable -> std::optional<Measurement> {
        if (i == ms.size()) return std::nullopt;
        return Measurement{.system = name, .ms = ms[i++], .peak_mb = peak_mb};
    };
}

bool go_on() { return false; }

// The one contest with one group of peers.
Contest contest(const StepSetting& setting, int pairs, const Measure& ours, const std::vector<Measure>& peers,
                const std::function<bool()>& stop, const std::function<void()>& done) {
    const std::vector<Contest> all = compare(setting, pairs, ours, {peers}, stop, done);
    EXPECT_EQ(all.size(), 1u);
    return all.at(0);
}

TEST(Pairs, AreComparedOneByOne) {
    int done = 0;
    const Contest c = contest({}, 3, in_turn("ours", {10, 20, 10}, 50), {in_turn("peer", {1, 20, 60, 25})}, go_on,
                              [&] { ++done; });
    EXPECT_EQ(c.ours, (std::vector<double>{10, 20, 10}));
    EXPECT_EQ(c.peer, (std::vector<double>{20, 60, 25})) << "the trial does not count";
    EXPECT_EQ(c.ratios, (std::vector<double>{2, 3, 2.5}));
    EXPECT_EQ(done, 3);
    EXPECT_EQ(c.stolen.size(), 3u);
    const std::string line = contest_line(c);
    EXPECT_NE(line.find("2.50  2.00 .. 3.00"), std::string::npos) << line;
    EXPECT_NE(line.find(" 0.50 "), std::string::npos) << line << ": memory";
    const auto j = to_json(c);
    EXPECT_EQ(j["ratio"], 2.5);
    EXPECT_EQ(j["peer"], "peer");
}

TEST(Pairs, AreHeldAgainstTheFastestPeer) {
    const Contest c = contest({}, 1, in_turn("ours", {10}),
                              {in_turn("slow", {50, 1}), in_turn("absent", {}), in_turn("fast", {40, 45})}, go_on,
                              [] {});
    EXPECT_EQ(c.peer_name, "fast");
    EXPECT_EQ(c.ratios, std::vector<double>{4.5});
}

TEST(Pairs, WithoutAPeerAreOursAlone) {
    const Contest c = contest({}, 2, in_turn("ours", {10, 30}), {in_turn("absent", {})}, go_on, [] {});
    EXPECT_EQ(c.ours.size(), 2u);
    EXPECT_TRUE(c.ratios.empty());
    EXPECT_EQ(contest_line(c).find("inf"), std::string::npos);
    EXPECT_NE(contest_line(c).find(" 20.0 "), std::string::npos) << contest_line(c);
}

TEST(Pairs, OfEveryGroupHaveARow) {
    int done = 0;
    const std::vector<Contest> rows = compare(
        {}, 2, in_turn("ours", {10, 20}),
        std::vector<std::vector<Measure>>{{in_turn("slow", {50}), in_turn("float32", {40, 30, 50})},
                                          {in_turn("absent", {})},
                                          {in_turn("bfloat16", {5, 6, 8})}},
        go_on, [&] { ++done; });
    ASSERT_EQ(rows.size(), 2u) << "a group without a peer has no row";
    EXPECT_EQ(rows[0].peer_name, "float32");
    EXPECT_EQ(rows[0].ratios, (std::vector<double>{3, 2.5}));
    EXPECT_EQ(rows[1].peer_name, "bfloat16");
    EXPECT_EQ(rows[1].ratios, (std::vector<double>{0.6, 0.4}));
    EXPECT_EQ(rows[1].ours, rows[0].ours) << "ours is measured once a turn";
    EXPECT_EQ(done, 2);
}

// A signal reaches the measured processes, too, and what they say then is worth nothing.
TEST(Pairs, ThatAreInterruptedAreDropped) {
    for (int measurements = 0; measurements < 7; ++measurements) {
        int left = measurements;
        const auto counted = [&](double ms) {
            return [&left, ms](const StepSetting&) -> std::optional<Measurement> {
                if (--left <= 0) return std::nullopt;
                return Measurement{.system = "s", .ms = ms, .peak_mb = 1};
            };
        };
        const Contest c = contest({}, 3, counted(10), {counted(20)}, [&] { return left <= 0; }, [] {});
        EXPECT_EQ(c.ratios.size(), std::size_t(std::max(0, measurements - 2) / 2)) << measurements;
        EXPECT_EQ(c.ours.size(), c.ratios.size());
        EXPECT_EQ(contest_line(c).empty(), c.ours.empty());
    }
}

TEST(Pairs, ThatFailAreRefused) {
    EXPECT_NE(refusal_of([] { contest({}, 2, in_turn("ours", {10}), {}, go_on, [] {}); }).find("did not end well"),
              std::string::npos);
    EXPECT_NE(refusal_of([] {
                  contest({}, 2, in_turn("ours", {10, 10}), {in_turn("peer", {20, 20})}, go_on, [] {});
              }).find("which had measured it before"),
              std::string::npos);
    EXPECT_NE(refusal_of([] { contest({}, 1, in_turn("ours", {10}), {in_turn("peer", {20})}, go_on, [] {}); })
                  .find("did not end well in peer, which"),
              std::string::npos);
}

TEST(Pairs, HaveAHeadAboveTheirColumns) {
    const Contest c = contest({.model = "resnet110", .threads = 16, .training = false}, 1, in_turn("ours", {10}),
                              {in_turn("peer", {20, 20})}, go_on, [] {});
    const std::string head = contest_head(), line = contest_line(c);
    for (const auto& [title, value] : {std::pair{"  ms", " 10.0"}, {"peer's ms", " 20.0"}, {"ratio", " 2.00"}})
        EXPECT_EQ(head.find(title) + std::string(title).size(), line.find(value) + std::string(value).size())
            << head << "\n" << line;
}

// --- PyTorch ---------------------------------------------------------------------------------------------

// Says what it was called with; cannot compile.
const char* const fake_python = R"(#!/bin/sh
case "$*" in *compiled*) exit 1;; esac
printf '{"system": "Fake %s", "ms": 7, "peak_mb": 90}\n' "$*"
)";

TEST(PyTorch, IsAskedByTheNamedPythonWithoutAShell) {
    const Scratch scratch;
    const std::filesystem::path python = scratch / "o'brien $(touch PWNED); python";
    write_file_atomically(python, fake_python);
    std::filesystem::permissions(python, std::filesystem::perms::owner_all);
    const StepSetting setting{.model = "resnet50", .batch = 16, .threads = 2, .steps = 3, .training = false};
    const auto plain = measure_pytorch(setting, {.python = python});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->system, "Fake examples/common/pytorch_step.py resnet50 16 2 3 infer nchw nchw");
    EXPECT_EQ(plain->ms, 7);
    EXPECT_EQ(plain->peak_mb, 90);
    const auto bf16 = measure_pytorch(setting, {.python = python, .channels_last = true, .bfloat16 = true});
    ASSERT_TRUE(bf16);
    EXPECT_EQ(bf16->system, "Fake examples/common/pytorch_step.py resnet50 16 2 3 infer nhwc bf16 nhwc bf16");
    EXPECT_FALSE(measure_pytorch(setting, {.python = python, .compiled = true}));
    EXPECT_FALSE(std::filesystem::exists("PWNED"));
}

TEST(PyTorch, IsAbsentWhereItsAnswerIsNoMeasurement) {
    EXPECT_FALSE(measure_pytorch({}, {.python = "/nowhere/python3"}));
    EXPECT_FALSE(measure_pytorch({}, {.python = "false"}));
    EXPECT_FALSE(measure_pytorch({}, {.python = "echo"})) << "not JSON";
    EXPECT_FALSE(measure_pytorch({}, {.python = "true"})) << "nothing";
}

TEST(Theft, IsTheEighthNumberOfTheFirstLine) {
    std::istringstream stat("cpu  1 2 3 4 5 6 7 800 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n"), none, old("cpu  1 2 3 4\n");
    EXPECT_EQ(stolen_seconds(stat), 800. / double(::sysconf(_SC_CLK_TCK)));
    EXPECT_EQ(stolen_seconds(none), 0);
    EXPECT_EQ(stolen_seconds(old), 0);
}

}  // namespace
}  // namespace deepen
