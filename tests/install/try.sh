#!/bin/sh
# Can others build on what `make install` leaves?  Installs into an empty folder, builds ten lines outside the tree in each
# way that there is, shared and static, runs them, tries the installed programs, and removes everything again.
#
#   usage: try.sh [source]        source: also as a part of somebody's CMake project, which compiles the library (minutes)
#
# Ends with "installed: N checks passed"; at the first that fails it says which, with status 1.

set -eu
cd "$(dirname "$0")/../.."
tree=$(pwd) here=$(mktemp -d) passed=0
trap 'rm -rf "$here"' EXIT
dest=$here/dest prefix=/opt/deepen
to=$dest$prefix

check() {  # check WHAT COMMAND...: the command ends well
    what=$1
    shift
    if "$@" >"$here/said" 2>&1; then passed=$((passed + 1)); return; fi
    echo "installed: $what: failed.  $*" >&2
    cat "$here/said" >&2
    exit 1
}
says() {  # says WHAT WORDS COMMAND...: it ends well and prints the words
    words=$2
    what=$1
    shift 2
    check "$what" "$@"
    grep -qF -- "$words" "$here/said" || { echo "installed: $what: no \"$words\" in" >&2; cat "$here/said" >&2; exit 1; }
}

check 'make install' make install DESTDIR="$dest" PREFIX=$prefix
(cd "$to" && find . ! -type d | sed 's|^\./||' | grep -vx share/deepen/files | LC_ALL=C sort) >"$here/files"
check 'the list of files is what is there' cmp "$here/files" "$to/share/deepen/files"

says 'a PREFIX that is no whole path' 'is no whole path' sh -c '! make install PREFIX=here'
says 'a folder that cannot be made' 'nothing may be written' sh -c '! make install PREFIX=/dev/null/deepen'

# --- ten lines outside the tree ---------------------------------------------------------------------------------------

cp tests/install/program.cpp tests/install/CMakeLists.txt "$here"
cd "$here"
answer='0.1.0 5006 1' lib=$to/lib cxx=${CXX:-g++}
ours() { env LD_LIBRARY_PATH="$lib" "$@"; }

check 'plain g++, shared' $cxx -std=c++20 -I"$to/include" program.cpp -o one -L"$lib" -ldeepen
says 'plain g++, shared, runs' "$answer" ours ./one
private=$(sed -n 's/^Libs.private: //p' "$lib/pkgconfig/deepen.pc")
check 'plain g++, static' $cxx -std=c++20 -I"$to/include" program.cpp -o two "$lib/libdeepen.a" $private
says 'plain g++, static, runs' "$answer" ./two
flags() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest pkg-config "$@" deepen; }
check 'pkg-config, shared' $cxx -std=c++20 program.cpp -o three $(flags --cflags --libs)
says 'pkg-config, shared, runs' "$answer" ours ./three
says 'without C++20, the compiler says so' 'compile with -std=c++20' \
    sh -c "! $cxx -std=c++17 -I'$to/include' -fsyntax-only program.cpp"
for header in $(cd "$to/include" && find deepen -name '*.h'); do
    echo "#include <$header>" >alone.cpp
    check "$header alone" $cxx -std=c++20 -I"$to/include" -fsyntax-only alone.cpp
done
if command -v cmake >/dev/null; then
    check 'find_package' cmake -S . -B cmake -DCMAKE_PREFIX_PATH="$to"
    check 'find_package, build' cmake --build cmake
    says 'find_package, shared, runs' "$answer" cmake/with-Deepen
    says 'find_package, static, runs' "$answer" cmake/with-Static
    sed -i.before 's/Deepen 0.1/Deepen 0.2/' CMakeLists.txt
    says 'another series is refused' 'Deepen' sh -c "! cmake -S . -B other -DCMAKE_PREFIX_PATH='$to'"
    mv CMakeLists.txt.before CMakeLists.txt
    if [ "${1:-}" = source ]; then
        check 'add_subdirectory' cmake -S . -B beside -DSOURCE="$tree"
        check 'add_subdirectory, build' cmake --build beside -j"$(nproc)"
        says 'add_subdirectory, runs' "$answer" beside/with-Deepen
    fi
fi

# --- the programs -----------------------------------------------------------------------------------------------------

deepen=$to/bin/deepen
says 'deepen --version' 'Deepen 0.1.0' "$deepen" --version
says 'deepen train' 'weights hash' "$deepen" train --model resnet8 --width 4 --synthetic-train 200 --synthetic-test 100 \
    --epochs 1 --output-dir run
says 'deepen evaluate' '%' "$deepen" evaluate --weights run/weights.safetensors --data-path synthetic
says 'a wrong flag' 'Try `deepen train --help`' sh -c "'$deepen' train --wrong; [ \$? = 2 ]"
for page in "$to"/share/man/man1/*.1; do
    command -v man >/dev/null || break
    says "${page##*/}" 'SYNOPSIS' env MANWIDTH=80 man --warnings -l "$page"
    check "${page##*/} has no faults" sh -c "man --warnings -l '$page' 2>&1 >/dev/null | grep . && exit 1 || exit 0"
done

# Tab after `deepen train --sched`, and after `deepen why `.
PATH=$to/bin:$PATH
says 'bash completes' '--schedule' bash -c ". '$to/share/bash-completion/completions/deepen'
    COMP_WORDS=(deepen train --sched) COMP_CWORD=2; _deepen; echo \"\${COMPREPLY[@]}\"
    COMP_WORDS=(deepen why '') COMP_CWORD=2; _deepen; [[ \${COMPREPLY[*]} = *landscape* ]]"
if command -v fish >/dev/null; then
    says 'fish completes' '--schedule' fish -c ". '$to/share/fish/vendor_completions.d/deepen.fish'
        complete -C 'deepen train --sched'"
fi
if command -v zsh >/dev/null; then
    says 'zsh completes' '--schedule' zsh -f "$tree/tests/install/completed.zsh" "$to/share/zsh/site-functions" 'deepen train --sched'
fi

# --- and away again ---------------------------------------------------------------------------------------------------

touch "$to/bin/not-ours"
cd "$tree"
check 'make uninstall' make uninstall DESTDIR="$dest" PREFIX=$prefix
check 'nothing is left but what is not ours' test "$(cd "$to" && find . ! -type d)" = ./bin/not-ours
says 'make uninstall, again' 'is not installed' sh -c "! make uninstall DESTDIR='$dest' PREFIX=$prefix"
echo "installed: $passed checks passed"
