// Does an event file hold what TensorBoard reads?  It is read here by the letter of the format, not by our own code.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <sstream>

#include "engine/io/files.h"
#include "examples/common/tensorboard.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// --- a reader ------------------------------------------------------------------------------------

template <class Number>
Number take(std::string_view& bytes) {
    Number number;
    std::memcpy(&number, bytes.data(), sizeof number);
    bytes.remove_prefix(sizeof number);
    return number;
}

std::uint64_t take_varint(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
        const auto byte = take<std::uint8_t>(bytes);
        number |= std::uint64_t{byte & 127u} << shift;
        if (byte < 128) return number;
    }
}

// The fields of a message: of each number, its values as they are stored.
using Fields = std::multimap<std::uint64_t, std::string>;

Fields fields_of(std::string_view bytes) {
    Fields fields;
    while (!bytes.empty()) {
        const std::uint64_t tag = take_varint(bytes);
        std::size_t length = (tag & 7) == 1 ? 8 : 4;
        if ((tag & 7) == 0) {
            fields.emplace(tag >> 3, std::to_string(take_varint(bytes)));
            continue;
        }
        if ((tag & 7) == 2) length = take_varint(bytes);
        fields.emplace(tag >> 3, bytes.substr(0, length));
        bytes.remove_prefix(length);
    }
    return fields;
}

std::string only(const Fields& fields, std::uint64_t number) {
    EXPECT_EQ(fields.count(number), 1u) << number;
    return fields.find(number)->second;
}

template <class Number>
Number as(const std::string& bytes) {
    std::string_view rest = bytes;
    EXPECT_EQ(rest.size(), sizeof(Number));
    return take<Number>(rest);
}

// With a table, as others compute it; TFRecord turns it by 15 bits and adds a constant.
std::uint32_t masked_crc(std::string_view bytes) {
    std::uint32_t table[256];
    for (std::uint32_t i = 0; i < 256; ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit) table[i] = table[i] & 1 ? table[i] >> 1 ^ 0x82F63B78 : table[i] >> 1;
    }
    std::uint32_t crc = 0xFFFFFFFF;
    for (const unsigned char byte : bytes) crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8;
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

std::vector<Fields> events_in(const std::filesystem::path& path) {
    const std::string file = read_text_file(path);
    std::string_view rest = file;
    std::vector<Fields> events;
    while (!rest.empty()) {
        const std::string_view head = rest.substr(0, 8);
        const auto length = take<std::uint64_t>(rest);
        EXPECT_EQ(take<std::uint32_t>(rest), masked_crc(head));
        const std::string_view event = rest.substr(0, length);
        rest.remove_prefix(length);
        EXPECT_EQ(take<std::uint32_t>(rest), masked_crc(event));
        events.push_back(fields_of(event));
    }
    return events;
}

// "3 loss 0.5" for each number; "3 weights: 4" for a histogram of four.
std::vector<std::string> told(const std::filesystem::path& path) {
    std::vector<std::string> all;
    for (const Fields& event : events_in(path)) {
        if (event.contains(3)) {
            all.push_back(only(event, 3));
            continue;
        }
        const Fields values = fields_of(only(event, 5));
        for (const auto& [number, bytes] : values) {
            const Fields value = fields_of(bytes);
            std::ostringstream line;
            line << only(event, 2) << " " << only(value, 1);
            if (value.contains(2)) line << " " << as<float>(only(value, 2));
            else line << ": " << as<double>(only(fields_of(only(value, 5)), 3));
            all.push_back(line.str());
        }
    }
    return all;
}

using Lines = std::vector<std::string>;

// --- the tests -----------------------------------------------------------------------------------

TEST(EventFile, HasTheChecksumsOfRfc3720) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
    EXPECT_EQ(crc32c(""), 0u);
}

TEST(EventFile, HoldsNumbersByStep) {
    const Scratch scratch;
    EventFile file(scratch / "events", 0);
    file.add(3, {{"loss", 0.5}, {"error", 0.25}});
    file.add(300000, {{"loss", 0.125}});
    EXPECT_EQ(told(scratch / "events"), (Lines{"brain.Event:2", "3 loss 0.5", "3 error 0.25", "300000 loss 0.125"}));
    EXPECT_EQ(file.last_step(), 300000);
    const double seconds = as<double>(only(events_in(scratch / "events")[1], 1));
    EXPECT_GT(seconds, 1.7e9) << "since 1970";
}

