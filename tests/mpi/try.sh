#!/bin/sh
# Trains on several processes, with each MPI that is here, and holds the result against one process without MPI: the
# same bits, whatever is killed on the way.  `make MPI=1 test-mpi`; sh tests/mpi/try.sh KILLS [NAME...] runs some of it.
set -eu
kills=${1:-50}
shift $(($# > 0))
wanted=${*:-bits other_nets lent resumed killed stalled unplugged refused}
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
passed=0 failed=0

say() { echo "$1" >&2; }
pass() { passed=$((passed + 1)); say "    passed  $1"; }
fail() { failed=$((failed + 1)); say "*** FAILED  $1"; }
check() { if [ "$2" = "$3" ] && [ -n "$3" ]; then pass "$1"; else fail "$1: $2, expected $3"; fi; }
hash_in() { sed -n 's/^weights hash //p' "$1"; }

# start MPI ARGUMENTS...: its mpirun; more processes than there are processors if need be.
start() {
    mpi=$1
    shift
    case $mpi in
        mpich) mpiexec.hydra "$@" ;;
        *) mpirun.openmpi --oversubscribe "$@" ;;
    esac >"$work/out.txt" 2>"$work/err.txt"
}
# launch MPI N ARGUMENTS...: `train` on N processes; what it says is in out.txt and err.txt.
launch() {
    mpi=$1 n=$2
    shift 2
    start "$mpi" -n "$n" "$build/mpi/train-$mpi" "$@"
}
tell() { cat "$work/err.txt" >&2; }
alone() { "$build/mpi/train-alone" "$@" >"$work/out.txt" 2>"$work/err.txt" || tell; }
none_left() {
    sleep 1
    if pgrep -f -- "--output-dir $1" >/dev/null; then pkill -9 -f -- "--output-dir $1"; return 1; fi
}

# 20 steps in two epochs, each with a last batch that is too small for many, and a test.
small="--synthetic-train 1216 --synthetic-test 300 --epochs 2"

# Any number of ranks, any number of threads.
bits() {
    for net in resnet8 plain8; do
        alone --model $net $small --output-dir "$work/$net"
        expected=$(hash_in "$work/out.txt")
        for mpi in $mpis; do for n in 1 2 3 4 8; do for threads in 1 2; do
            launch $mpi $n --model $net $small --threads $threads --output-dir "$work/$net-$mpi-$n-$threads" || tell
            check "$net on $n ranks of $threads threads, $mpi" "$(hash_in "$work/out.txt")" "$expected"
        done; done; done
    done
}

# Five steps of an ImageNet net, and nets without batch norm and with few pictures left over.
other_nets() {
    python3 tests/mpi/pictures.py "$work/pictures" 160
    for flags in "--model resnet18 --data-path $work/pictures --batch-size 32 --epochs 1" \
                 "--model preact-resnet20 --width 8 --synthetic-train 330 --synthetic-test 40 --epochs 1" \
                 "--model resnet8 --no-batch-norm --residual-gate 0 --synthetic-train 256 --epochs 1"; do
        alone $flags --output-dir "$work/other"
        expected=$(hash_in "$work/out.txt")
        for mpi in $mpis; do for n in 2 3; do
            rm -rf "$work/other-shared"
            launch $mpi $n $flags --threads 1 --output-dir "$work/other-shared" || tell
            check "${flags%% --[ds]*} on $n ranks, $mpi" "$(hash_in "$work/out.txt")" "$expected"
        done; done
        rm -rf "$work/other"
    done
}

# A run that is asked to stop on four ranks, and goes on with two.
resumed() {
    long="--model resnet8 --synthetic-train 1216 --synthetic-test 300 --epochs 6"
    alone $long --output-dir "$work/long"
    expected=$(hash_in "$work/out.txt")
    for mpi in $mpis; do
        run=$work/resumed-$mpi
        launch $mpi 4 $long --threads 1 --output-dir "$run" &
        while [ ! -e "$run/log.csv" ]; do sleep 0.1; done
        pkill -TERM -n -f -- "--output-dir $run" || true   # one of them: all stop after the same step
        if wait $!; then fail "stopped on 4 ranks, $mpi: as if nothing had happened"; fi
        check "stopped on 4 ranks, $mpi: processes left" "$(none_left "$run" && echo none)" none
        launch $mpi 2 $long --threads 1 --output-dir "$run" || tell
        check "stopped on 4 ranks, finished on 2, $mpi" "$(hash_in "$work/out.txt")" "$expected"
    done
}

# A random rank is killed at a random moment, again and again, until the run is over in spite of it.
killed() {
    long="--model resnet8 --synthetic-train 1216 --synthetic-test 100 --epochs 6 --checkpoint-every 3"
    alone $long --output-dir "$work/undisturbed"
    expected=$(hash_in "$work/out.txt")
    done=0 runs=0 left=0 silent=0
    while [ $done -lt "$kills" ]; do
        for mpi in $mpis; do
            run=$work/killed
            n=$(awk -v seed="$((done + runs * 1000))" 'BEGIN { srand(seed); print 2 + int(3 * rand()) }')
            launch $mpi "$n" $long --threads 1 --output-dir "$run" &
            job=$!
            sleep "$(awk -v seed="$done$runs" 'BEGIN { srand(seed); print 0.5 + 1.5 * rand() }')"
            victim=$(pgrep -f -- "train-$mpi.*--output-dir $run" | while read -r p; do
                case $(readlink "/proc/$p/exe") in */train-*) echo "$p" ;; esac; done | sort -R | head -1)
            if [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null; then
                done=$((done + 1))
                if wait $job; then silent=$((silent + 1)); fi
            else
                wait $job || true
            fi
            none_left "$run" || left=$((left + 1))
            if [ -n "$(hash_in "$work/out.txt")" ]; then
                runs=$((runs + 1))
                check "run $runs, after $done kills" "$(hash_in "$work/out.txt")" "$expected"
                rm -rf "$run"
            fi
        done
    done
    launch ${mpis%% *} 2 $long --threads 1 --output-dir "$work/killed" || tell
    check "the last run, after $done kills" "$(hash_in "$work/out.txt")" "$expected"
    check "of $done jobs with a killed rank, those that ended as if nothing had happened" $silent 0
    check "jobs that left a process behind" $left 0
}

