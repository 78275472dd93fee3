// How is a line of a CSV file read, so that a message can say where it is wrong?
//
// What does not fit is refused with the file, the line's number, what was expected there, and what was found:
//
//     runs/plain20-seed1/log.csv, line 3: expected epoch 2, found "3,1173,0.1,1.5,0.6,1.2,0.6,100".
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/real.h"

namespace deepen {

class CsvLine {
public:
    // Keeps a reference to `path`, and looks into the line's own memory.
    CsvLine(const std::filesystem::path& path, Index number, std::string_view line);

    const std::filesystem::path& path() const { return path_; }
    std::string_view line() const { return line_; }
    // Between commas; at least one.  The thousandth holds the rest of the line: what is no table may have millions.
    const std::vector<std::string_view>& fields() const { return fields_; }

    void check(bool holds, const std::string& expected, std::string_view found) const;
    // The field of that column as a number.  The second kind may be "nan" or "inf".
    Index whole(std::size_t column, const std::string& expected, Index least) const;
    double number(std::size_t column, const std::string& expected) const;

private:
    const std::filesystem::path& path_;
    const Index number_;
    const std::string_view line_;
    std::vector<std::string_view> fields_;
};

// Calls f(number, line) for each line after the first, which is `header` and the file's line 1.  Refuses a last line
// without its end: it was cut short, and so may its last number have been.
void for_csv_lines(std::string_view text, const std::filesystem::path& path, std::string_view header,
                   const std::function<void(Index number, const CsvLine&)>& f);

}  // namespace deepen
