#!/bin/sh
# run.sh PROGRAM             runs a test program and prints what it says; PROGRAM.result is "PASSED FAILED SKIPPED"
# run.sh --sum PROGRAM...    prints one line, N passed, N failed, or N passed, N failed, N skipped, of those that have run.
#                            Exit status 1 if a test failed, or a program did not get to its end
#
# Where there are two processors, two processes run every second test each: `SHARDS=1 make test` leaves it at one.

if [ "$1" != --sum ]; then
    program=$1 passed=0 failed=0 skipped=0
    shards=${SHARDS:-$([ "$(nproc 2>/dev/null || echo 2)" -ge 2 ] && echo 2 || echo 1)}
    log=$(mktemp -d) shard=0 processes=
    # The shell lets what runs in the background ignore Ctrl-C.
    trap 'kill $processes 2>/dev/null; rm -rf "$log"; exit 130' INT TERM HUP
    while [ "$shard" -lt "$shards" ]; do
        GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard "$program" --gtest_brief=1 >"$log/$shard" 2>&1 &
        processes="$processes $!" shard=$((shard + 1))
    done
    shard=0
    for process in $processes; do
        wait "$process"
        echo $? >"$log/$shard.status"
        shard=$((shard + 1))
    done
    echo "== $program"
    while [ "$shard" -gt 0 ]; do
        shard=$((shard - 1))
        of="$log/$shard" status=$(cat "$log/$shard.status")
        grep -v '^Note: This is test shard' "$of"
        number() { sed -n "s/^\[ *$1 *\] \([0-9]*\) test.*/\1/p" "$of" | tail -n 1; }
        p=$(number PASSED) s=$(number SKIPPED)
        f=$(grep -c '^\[  FAILED  \] .* ms)$' "$of")
        # A program that died has no summary: that is a failure, whatever it had passed.
        [ -z "$p" ] || [ "$status" -ne 0 ] && [ "$f" -eq 0 ] && { echo "$program ended with status $status"; f=1; }
        passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
    done
    rm -rf "$log"
    echo "$passed $failed $skipped" >"$program.result"
    exit 0
fi

shift
passed=0 failed=0 skipped=0
for program; do
    { read -r p f s <"$program.result"; } 2>/dev/null || { p=0 f=1 s=0; echo "$program has not run"; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
[ "$skipped" -eq 0 ] && skipped= || skipped=", $skipped skipped"
echo "$passed passed, $failed failed$skipped"
[ "$failed" -eq 0 ]
