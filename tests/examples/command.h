// How does a test run a program, and read what it said?
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace deepen {

struct Exit {
    int code;
    std::string output;  // stdout and stderr
};

// `command` says build/train; where make was given another BUILD, that is where the program is.
Exit run(const std::string& command);

inline void expect(const std::string& command, int code, const std::string& message) {
    const Exit o = run(command);
    EXPECT_EQ(o.code, code) << command << "\n" << o.output;
    EXPECT_NE(o.output.find(message), std::string::npos) << command << "\n" << o.output;
    for (const char* never : {"terminate called", "left a trace"})
        EXPECT_EQ(o.output.find(never), std::string::npos) << command << "\n" << o.output;
}

// A net small enough to be trained in a test.
inline const std::string tiny = " --width 2 --synthetic-train 64 --synthetic-test 20 -b 16 --epochs 2 ";

inline std::string train(const std::string& flags) { return "build/train --model resnet8" + tiny + flags; }

inline bool gnuplot_is_missing() { return run("gnuplot --version").code != 0; }

// `command` with a signal sent to it as soon as `file` is there; without one if it ends before.  Exits as it does.
inline std::string signalled(const std::string& command, const std::string& file, const std::string& signal) {
    return "(" + command + " & pid=$!; until [ -e '" + file + "' ]; do sleep 0.01; kill -0 $pid 2> /dev/null || break; "
           "done; kill -" + signal + " $pid 2> /dev/null; wait $pid)";
}

}  // namespace deepen