# hangs JOB RUN WHAT SECONDS HOW...: once the run has had an epoch, HOW is done to it; then the job ends by itself, with an
# error, and says which rank does not answer.
hangs() {
    job=$1 run=$2 what=$3 limit=$4 code=0
    shift 4
    while [ ! -e "$run/log.csv" ]; do
        if ! kill -0 $job 2>/dev/null; then tell; fail "$what: it did not begin"; return; fi
        sleep 0.1
    done
    "$@"
    begun=$(date +%s)
    wait $job || code=$?
    took=$(($(date +%s) - begun))
    what="$what ends the job: status $code after $took s"
    if [ $code -ne 0 ] && [ $took -le "$limit" ]; then pass "$what"; else fail "$what"; fi
    check "  and who is missed is said" "$(grep -c 'no answer from rank' "$work/err.txt" | sed 's/[1-9]/yes/')" yes
}
endless="--model resnet8 --synthetic-train 1216 --epochs 50 --patience 3 --threads 1"

# A rank that stands still, as where a machine or its network does.
stalled() {
    for mpi in $mpis; do
        run=$work/stalled-$mpi
        launch $mpi 3 $endless --output-dir "$run" &
        hangs $! "$run" "a rank that stands still, $mpi," 15 pkill -STOP -n -f -- "train-$mpi .*--output-dir $run"
        pkill -9 -f -- "--output-dir $run" || true
    done
}

# Two machines whose wire is cut.
unplugged() {
    case " $mpis " in *" ompi-c "*) ;; *) say "    left out: no Open MPI"; return ;; esac
    if ! unshare --net true 2>/dev/null; then say "    left out: no right to make network namespaces"; return; fi
    run=$work/unplugged
    sh tests/mpi/two_hosts.sh 50 10 "$(cd "$build" && pwd)/mpi/train-ompi-c" $endless --output-dir "$run" \
        >"$work/out.txt" 2>"$work/err.txt" &
    hangs $! "$run" "a wire that is cut" 20 pkill -STOP -x deepen-wire
    check "  processes left" "$(none_left "$run" && echo none)" none
}

# Rank 1 cannot read the pictures.
lent() {
    mkdir -p "$work/cifar"
    for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
        python3 -c 'import random, sys
random.seed(sys.argv[1])
sys.stdout.buffer.write(b"".join(bytes([n % 10]) + random.randbytes(3072) for n in range(40)))' $file \
            >"$work/cifar/$file.bin"
    done
    small_cifar="--model resnet8 --epochs 1 --batch-size 64 --threads 1"
    alone $small_cifar --data-path "$work/cifar" --output-dir "$work/lent"
    expected=$(hash_in "$work/out.txt")
    rm -rf "$work/lent"
    for mpi in $mpis; do
        start $mpi -n 1 "$build/mpi/train-$mpi" $small_cifar --data-path "$work/cifar" --output-dir "$work/lent" : \
            -n 1 "$build/mpi/train-$mpi" $small_cifar --data-path "$work/nowhere" --output-dir "$work/lent" || tell
        check "pictures that rank 0 alone can read, $mpi" "$(hash_in "$work/out.txt")" "$expected"
        check "  and it says so" "$(grep -c 'sends its pictures to 1 of 2 ranks' "$work/out.txt")" 1
        rm -rf "$work/lent"
    done
}

# Started wrongly.
refused() {
    for mpi in $mpis; do
        code=0
        start $mpi -n 1 "$build/mpi/train-$mpi" $small --output-dir "$work/differ" : \
            -n 1 "$build/mpi/train-$mpi" $small --lr 0.2 --output-dir "$work/differ" || code=$?
        check "other flags on one rank, $mpi: status" "$([ $code -ne 0 ] && echo refused)" refused
        check "  and the flag is named" "$(grep -c 'training.schedule.lr is 0.1 there, 0.2 here' "$work/err.txt")" 1
        code=0
        start $mpi -n 2 "$build/mpi/train-alone" $small --output-dir "$work/differ" || code=$?
        check "a program without MPI, $mpi: status" "$([ $code -ne 0 ] && echo refused)" refused
        check "  and what to do is said" "$(grep -c 'make MPI=1' "$work/err.txt" | sed 's/[1-9]/yes/')" yes
    done
}

mkdir -p "$build/mpi"
mpis=
for mpi in ompi-c mpich; do
    if ! pkg-config --exists $mpi; then say "$mpi: not here, left out"; continue; fi
    make --no-print-directory MPI=$mpi BUILD="$build" "$build/train"
    cp "$build/train" "$build/mpi/train-$mpi"
    mpis="$mpis $mpi"
done
make --no-print-directory MPI= BUILD="$build" "$build/train"
cp "$build/train" "$build/mpi/train-alone"
mpis=${mpis# }
[ -n "$mpis" ] || { say "No MPI is here.  Try apt install libopenmpi-dev openmpi-bin libmpich-dev mpich"; exit 1; }
for part in $wanted; do say "$part"; $part; done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
