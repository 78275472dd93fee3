// What could a file hold that its parser does not survive?
//
// A target hands any bytes at all to one parser of this project.  The parser may take them or refuse
// them with an Error; whatever else happens (a crash, a hang, another exception, a broken promise
// about what was taken) is a finding.  Two programs drive the targets:
//
//     make fuzz TARGET=log     clang's libFuzzer invents bytes, led by the branches they reach
//     build/run-tests          replays the files below corpus/TARGET, with any compiler (replay_test.cpp)
//
// Bytes that once were a finding stay in the corpus.
#pragma once

#include <cstdint>
#include <span>

namespace deepen::fuzz {

using Input = std::span<const std::uint8_t>;

void safetensors(Input input);
void cifar10(Input input);
void archive(Input input);
void picture(Input input);
void picture_folder(Input input);
void log(Input input);
void config(Input input);
void checkpoint(Input input);

struct Target {
    const char* name;
    void (*run)(Input);
};

inline constexpr Target targets[] = {
    {"safetensors", safetensors}, {"cifar10", cifar10},               {"archive", archive},
    {"picture", picture},         {"picture_folder", picture_folder}, {"log", log},
    {"config", config},           {"checkpoint", checkpoint},
};

}  // namespace deepen::fuzz