TEST(EventFile, HoldsHistogramsOfWhatIsFinite) {
    const Scratch scratch;
    EventFile file(scratch / "events", 0);
    file.add_histogram(7, "w", std::vector<Real>{-1, 0.125, 0.125, 2, Real(NAN), Real(INFINITY)});
    file.add_histogram(7, "nothing", std::vector<Real>{Real(NAN)});
    file.add_histogram(7, "one", std::vector<Real>{5, 5});
    EXPECT_EQ(told(scratch / "events"), (Lines{"brain.Event:2", "7 w: 4", "7 one: 2"}));
    const Fields histogram =
        fields_of(only(fields_of(only(fields_of(only(events_in(scratch / "events")[1], 5)), 1)), 5));
    EXPECT_EQ(as<double>(only(histogram, 1)), -1);
    EXPECT_EQ(as<double>(only(histogram, 2)), 2);
    EXPECT_EQ(as<double>(only(histogram, 4)), 1.25);
    EXPECT_EQ(as<double>(only(histogram, 5)), 5.03125);
    const std::string limits = only(histogram, 6), counts = only(histogram, 7);
    ASSERT_EQ(limits.size(), counts.size());
    std::string_view limit = limits, count = counts;
    double before = -1, eighths = 0, all = 0;
    while (!limit.empty()) {
        const double upto = take<double>(limit), in_it = take<double>(count);
        EXPECT_GT(upto, before);
        if (before <= 0.125 && 0.125 < upto) eighths = in_it;        // in the middle of a bucket
        before = upto, all += in_it;
    }
    EXPECT_EQ(eighths, 2);
    EXPECT_EQ(all, 4);
    EXPECT_NEAR(before, 2, 1e-12);
}

TEST(EventFile, GoesOnBehindTheStepWhereARunResumes) {
    const Scratch scratch;
    {
        EventFile file(scratch / "events", 0);
        for (const Index step : {10, 20, 30}) file.add(step, {{"loss", 1.0 / static_cast<double>(step)}});
    }
    EventFile file(scratch / "events", 20);
    EXPECT_EQ(file.last_step(), 20);
    file.add(25, {{"loss", 2}});
    EXPECT_EQ(told(scratch / "events"), (Lines{"brain.Event:2", "10 loss 0.1", "20 loss 0.05", "25 loss 2"}));
}

TEST(EventFile, CutsOffWhatAKillLeftUnfinished) {
    const Scratch scratch;
    const std::filesystem::path path = scratch / "events";
    EventFile(path, 0).add(10, {{"loss", 1}});
    const std::string whole = read_text_file(path);
    EventFile(path, 10).add(20, {{"loss", 2}});
    const std::string longer = read_text_file(path);
    for (std::size_t size = whole.size(); size < longer.size(); ++size) {
        scratch.write("events", longer.substr(0, size));
        EXPECT_EQ(EventFile(path, 20).last_step(), 10) << size;
        EXPECT_EQ(read_text_file(path), whole) << size;
    }
    std::string damaged = longer;
    damaged[whole.size() + 20] ^= 1;
    scratch.write("events", damaged);
    EXPECT_EQ(EventFile(path, 20).last_step(), 10);
}

TEST(EventFile, RefusesWhatIsNone) {
    const Scratch scratch;
    scratch.write("events", std::string("a letter to my aunt, of some length"));
    expect_mentions(refusal_of([&] { EventFile(scratch / "events", 0); }), "is not an event file");
    EXPECT_EQ(read_text_file(scratch / "events"), "a letter to my aunt, of some length");
}

// A run of three epochs, as it is told to an observer; the third has no test.
History history(std::size_t epochs) {
    const History all = {{1, 10, 0.1, 2, 0.75, 1.5, 0.5, 4}, {2, 20, 0.1, 1, 0.5, 1.25, 0.375, 2},
                         {.epoch = 3, .iteration = 30, .lr = 0.5, .train_loss = 4, .train_error = 0.25, .seconds = 8}};
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(epochs)};
}

void tell(TensorBoard& board, std::size_t from, std::size_t to) {
    const Observer seen = board.watching({});
    for (std::size_t epoch = from; epoch <= to; ++epoch) seen.epoch(history(epoch).back(), history(epoch));
}

TEST(TensorBoard, HasEachEpochOnceThoughTheRunWasInterrupted) {
    const Scratch scratch;
    const auto board = [&] {
        TensorBoard made;
        CLI::App app;
        made.add_to(app);
        app.parse("--tensorboard " + (scratch / "boards").string());
        made.begin("resnet8-seed1", 400);
        return made;
    };
    const std::filesystem::path path = scratch / "boards/events.out.tfevents.0.resnet8-seed1";
    const Lines all = {"brain.Event:2",
                       "10 loss/training 2", "10 error/training 0.75", "10 loss/test 1.5", "10 error/test 0.5",
                       "10 learning rate 0.1", "10 pictures per second 100",
                       "20 loss/training 1", "20 error/training 0.5", "20 loss/test 1.25", "20 error/test 0.375",
                       "20 learning rate 0.1", "20 pictures per second 200",
                       "30 loss/training 4", "30 error/training 0.25", "30 learning rate 0.5",
                       "30 pictures per second 50"};
    for (const std::size_t resumed_at : {1, 2, 3}) {     // the epoch that is taken again, or begun
        std::filesystem::remove_all(scratch / "boards");
        TensorBoard before = board(), after = board();
        tell(before, 1, 2);
        tell(after, resumed_at, 3);
        EXPECT_EQ(told(path), all) << resumed_at;
        TensorBoard finished = board();
        finished.write(history(3));
        EXPECT_EQ(told(path), all) << "a finished run adds nothing";
    }
    std::filesystem::remove_all(scratch / "boards");
    TensorBoard late = board();
    tell(late, 3, 3);
    EXPECT_EQ(told(path), all) << "a run that was begun without";
}

}  // namespace
}  // namespace deepen
