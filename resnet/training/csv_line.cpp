#include "resnet/training/csv_line.h"

#include "engine/error.h"
#include "engine/number_text.h"
#include "engine/printable.h"

namespace deepen {
namespace {

constexpr std::size_t most_fields = 1000;

std::string quoted(std::string_view piece) {
    constexpr std::size_t enough = 60;
    return text("\"", printable_name(std::string(piece.substr(0, enough))), piece.size() > enough ? "...\"" : "\"");
}

}  // namespace

CsvLine::CsvLine(const std::filesystem::path& path, Index number, std::string_view line)
    : path_(path), number_(number), line_(line) {
    for (;;) {
        const std::size_t comma = line.find(',');
        const bool last = comma == line.npos || fields_.size() + 1 == most_fields;
        fields_.push_back(line.substr(0, last ? line.npos : comma));
        if (last) return;
        line.remove_prefix(comma + 1);
    }
}

void CsvLine::check(bool holds, const std::string& expected, std::string_view found) const {
    require(holds, path_.string(), ", line ", number_, ": expected ", expected, ", found ", quoted(found), ".");
}

Index CsvLine::whole(std::size_t column, const std::string& expected, Index least) const {
    Index value = 0;
    check(read_number(fields_[column], value) && value >= least, expected, fields_[column]);
    return value;
}

double CsvLine::number(std::size_t column, const std::string& expected) const {
    double value = 0;
    check(read_number(fields_[column], value), expected, fields_[column]);
    return value;
}

void for_csv_lines(std::string_view rest, const std::filesystem::path& path, std::string_view header,
                   const std::function<void(Index number, const CsvLine&)>& f) {
    for (Index number = 1; number == 1 || !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const CsvLine line(path, number, rest.substr(0, end));
        line.check(number > 1 || line.line() == header, text("the header ", header), line.line());
        line.check(end != rest.npos, "a line that ends", line.line());
        rest.remove_prefix(end + 1);
        if (number > 1) f(number, line);
    }
}

}  // namespace deepen
