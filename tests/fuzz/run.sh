#!/bin/sh
# Fuzzes one target: run.sh TARGET SECONDS.  What it reached is kept in build/fuzz/corpus, and what it
# found in build/fuzz/findings; exit status 1 if it found something.
#
# No single allocation may be larger than the input justifies.  Inputs have 4096 bytes at most: unpacked
# that is 4 MiB, except for a picture of one bit a pixel, which becomes 8 bytes on the way (decode_stb_image.cpp).

target=$1 seconds=$2 build=${BUILD:-build}/fuzz
[ -d "tests/fuzz/corpus/$target" ] || { echo "no target $target; there are:" $(ls tests/fuzz/corpus) >&2; exit 2; }
case $target in picture) largest=272 ;; *) largest=8 ;; esac

mkdir -p "$build/corpus/$target" "$build/findings"
ln -sf fuzz "$build/$target"
[ -w /dev/shm ] && export TMPDIR=/dev/shm
# Memory that was freed is watched for the next 16 MiB of frees; more makes the machine page.
ASAN_OPTIONS=quarantine_size_mb=16 exec "$build/$target" \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -malloc_limit_mb=$largest -rss_limit_mb=1024 \
    -dict=tests/fuzz/words.dict -artifact_prefix="$build/findings/$target-" -print_final_stats=1 \
    "$build/corpus/$target" "tests/fuzz/corpus/$target"
