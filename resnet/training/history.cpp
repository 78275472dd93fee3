// How are a run's epochs logged?  See history.h; here rows become text and text becomes rows.
//
// Numbers are written with as few digits as bring the same double back (std::to_chars), in the
// C locale whatever the user's, so a log that is read and written again has the same bytes.
#include "resnet/training/history.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "engine/error.h"
#include "engine/io/files.h"

namespace deepen {
namespace {

constexpr std::string_view header = "epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds";
constexpr std::size_t longest_log = 64 << 20;            // half a million epochs

// A piece of a file as an error message may show it: short, and free of control characters.
std::string quoted(std::string_view piece) {
    constexpr std::size_t enough = 60;
    std::string shown(piece.substr(0, enough));
    std::replace_if(shown.begin(), shown.end(), [](unsigned char c) { return c < 32 || c == 127; }, '?');
    return "\"" + shown + (piece.size() > enough ? "...\"" : "\"");
}

// Takes the fields of one line apart.  Knows where it is, for the sake of messages.
class LineReader {
public:
    LineReader(const std::filesystem::path& path, Index number, std::string_view line)
        : path_(path), number_(number), line_(line), rest_(line) {}

    Index whole(const char* name, Index least) {
        const std::string_view field = next(name);
        Index value = 0;
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
        check(error == std::errc() && end == field.data() + field.size() && value >= least,
              text(name, " as a whole number of at least ", least), field);
        return value;
    }

    // A finite number within [0, most].
    double number(const char* name, double most = HUGE_VAL) {
        const std::string_view field = next(name);
        const double value = parse(field, name);
        check(std::isfinite(value) && value >= 0 && value <= most, text(name, range(most)), field);
        return value;
    }

    // The same, or "nan" or "inf": what a net that blew up, or was not tested, has to say.
    double measure(const char* name, double most = HUGE_VAL) {
        const std::string_view field = next(name);
        const double value = parse(field, name);
        check(std::isnan(value) || (value >= 0 && value <= most), text(name, range(most), ", or nan"), field);
        return value;
    }

    void finish() { check(!more_, "8 fields", line_); }

    void check(bool holds, const std::string& expected, std::string_view given) const {
        require(holds, path_.string(), ", line ", number_, ": expected ", expected, ", found ", quoted(given), ".");
    }

private:
    std::string_view next(const char* name) {
        check(more_, text("8 fields; ", name, " is missing"), line_);
        const std::size_t comma = rest_.find(',');
        const std::string_view field = rest_.substr(0, comma);
        more_ = comma != std::string_view::npos;
        rest_ = more_ ? rest_.substr(comma + 1) : std::string_view();
        return field;
    }

    double parse(std::string_view field, const char* name) const {
        double value = 0;
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
        check(error == std::errc() && end == field.data() + field.size(), text(name, " as a number"), field);
        return value;
    }

    static std::string range(double most) {
        return std::isinf(most) ? " of at least 0" : text(" within 0 .. ", most);
    }

    const std::filesystem::path& path_;
    Index number_;
    std::string_view line_, rest_;
    bool more_ = true;
};

EpochRecord read_record(LineReader& line) {
    EpochRecord r;
    r.epoch = line.whole("epoch", 1);
    r.iteration = line.whole("iteration", 1);
    r.lr = line.number("lr");
    r.train_loss = line.measure("train_loss");
    r.train_error = line.measure("train_error", 1);
    r.test_loss = line.measure("test_loss");
    r.test_error = line.measure("test_error", 1);
    r.seconds = line.number("seconds");
    line.finish();
    return r;
}

void append(std::string& line, double value) {
    char digits[32];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

History read_history(const std::filesystem::path& path) {
    return parse_history(read_text_file(path, longest_log), path);
}

History parse_history(std::string_view rest, const std::filesystem::path& path) {
    History history;
    for (Index number = 1; number == 1 || !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view given = rest.substr(0, end);
        LineReader line(path, number, given);
        // A last line without its end was cut short, and so may its last number have been.
        line.check(end != std::string_view::npos,
                   number == 1 ? text("the header ", header) : "a line that ends", given);
        rest.remove_prefix(end + 1);
        if (number == 1) {
            line.check(given == header, text("the header ", header), given);
            continue;
        }
        const EpochRecord record = read_record(line);
        line.check(record.epoch == number - 1, text("epoch ", number - 1), given);
        line.check(history.empty() || record.iteration > history.back().iteration,
                   "more iterations than on the line before", given);
        history.push_back(record);
    }
    return history;
}

std::string history_text(const History& history) {
    std::string all = text(header, "\n");
    for (const EpochRecord& r : history) {
        all += text(r.epoch, ",", r.iteration);
        for (double value : {r.lr, r.train_loss, r.train_error, r.test_loss, r.test_error, r.seconds}) {
            all += ',';
            append(all, value);
        }
        all += '\n';
    }
    return all;
}

void write_history(const std::filesystem::path& path, const History& history) {
    write_file_atomically(path, history_text(history));
}

}  // namespace deepen
