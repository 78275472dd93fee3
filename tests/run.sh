#!/bin/sh
# run.sh PROGRAM             runs a test program and prints what it says; PROGRAM.result is "PASSED FAILED SKIPPED"
# run.sh --sum PROGRAM...    prints one line, N passed, N failed, or N passed, N failed, N skipped, of those that have run.
#                            Exit status 1 if a test failed, or a program did not get to its end

if [ "$1" != --sum ]; then
    log=$(mktemp)
    "$1" --gtest_brief=1 >"$log" 2>&1
    status=$?
    echo "== $1"
    cat "$log"
    number() { sed -n "s/^\[ *$1 *\] \([0-9]*\) test.*/\1/p" "$log" | tail -n 1; }
    passed=$(number PASSED) skipped=$(number SKIPPED)
    failed=$(grep -c '^\[  FAILED  \] .* ms)$' "$log")
    # A program that died has no summary: that is a failure, whatever it had passed.
    [ -z "$passed" ] || [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && { echo "$1 ended with status $status"; failed=1; }
    echo "${passed:-0} $failed ${skipped:-0}" >"$1.result"
    rm -f "$log"
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
