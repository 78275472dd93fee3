// Which processor is this compiled for?
//
// The compiler's -march decides how wide a Vector is (simd.h) and which instructions a program contains.  Two things
// can go wrong then:
//
//  - Parts compiled for different processors are linked together.  An inline function on vectors has one name but
//    several bodies; the linker keeps one of them, and results are silently wrong.
//  - A program is started on a processor without its instructions, and dies of SIGILL.
//
// So every file with vectors refers to a symbol whose name says processor and precision, and processor.cpp defines the
// one that it was compiled for.  A part compiled otherwise misses its symbol, and the link fails.  The same reference
// brings processor.cpp into every program, even from an archive, where it checks the processor before main() begins.
#pragma once

#if defined(__AVX512F__)
#define DEEPEN_PROCESSOR AVX512
#elif defined(__AVX2__)
#define DEEPEN_PROCESSOR AVX2
#elif defined(__AVX__)
#define DEEPEN_PROCESSOR AVX
#elif defined(__SSE2__)
#define DEEPEN_PROCESSOR SSE2
#elif defined(__ARM_NEON)
#define DEEPEN_PROCESSOR NEON
#else
#define DEEPEN_PROCESSOR generic
#endif

#ifdef DEEPEN_DOUBLE
#define DEEPEN_PRECISION in_double
#else
#define DEEPEN_PRECISION in_float
#endif

namespace deepen::compiled_for::DEEPEN_PROCESSOR {

extern const bool DEEPEN_PRECISION;
[[gnu::used]] static const bool* const reference = &DEEPEN_PRECISION;

}  // namespace deepen::compiled_for::DEEPEN_PROCESSOR
