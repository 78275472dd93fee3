#!/bin/sh
# Does a run survive being killed?  sh tests/kill_test.sh [KILLS [SEED]]
#
# Trains a small net that writes a checkpoint every third step, kills it (SIGKILL) at a random moment, and has the same
# command go on, KILLS times.  Whenever a run gets to its end, its weights and its log are compared with those of a run
# that nobody disturbed, and the next one begins.  A checkpoint that cannot be read, or a file left over, is a failure.
kills=${1:-200} seed=${2:-1}
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
train="${BUILD:-build}/train --model resnet8 --width 2 --synthetic-train 640 --synthetic-test 20 -b 16 --epochs 3 --threads 1
       --checkpoint-every 3"

fail() {
    echo "kill_test: $1 (after $done_ kills, seed $seed)"
    cat "$dir/said"
    exit 1
}

# What must not depend on kills: the weights' hash, and the log but for the seconds.
result() {
    grep '^weights hash' "$dir/said"
    cut -d, -f1-7 "$1/log.csv"
}

done_=0 ends=0 resumed=0
$train --output-dir "$dir/whole" >"$dir/said" 2>&1 || fail "the undisturbed run failed"
expected=$(result "$dir/whole")

moments=$(awk -v n="$kills" -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < n; ++i) printf "%.3f ", 0.4 * rand() }')
while :; do
    $train --output-dir "$dir/run" >"$dir/said" 2>&1 &
    pid=$!
    moment=${moments%% *}
    if [ -n "$moment" ]; then sleep "$moment" && kill -9 $pid 2>/dev/null; fi
    wait $pid 2>/dev/null
    status=$?
    grep -q 'left out' "$dir/said" && fail "a checkpoint was torn"
    grep -q 'Going on' "$dir/said" && resumed=$((resumed + 1))
    if [ $status = 137 ]; then
        done_=$((done_ + 1))
        moments=${moments#* }
        continue
    fi
    [ $status = 0 ] || fail "a run ended with status $status"
    ends=$((ends + 1))
    [ "$(result "$dir/run")" = "$expected" ] || fail "other weights or another log than without kills"
    [ -z "$(find "$dir/run" -name '.*' -type f)" ] || fail "a file was left over: $(ls -A "$dir/run" "$dir/run/checkpoints")"
    [ -n "$moment" ] || break
    rm -rf "$dir/run"
done
echo "$done_ kills, $resumed resumed, $ends runs to the end, all with $(echo "$expected" | head -n 1)"
