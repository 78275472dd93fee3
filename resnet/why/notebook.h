// How does an experiment of many measurements go on after an interruption?
//
// Every number that was measured is written down under words that say all it depends on (the program, the pictures, the
// hash of the weights, what was done to the net), in a CSV file that is replaced as a whole.  Asked again, it is read
// from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/real.h"

namespace deepen {

class Notebook {
public:
    // Reads what is there.  Refuses a file that is no such notebook, naming the line.  `common` is what all numbers
    // depend on, and precedes the words of each.
    explicit Notebook(std::filesystem::path path, std::string common = "");

    // Measured now unless it is there.  The file is written at most once a second, and by the destructor.
    double number(const std::string& what, const std::function<double()>& measure);
    // Likewise several that are measured together.
    std::vector<double> numbers(const std::string& what, const std::function<std::vector<double>()>& measure);
    void write();
    std::size_t size() const { return numbers_.size(); }
    Index measured() const { return measured_; }         // so often by this program; what was there is not counted

    ~Notebook();
    Notebook(const Notebook&) = delete;
    Notebook& operator=(const Notebook&) = delete;

private:
    const std::filesystem::path path_;
    const std::string common_;
    std::map<std::string, double> numbers_;
    double written_ = 0;                                 // when
    bool changed_ = false;
    Index measured_ = 0;

    void note(const std::string& words, double value);
    void write_now_and_then();
};

}  // namespace deepen
