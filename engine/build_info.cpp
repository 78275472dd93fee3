#include "engine/build_info.h"

#include "engine/blas.h"
#include "engine/error.h"
#include "engine/simd.h"

// The Makefile gives it, to this file alone: a new commit compiles nothing else again.
#ifndef DEEPEN_COMMIT
#define DEEPEN_COMMIT "unknown"
#endif

namespace deepen {
namespace {

constexpr const char* version = "0.1.0";

std::string compiler() {
#if defined(__clang__)
    return text("clang++ ", __clang_major__, ".", __clang_minor__, ".", __clang_patchlevel__);
#else
    return "g++ " __VERSION__;
#endif
}

#define DEEPEN_TEXT_OF(word) #word
#define DEEPEN_TEXT(macro) DEEPEN_TEXT_OF(macro)

constexpr const char* real = sizeof(Real) == sizeof(double) ? "double" : "float";

}  // namespace

const BuildInfo& build_info() {
    static const BuildInfo info{version,
                                DEEPEN_COMMIT,
                                compiler(),
                                blas_name(),
                                text(DEEPEN_TEXT(DEEPEN_PROCESSOR), ", ", simd::lanes, " ", real, "s"),
                                real};
    return info;
}

std::string describe(const BuildInfo& info) {
    return text("Deepen ", info.version, "\ncommit    ", info.commit, "\ncompiler  ", info.compiler, "\nBLAS      ",
                info.blas, "\nvectors   ", info.vectors);
}

}  // namespace deepen
