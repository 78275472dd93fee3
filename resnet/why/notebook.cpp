// How does an experiment of many measurements go on after an interruption?  See notebook.h.
#include "resnet/why/notebook.h"

#include <sstream>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/training/csv_line.h"
#include "resnet/training/progress.h"
#include "resnet/training/terminal.h"

namespace deepen {
namespace {

constexpr std::string_view heading = "measured,number";
constexpr std::size_t longest_file = 64 << 20;

}  // namespace

Notebook::Notebook(std::filesystem::path path) : path_(std::move(path)) {
    if (!std::filesystem::exists(path_)) return;
    const Bytes bytes = read_file(path_, longest_file);
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    Index row = 0;
    for (std::string words; std::getline(lines, words);) {
        const CsvLine line(path_, ++row, words);
        if (row == 1) {
            line.check(words == heading, std::string(heading), words);
            continue;
        }
        line.check(line.fields().size() == 2, "what was measured, and a number", words);
        numbers_[std::string(line.fields()[0])] = line.number(1, "a number");
    }
}

double Notebook::number(const std::string& what, const std::function<double()>& measure) {
    ensure(what.find_first_of(",\n") == what.npos, "a notebook's words have no comma: ", what);
    if (const auto known = numbers_.find(what); known != numbers_.end()) return known->second;
    const double value = numbers_[what] = measure();
    changed_ = true;
    if (steady_seconds() > written_ + 1) write();
    return value;
}

void Notebook::write() {
    if (!changed_) return;
    std::string all = std::string(heading) + "\n";
    for (const auto& [what, value] : numbers_) all += text(what, ",", format("%.17g", value), "\n");
    write_file_atomically(path_, all);
    changed_ = false, written_ = steady_seconds();
}

// An exception on its way says more than that this file could not be written either.
Notebook::~Notebook() {
    try {
        write();
    } catch (const std::exception&) {
    }
}

}  // namespace deepen
