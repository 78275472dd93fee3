#!/bin/sh
# Runs test programs, `run.sh build/run-tests build/double/run-tests`, and ends with one line: N passed, N failed, or
# N passed, N failed, N skipped.  Exit status 1 if a test failed, or a program did not get to its end.

passed=0 failed=0 skipped=0
for program; do
    echo "== $program"
    log=$(mktemp)
    "$program" --gtest_brief=1 >"$log" 2>&1
    status=$?
    cat "$log"
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/\1/p' "$log" | tail -n 1)
    # A program that died has no summary: that is a failure, whatever it had passed.
    [ -z "$p" ] || [ "$status" -ne 0 ] && [ -z "$f" ] && { echo "$program ended with status $status"; f=1; }
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
    rm -f "$log"
done
[ "$skipped" -eq 0 ] && skipped= || skipped=", $skipped skipped"
echo "$passed passed, $failed failed$skipped"
[ "$failed" -eq 0 ]
