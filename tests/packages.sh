#!/bin/sh
# Is everything here that the build needs?  If not, says what is missing and how to get it.
# Called by the Makefile before the first compilation.  CXX may be several words, like `ccache g++`.

compile() { ${CXX:-g++} ${FLAGS:-} -x c++ "$@" -; }

missing=
try() {  # try HEADER NAME
    echo "#include <$1>" | compile -E >/dev/null 2>&1 || missing="$missing $2"
}

if ! command -v ${CXX:-g++} >/dev/null; then
    missing=" a C++20 compiler (${CXX:-g++})"
elif ! said=$(compile -E </dev/null 2>&1 >/dev/null); then
    echo "$said" >&2
    echo "${CXX:-g++} does not take its flags (above).  Is it the right ARCH?  Try make ARCH=x86-64-v3, or armv8-a." >&2
    exit 1
else
    compile -fsyntax-only >/dev/null 2>&1 <<'END' || missing=" a C++20 standard library (of g++ 11 or later, LLVM 14 or later),"
#include <charconv>
#include <concepts>
#include <numbers>
#include <span>
char* written(std::span<char> digits) {
    return std::to_chars(digits.data(), digits.data() + digits.size(), std::numbers::pi).ptr;
}
END
    [ "${BLAS:-}" = none ] || try cblas.h 'OpenBLAS (or BLAS=none),'
    try zlib.h zlib,
    try gtest/gtest.h GoogleTest,
    try stb/stb_image.h stb,
    try CLI/CLI.hpp CLI11,
    try nlohmann/json.hpp nlohmann-json,
fi

if [ -z "$missing" ]; then
    command -v gnuplot >/dev/null || echo "gnuplot is not installed: build/degradation needs it for its report."
    exit 0
fi
cat >&2 <<END
Missing:${missing%,}.

  Debian, Ubuntu   make setup
  Fedora           sudo dnf install gcc-c++ openblas-devel gtest-devel stb-devel cli11-devel json-devel zlib-devel gnuplot
  Homebrew         brew install gcc openblas googletest stb cli11 nlohmann-json zlib gnuplot
                   export PKG_CONFIG_PATH="\$(brew --prefix openblas)/lib/pkgconfig" CPATH="\$(brew --prefix)/include" LIBRARY_PATH="\$(brew --prefix)/lib"

Then run make again.
END
exit 1
