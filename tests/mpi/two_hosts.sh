#!/bin/sh
# Runs a program as two ranks on two machines, by Open MPI; for root alone.
#
#     sh tests/mpi/two_hosts.sh MICROSECONDS GBIT PROGRAM ARGUMENTS...
#
# The machines are network namespaces with names of their own, between them a wire (wire.cpp) of that delay each way and
# that rate.  While the program runs, `pkill -STOP -x deepen-wire` cuts it.
set -eu
microseconds=$1 gbit=$2
shift 2
folder=$(mktemp -d)
wire= hosts=

end() {
    for _ in $(seq 40); do                               # a machine whose wire is cut has still to notice
        [ -n "$(ip netns pids deepen0; ip netns pids deepen1)" ] || break
        sleep 0.5
    done
    [ -z "$wire" ] || kill -9 $wire
    for host in $hosts; do ip netns del $host; done
    rm -r "$folder"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
for host in deepen0 deepen1; do
    ip netns add $host                                   # refuses one that is there: somebody else uses it
    hosts="$hosts $host"
done

${CXX:-g++} -std=c++20 -O2 -o "$folder/deepen-wire" tests/mpi/wire.cpp
"$folder/deepen-wire" deepen0 deepen1 "$microseconds" "$gbit" >"$folder/wire.txt" 2>&1 &
wire=$!
while ! grep -q ready "$folder/wire.txt"; do
    if ! kill -0 $wire 2>/dev/null; then cat "$folder/wire.txt" >&2; exit 1; fi
    sleep 0.1
done
for i in 0 1; do
    ip link set deepen$i netns deepen$i
    ip -n deepen$i link set lo up
    ip -n deepen$i addr add 10.9.0.$((i + 1))/24 dev deepen$i
    ip -n deepen$i link set deepen$i mtu 60000 up
done

# What mpirun calls in place of ssh: on HOST COMMAND...
cat >"$folder/on" <<'ON'
#!/bin/sh
host=$1; shift
exec ip netns exec $host unshare --uts sh -c "hostname $host; $*"
ON
chmod +x "$folder/on"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec deepen0 unshare --uts sh -c 'hostname deepen0; exec "$0" "$@"' mpirun.openmpi --bind-to none \
    --mca plm_rsh_agent "$folder/on" --mca btl tcp,self --mca btl_tcp_if_include 10.9.0.0/24 \
    --mca oob_tcp_if_include 10.9.0.0/24 -H deepen0:1,deepen1:1 -n 2 "$@"
