// Which source, compiler and libraries made this program?
//
// A result can be had again only if it is known what made it: which source, which compiler, which BLAS, for which
// processor.  `--version` prints this, and what a run writes carries it.
#pragma once

#include <string>

namespace deepen {

struct BuildInfo {
    std::string version;     // "0.1.0"
    std::string commit;      // "0ab01fa1c2d3", "0ab01fa1c2d3-dirty" with changes that are not committed, or "unknown"
    std::string compiler;    // "g++ 12.2.0"
    std::string blas;        // "OpenBLAS 0.3.21 ... SkylakeX": the library that this process uses (blas.h)
    std::string vectors;     // "AVX512, 16 floats": the widest registers it was compiled for (processor.h, simd.h)
    std::string real;        // "float" or "double" (real.h)
};

const BuildInfo& build_info();

// The same, one line each, for people.
std::string describe(const BuildInfo& info);

}  // namespace deepen
