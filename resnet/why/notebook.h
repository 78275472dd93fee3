// How does an experiment of many measurements go on after an interruption?
//
// Every number that was measured is written down under words that say all it depends on (the hash of the weights, the
// pictures, what was done to the net), in a CSV file that is replaced as a whole.  Asked again, it is read from there.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace deepen {

class Notebook {
public:
    // Reads what is there.  Refuses a file that is no such notebook, naming the line.
    explicit Notebook(std::filesystem::path path);

    // Measured now unless it is there.  The file is written at most once a second, and by the destructor.
    double number(const std::string& what, const std::function<double()>& measure);
    void write();

    ~Notebook();
    Notebook(const Notebook&) = delete;
    Notebook& operator=(const Notebook&) = delete;

private:
    const std::filesystem::path path_;
    std::map<std::string, double> numbers_;
    double written_ = 0;                                 // when
    bool changed_ = false;
};

}  // namespace deepen
