// What happens to a program on the wrong processor, or of parts for different ones?  (Run from the repository's root.)
#include <gtest/gtest.h>

#include "engine/simd.h"
#include "tests/examples/command.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

TEST(Processor, WithoutTheInstructionsOfAProgramIsToldSo) {
    const std::string nehalem = "qemu-x86_64-static -cpu Nehalem ";       // of 2008: SSE4.2, no AVX
    if (run(nehalem + "/bin/true").code != 0) GTEST_SKIP() << "no qemu-x86_64-static here";
    if (simd::vector_bytes == 16) GTEST_SKIP() << "built for such a processor";
    for (const char* program : {"build/summary resnet20", "build/lesson1_autograd"})
        expect(nehalem + program, 1, "error: this program was built for a processor with AVX");
}

TEST(Processor, OfAnotherWidthDoesNotLinkWithTheEngine) {
#if !defined(__x86_64__)
    GTEST_SKIP() << "widths differ on x86-64 alone";
#endif
    if (run("g++ --version").code != 0) GTEST_SKIP() << "no g++ here";
    const Scratch scratch;
    const std::string source = scratch.write("mine.cpp", std::string("#include \"engine/simd.h\"\n"
                                                                     "int main() {}\n")).string();
    const std::string other = simd::vector_bytes == 16 ? "x86-64-v3" : "x86-64";
    const std::string same = simd::vector_bytes == 16 ? "x86-64" : simd::vector_bytes == 32 ? "x86-64-v3" : "x86-64-v4";
    const auto link = [&](const std::string& processor) {
        return "g++ -std=c++20 -I. -march=" + processor + " " + source + " build/libdeepen.a -o " + source + ".out";
    };
    expect(link(same), 0, "");
    expect(link(other), 1, "compiled_for");
}

}  // namespace
}  // namespace deepen
