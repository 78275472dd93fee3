// How does an experiment of many measurements go on after an interruption?  See notebook.h.
#include "resnet/why/notebook.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/progress.h"
#include "resnet/report/terminal.h"
#include "resnet/training/csv_line.h"

namespace deepen {
namespace {

constexpr std::string_view heading = "measured,number";
constexpr std::size_t longest_file = 64 << 20;

}  // namespace

Notebook::Notebook(std::filesystem::path path, std::string common)
    : path_(std::move(path)), common_(std::move(common)) {
    if (!std::filesystem::exists(path_)) return;
    for_csv_lines(read_text_file(path_, longest_file), path_, heading, [&](Index, const CsvLine& line) {
        line.check(line.fields().size() == 2, "what was measured, and a number", line.line());
        numbers_[std::string(line.fields()[0])] = line.number(1, "a number");
    });
}

void Notebook::note(const std::string& words, double value) {
    ensure(words.find_first_of(",\n") == words.npos, "a notebook's words have no comma: ", words);
    numbers_[words] = value;
    changed_ = true;
}

void Notebook::write_now_and_then() {
    if (steady_seconds() > written_ + 1) write();
}

double Notebook::number(const std::string& what, const std::function<double()>& measure) {
    const std::string words = common_ + what;
    if (const auto known = numbers_.find(words); known != numbers_.end()) return known->second;
    const double value = measure();
    ++measured_;
    note(words, value);
    write_now_and_then();
    return value;
}

std::vector<double> Notebook::numbers(const std::string& what, const std::function<std::vector<double>()>& measure) {
    const auto words = [&](std::size_t i) { return text(common_, what, " #", i); };
    const std::string count = common_ + what + ": count";
    if (const auto known = numbers_.find(count); known != numbers_.end()) {
        std::vector<double> values;
        for (std::size_t i = 0; i < static_cast<std::size_t>(known->second); ++i) values.push_back(numbers_[words(i)]);
        return values;
    }
    std::vector<double> values = measure();
    ++measured_;
    for (std::size_t i = 0; i < values.size(); ++i) note(words(i), values[i]);
    note(count, static_cast<double>(values.size()));
    write_now_and_then();
    return values;
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
