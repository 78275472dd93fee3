// How are a run's epochs logged?  See history.h; here rows become text and text becomes rows.
//
// Numbers are written with as few digits as bring the same double back (std::to_chars), in the
// C locale whatever the user's, so a log that is read and written again has the same bytes.
#include "resnet/training/history.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/training/csv_line.h"

namespace deepen {
namespace {

constexpr std::string_view header = "epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds";

// Takes the fields of one line in their order.
class Fields {
public:
    explicit Fields(const CsvLine& line) : line_(line) {}

    Index whole(const char* name, Index least) {
        return line_.whole(next(name), text(name, " as a whole number of at least ", least), least);
    }

    // A finite number within [0, most].
    double number(const char* name, double most = HUGE_VAL) {
        const double value = any(name);
        check(std::isfinite(value) && value >= 0 && value <= most, text(name, range(most)));
        return value;
    }

    // The same, or "nan" or "inf": what a net that blew up, or was not tested, has to say.
    double measure(const char* name, double most = HUGE_VAL) {
        const double value = any(name);
        check(std::isnan(value) || (value >= 0 && value <= most), text(name, range(most), ", or nan"));
        return value;
    }

    void finish() { line_.check(next_ == line_.fields().size(), "8 fields", line_.line()); }

private:
    std::size_t next(const char* name) {
        line_.check(next_ < line_.fields().size(), text("8 fields; ", name, " is missing"), line_.line());
        return next_++;
    }

    double any(const char* name) { return line_.number(next(name), text(name, " as a number")); }

    // Of the field that was read last.
    void check(bool holds, const std::string& expected) const {
        line_.check(holds, expected, line_.fields()[next_ - 1]);
    }

    static std::string range(double most) {
        return std::isinf(most) ? " of at least 0" : text(" within 0 .. ", most);
    }

    const CsvLine& line_;
    std::size_t next_ = 0;
};

EpochRecord read_record(const CsvLine& line) {
    Fields fields(line);
    EpochRecord r;
    r.epoch = fields.whole("epoch", 1);
    r.iteration = fields.whole("iteration", 1);
    r.lr = fields.number("lr");
    r.train_loss = fields.measure("train_loss");
    r.train_error = fields.measure("train_error", 1);
    r.test_loss = fields.measure("test_loss");
    r.test_error = fields.measure("test_error", 1);
    r.seconds = fields.number("seconds");
    fields.finish();
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

History parse_history(std::string_view bytes, const std::filesystem::path& path) {
    History history;
    for_csv_lines(bytes, path, header, [&](Index number, const CsvLine& line) {
        const EpochRecord record = read_record(line);
        line.check(record.epoch == number - 1, text("epoch ", number - 1), line.line());
        line.check(history.empty() || record.iteration > history.back().iteration,
                   "more iterations than on the line before", line.line());
        history.push_back(record);
    });
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

std::string history_json_lines(const History& history) {
    std::string all;
    for (const EpochRecord& r : history) {
        all += text("{\"epoch\":", r.epoch, ",\"iteration\":", r.iteration);
        for (const auto& [name, value] : {std::pair("lr", r.lr), {"train_loss", r.train_loss},
                                          {"train_error", r.train_error}, {"test_loss", r.test_loss},
                                          {"test_error", r.test_error}, {"seconds", r.seconds}}) {
            all += text(",\"", name, "\":");
            if (std::isfinite(value)) append(all, value);
            else all += "null";
        }
        all += "}\n";
    }
    return all;
}

void write_history(const std::filesystem::path& path, const History& history) {
    write_file_atomically(path, history_text(history));
}

}  // namespace deepen
