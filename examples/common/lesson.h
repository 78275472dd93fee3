// Which flags does a lesson take, and what is its exit status?
//
//     int main(int argc, char** argv) {
//         const Lesson lesson(argc, argv, "Fits a curve.");     // answers --help, --version and what it does not know
//         ...
//         return lesson.end();                                  // 0, or 1 where its output could not be written
//     }
#pragma once

#include <string>

namespace deepen {

class Lesson {
public:
    // Ends the program where it is asked for help, or called wrongly (exit status 2).  A lesson whose `argument` is
    // described may be given one.
    Lesson(int argc, char** argv, const std::string& about, const std::string& argument = "");

    const std::string& given() const { return given_; }  // the argument; empty if there was none
    int end() const;

private:
    std::string name_, given_;
};

}  // namespace deepen
