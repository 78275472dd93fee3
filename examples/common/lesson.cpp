#include "examples/common/lesson.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "examples/common/program.h"

namespace deepen {

Lesson::Lesson(int argc, char** argv, const std::string& about, const std::string& argument)
    : name_(std::filesystem::path(argv[0]).filename()) {
    constexpr int begin = -1;
    Program program(name_, about);
    if (!argument.empty()) program.app.add_option("FOLDER", given_, argument)->type_name("");
    const int code = program.run(argc, argv, [] { return begin; });
    if (code != begin) std::exit(code);
}

int Lesson::end() const {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return 0;
    std::fprintf(stderr, "%s: error: cannot write the output: %s.\n", name_.c_str(), std::strerror(errno));
    return 1;
}

}  // namespace deepen
