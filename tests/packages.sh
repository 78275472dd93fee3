#!/bin/sh
# Is everything here that the build needs?  If not, says what is missing and how to get it.
# Called by the Makefile before the first compilation.

missing=
try() {  # try HEADER NAME
    echo "#include <$1>" | ${CXX:-g++} ${FLAGS:-} -x c++ -E - >/dev/null 2>&1 || missing="$missing $2"
}

if ! command -v "${CXX:-g++}" >/dev/null; then
    missing=" a C++20 compiler (${CXX:-g++})"
else
    try numbers 'a C++20 standard library,'
    try cblas.h OpenBLAS,
    try zlib.h zlib,
    try gtest/gtest.h GoogleTest,
    try stb/stb_image.h stb,
    try CLI/CLI.hpp CLI11,
    try nlohmann/json.hpp nlohmann-json,
fi
command -v gnuplot >/dev/null || missing="$missing gnuplot,"

[ -z "$missing" ] && exit 0
cat >&2 <<END
Missing:${missing%,}.

  Debian, Ubuntu   make setup
  Fedora           sudo dnf install gcc-c++ openblas-devel gtest-devel stb-devel cli11-devel json-devel zlib-devel gnuplot
  Homebrew         brew install openblas googletest stb cli11 nlohmann-json zlib gnuplot
                   export PKG_CONFIG_PATH="\$(brew --prefix openblas)/lib/pkgconfig" CPATH="\$(brew --prefix)/include" LIBRARY_PATH="\$(brew --prefix)/lib"

Then run make again.
END
exit 1
