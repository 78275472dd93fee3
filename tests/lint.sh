#!/bin/sh
# Does the source keep the rules that no compiler knows?  Prints each breach; exit status 1 if there is one.
#
# Includes go down the house, each floor using itself and what stands below: engine <- layers <- resnet
# <- examples <- tests; within resnet: nets, data, training <- report <- why.  The engine computes without a disk:
# only engine/io uses engine/io.  Only the engine knows how wide a vector is.  Files have 400 lines of 120 columns at
# most, no tab, no blank at a line's end; a header says #pragma once, and no two declare types of the same name.  (How
# lines break otherwise: .clang-format.  What clang-tidy finds: `make tidy`.)

cd "$(dirname "$0")/.." || exit 1
files=$(find engine layers resnet examples tests -name '*.h' -o -name '*.cpp' | sort)

# breach WHY: its input's lines, each followed by why it is here.
breach() { awk -v why="$1" '{ print $0 "   (" why ")" }'; }

breaches=$(
    below=
    for floor in engine layers resnet examples; do
        below="${below:+$below|}$floor"
        grep -rnE '^#include "' --include='*.h' --include='*.cpp' "$floor" | grep -vE "#include \"($below)/" |
            breach "$floor/ may include ${below}"
    done
    grep -rn '^#include "engine/io/' engine | grep -v '^engine/io/' | breach 'the engine computes without a disk'
    grep -rn '^#include "resnet/\(report\|why\)/' resnet/*.h resnet/*.cpp resnet/data resnet/training |
        breach 'nets, data and training are the library, which reports nothing'
    grep -rn '^#include "resnet/why/' resnet/report | breach 'resnet/report/ knows nothing of resnet/why/'
    grep -rnE '^#include "engine/(simd|processor)\.h"' layers resnet examples |
        breach 'vectors are as wide as the library was built for, which only engine/ knows'
    grep -n "$(printf '\t')" $files | breach 'a tab'
    grep -nE ' +$' $files | breach "blanks at the line's end"
    LC_ALL=C.UTF-8 grep -nE '^.{121,}' $files | breach 'at most 120 columns'
    grep -L '^#pragma once' $(echo "$files" | grep '\.h$') | breach 'a header without #pragma once'
    grep -nE 'std::(ranges|views)::' $files | breach 'LLVM 14 has not got it in libc++'
    # The linker would take the functions of one for both.
    awk 'FNR == 1 { space = "" }
         $1 == "namespace" && /\{$/ { space = space $2 "::" }
         /^}  \/\/ namespace/ { sub(/[^:]*::$/, "", space) }
         /^(struct|class|enum class) [A-Za-z0-9_]+( final)?( :.*)? \{/ {
             name = space ($1 == "enum" ? $3 : $2)
             if (name in header && header[name] != FILENAME) print FILENAME ":" FNR ": " name ", as in " header[name]
             header[name] = FILENAME
         }' $(echo "$files" | grep '\.h$') | breach 'two types of one name'
    wc -l $files | awk '$1 > 400 && $2 != "total" { print $2 ": " $1 " lines" }' | breach 'at most 400'
)
[ -z "$breaches" ] && echo "lint: nothing found" && exit 0
echo "$breaches"
exit 1
