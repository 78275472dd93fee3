#include "engine/processor.h"

namespace deepen::compiled_for::DEEPEN_PROCESSOR {

const bool DEEPEN_PRECISION = true;

}  // namespace deepen::compiled_for::DEEPEN_PROCESSOR

#if defined(__x86_64__)
#include <unistd.h>

namespace deepen {
namespace {

// What runs before we know the processor must itself run on any, and so must not use the standard library's templates.
#define DEEPEN_ANY_PROCESSOR __attribute__((target("arch=x86-64"), noinline))

DEEPEN_ANY_PROCESSOR void say(const char* words) {
    long length = 0;
    while (words[length]) ++length;
    [[maybe_unused]] const long written = ::write(STDERR_FILENO, words, length);
}

// The first instruction set that this file was compiled for and this processor lacks; none: nullptr.
DEEPEN_ANY_PROCESSOR const char* missing_instructions() {
    __builtin_cpu_init();
#ifdef __SSE4_2__
    if (!__builtin_cpu_supports("sse4.2")) return "SSE4.2";
#endif
#ifdef __AVX__
    if (!__builtin_cpu_supports("avx")) return "AVX";
#endif
#ifdef __AVX2__
    if (!__builtin_cpu_supports("avx2")) return "AVX2";
#endif
#ifdef __FMA__
    if (!__builtin_cpu_supports("fma")) return "FMA";
#endif
#ifdef __BMI2__
    if (!__builtin_cpu_supports("bmi2")) return "BMI2";
#endif
#ifdef __AVX512F__
    if (!__builtin_cpu_supports("avx512f")) return "AVX-512";
#endif
#ifdef __AVX512VL__
    if (!__builtin_cpu_supports("avx512vl")) return "AVX-512 VL";
#endif
#ifdef __AVX512VBMI__
    if (!__builtin_cpu_supports("avx512vbmi")) return "AVX-512 VBMI";
#endif
    return nullptr;
}

// 101: before all constructors of objects in other files.
__attribute__((constructor(101))) DEEPEN_ANY_PROCESSOR void check_processor() {
    const char* missing = missing_instructions();
    if (!missing) return;
    say("error: this program was built for a processor with ");
    say(missing);
    say(", which this one lacks.  Run make here, or make ARCH=x86-64-v2 for both.\n");
    ::_exit(1);
}

}  // namespace
}  // namespace deepen
#endif
