#!/bin/sh
# Which headers are public?  Copies them into a folder, as other people's programs include them:
#
#   usage: headers.sh FOLDER          FOLDER/deepen/engine/tensor.h, ..., and FOLDER/deepen/deepen.h, which has all
#          headers.sh --list          their names here, those that deepen.h includes, in the order of the floors
#
# Here files say "engine/tensor.h"; there <deepen/engine/tensor.h>, as `engine` is a folder that others have, too.

set -eu
cd "$(dirname "$0")/.."

# How convolutions are computed, how files are written and how programs end is nobody else's business.
public=$(
    for name in error shape random tensor autograd ops fusion gradcheck anomaly memory parallel profile build_info \
        io/safetensors; do echo "engine/$name.h"; done
    ls layers/*.h resnet/*.h resnet/data/*.h resnet/training/*.h
    for name in watch operated walk; do echo "resnet/why/$name.h"; done
)
[ "${1:?usage: headers.sh FOLDER, or --list}" = --list ] && { echo "$public"; exit; }

includes() { sed -n 's/^#include "\(.*\)"/\1/p' "$@"; }

# With all that they include.
all=$public
while more=$(includes $all | sort -u | grep -vxF "$all"); do all="$all
$more"; done

for header in $all; do
    mkdir -p "$1/deepen/$(dirname "$header")"
    sed 's|^#include "\(.*\)"|#include <deepen/\1>|' "$header" >"$1/deepen/$header"
done
{
    echo "// All of Deepen, for those in a hurry.  Which header has what: the page api.html of its documentation."
    echo "#pragma once"
    echo
    for header in $public; do echo "#include <deepen/$header>"; done
} >"$1/deepen/deepen.h"
